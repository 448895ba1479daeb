package qrp

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"filbert/overlay/wire"
	"filbert/query/keyword"
)

// captured returns the QRP messages that one end of a connection sent, a
// gtk-gnutella 1.2.3 (see capture_test.go of package wire).
func captured(t testing.TB, name string) (messages []wire.Message) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "wire", "testdata", "captures", name+".bin"))
	if err != nil {
		t.Fatal(err)
	}
	deflated := false
	for bytes.HasPrefix(b, []byte("GNUTELLA")) {
		head, rest, _ := bytes.Cut(b, []byte("\r\n\r\n"))
		deflated = deflated || bytes.Contains(bytes.ToLower(head), []byte("content-encoding: deflate"))
		b = rest
	}
	if deflated { // flushed, never finished
		z, err := zlib.NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if b, err = io.ReadAll(z); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatal(err)
		}
	}
	for r := wire.NewReader(bytes.NewReader(b)); ; {
		batch, err := r.ReadBatch()
		if errors.Is(err, io.EOF) {
			return messages
		}
		if err != nil {
			t.Fatal(err)
		}
		for len(batch) > 0 {
			var f wire.Frame
			if f, batch, err = wire.SplitFrame(batch); err != nil {
				t.Fatal(err)
			}
			if f.Type() != wire.TypeRoute {
				continue
			}
			m, err := wire.Parse(f.Type(), bytes.Clone(f.Payload()))
			if err != nil {
				t.Fatal(err)
			}
			messages = append(messages, m)
		}
	}
}

// shared is the table of a servent that shares files of these names.
func shared(names ...string) *Table {
	var h []uint32
	for _, name := range names {
		for word := range keyword.Words(keyword.Normalize(name)) {
			for w := range keyword.RouteWords(word) {
				h = append(h, keyword.Hash(w))
			}
		}
	}
	return Build(h, MaxBits)
}

// TestCaptured: from what gtk-gnutella sent comes the table of what it shared,
// slot by slot; what was fetched meanwhile comes with a patch of single bits.
func TestCaptured(t *testing.T) {
	a := []string{"interop alpha small.bin", "interop readme alpha.txt"}
	b := []string{"interop bravo medium.bin"}
	l := []string{"interop leaf medium.bin"}
	for _, test := range []struct {
		name   string
		shares []string
		got    string // a file fetched later
	}{
		{"plain-gnet-B-to-A.A", a, ""},
		{"plain-gnet-B-to-A.B", b, "got-small.bin"},
		{"plain-gnet-L-to-A.L", l, "got-medium.bin"},
		{"deflate-gnet-B-to-A.A", a, ""},
		{"deflate-gnet-B-to-A.B", b, ""},
		{"deflate-gnet-L-to-A.L", l, ""},
		{"push-gnet-B-to-A.A", a, ""},
		{"push-gnet-B-to-A.B", b, "pushed.bin"},
		{"push-gnet-L-to-A.L", l, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			messages := captured(t, test.name)
			want := []*Table{shared(test.shares...)}
			if test.got != "" {
				want = append(want, shared(append(test.shares, test.got)...))
			}
			if len(messages) != 1+len(want) {
				t.Fatalf("%d messages", len(messages))
			}
			r := NewReceiver(MaxBits)
			deliver(t, r, start, messages[:1])
			for i, m := range messages[1:] {
				if done, f := receive(r, start, m); !done || f != nil {
					t.Fatalf("patch %d: done %v, fault %+v", i, done, f)
				}
				if got := r.Table(); !got.Equal(want[i]) {
					t.Errorf("patch %d: slots %v of 2^%d, want %v", i, slotsOf(got), got.bits, slotsOf(want[i]))
				}
			}
		})
	}
	// The leaf of a search for two of its words is found, another is not.
	r := NewReceiver(MaxBits)
	deliver(t, r, start, captured(t, "plain-gnet-L-to-A.L"))
	if !r.Table().Routes(Words{Hashes: hashes("interop", "leaf")}) || r.Table().Routes(Words{Hashes: hashes("interop", "alpha")}) {
		t.Error("the captured table routes wrongly")
	}
}
