package wire

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// The captures are what each end of a Gnutella connection between two
// gtk-gnutella 1.2.3 nodes sent: handshake, then messages, in the deflate-
// captures as a zlib stream that is flushed but never finished.
//
//	A  203.0.113.1:6346  ultrapeer
//	B  203.0.113.2:6347  ultrapeer
//	L  203.0.113.3:6348  leaf of A

// captured returns the frames of one capture.
func captured(t testing.TB, file string) (frames []Frame) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	deflated := false
	for bytes.HasPrefix(b, []byte("GNUTELLA")) {
		head, rest, ok := bytes.Cut(b, []byte("\r\n\r\n"))
		if !ok {
			t.Fatalf("%s: headers do not end", file)
		}
		deflated = deflated || bytes.Contains(bytes.ToLower(head), []byte("content-encoding: deflate"))
		b = rest
	}
	if deflated {
		z, err := zlib.NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if b, err = io.ReadAll(z); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("%s: inflate: %v", file, err)
		}
	}
	for len(b) > 0 {
		f, rest, err := SplitFrame(b)
		if err != nil {
			t.Fatalf("%s: %d bytes are left: %v", file, len(b), err)
		}
		frames, b = append(frames, f), rest
	}
	return frames
}

func captures(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/captures/*.bin")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d captures, error %v", len(files), err)
	}
	return files
}

// TestCaptures decodes every captured message and encodes it to the same bytes.
func TestCaptures(t *testing.T) {
	// How many messages each end sent.
	counts := map[string]int{
		"plain-gnet-B-to-A.A": 28, "plain-gnet-B-to-A.B": 29, "plain-gnet-L-to-A.A": 13, "plain-gnet-L-to-A.L": 13,
		"deflate-gnet-B-to-A.A": 22, "deflate-gnet-B-to-A.B": 22, "deflate-gnet-L-to-A.A": 10, "deflate-gnet-L-to-A.L": 12,
		"push-gnet-B-to-A.A": 11, "push-gnet-B-to-A.B": 13, "push-gnet-L-to-A.A": 9, "push-gnet-L-to-A.L": 10,
	}
	for _, file := range captures(t) {
		name := strings.TrimSuffix(filepath.Base(file), ".bin")
		t.Run(name, func(t *testing.T) {
			frames := captured(t, file)
			if len(frames) != counts[name] {
				t.Errorf("%d messages, want %d", len(frames), counts[name])
			}
			for i, f := range frames {
				msg, err := Parse(f.Type(), f.Payload())
				if err != nil {
					t.Errorf("message %d: %v", i, err)
					continue
				}
				if _, ok := msg.(*Opaque); ok {
					t.Errorf("message %d: %v is opaque", i, f.Type())
				}
				if got := AppendFrame(nil, f.GUID(), f.TTL(), f.Hops(), msg); !bytes.Equal(got, f) {
					t.Errorf("message %d, a %v, encodes to\n%x, not\n%x", i, f.Type(), []byte(got), []byte(f))
				}
			}
		})
	}
}

// sent returns the n-th message of one type in a capture.
func sent[M Message](t *testing.T, name string, n int) (Frame, M) {
	t.Helper()
	for _, f := range captured(t, filepath.Join("testdata", "captures", name+".bin")) {
		msg, err := Parse(f.Type(), f.Payload())
		if err != nil {
			t.Fatal(err)
		}
		if m, ok := msg.(M); ok {
			if n == 0 {
				return f, m
			}
			n--
		}
	}
	t.Fatalf("%s: not so many messages", name)
	panic("unreachable")
}

// TestCapturedPing: B asks A for packed ultrapeer addresses.
func TestCapturedPing(t *testing.T) {
	f, ping := sent[*Ping](t, "plain-gnet-B-to-A.B", 0)
	if f.GUID().String() != "ad1c3102f289dad5ff661c82771c7803" || f.TTL() != 4 || f.Hops() != 0 {
		t.Errorf("header %v TTL %d hops %d", f.GUID(), f.TTL(), f.Hops())
	}
	if wishes, ok := ping.SCP(); wishes != SCPUltrapeers || !ok {
		t.Errorf("SCP %v %v", wishes, ok)
	}
}

// TestCapturedPong: A answers with itself.
func TestCapturedPong(t *testing.T) {
	_, pong := sent[*Pong](t, "plain-gnet-B-to-A.A", 0)
	if pong.Addr != addr("203.0.113.1:6346") || pong.Files != 2 || pong.KiB != 8 {
		t.Errorf("pong %+v", pong)
	}
	want := HostInfo{Vendor: VendorCode{'G', 'T', 'K', 'G'}, Major: 8, Minor: 3, GUESS: 2, Ultrapeer: true, Leaves: 255, Ultras: 49, Uptime: time.Second}
	got := pong.Info()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("info %+v, want %+v", got, want)
	}
}

// TestCapturedQuery: L's query "interop" as A relays it to B.
func TestCapturedQuery(t *testing.T) {
	f, query := sent[*Query](t, "plain-gnet-B-to-A.A", 0)
	if f.TTL() != 4 || f.Hops() != 1 {
		t.Errorf("TTL %d hops %d", f.TTL(), f.Hops())
	}
	if want := FlagMark | FlagXML | FlagGuided | FlagHash | FlagSRUDP; query.Flags != want || query.Text != "interop" {
		t.Errorf("query %04x %q, want %04x", query.Flags, query.Text, want)
	}
	if _, ok := FindGGEP(query.Ext, "PR"); !ok {
		t.Error("PR is missing")
	}
	if at := f.GUID().OOBAddr(); at != addr("203.0.113.3:6348") {
		t.Errorf("GUID carries %v, not L's address", at)
	}
}

// TestCapturedHit: A's two files for L's query.
func TestCapturedHit(t *testing.T) {
	f, hit := sent[*QueryHit](t, "plain-gnet-L-to-A.A", 0)
	if f.TTL() != 6 || f.Hops() != 0 || hit.Addr != addr("203.0.113.1:6346") {
		t.Errorf("TTL %d hops %d from %v", f.TTL(), f.Hops(), hit.Addr)
	}
	if got := hit.Servent.String(); got != "02b23102f1c9b998f65d35448b8985fc" {
		t.Errorf("servent %s", got)
	}
	sizes := map[string]int64{"interop alpha small.bin": 5000, "interop readme alpha.txt": 130}
	for _, r := range hit.Records {
		if r.Size != sizes[r.Name] || r.Size == 0 {
			t.Errorf("%q has %d bytes", r.Name, r.Size)
		}
		hashes := 0
		for range SHA1s(r.Ext) {
			hashes++
		}
		if hashes != 1 {
			t.Errorf("%q has %d SHA-1s", r.Name, hashes)
		}
	}
	if hit.Trailer.Vendor.String() != "GTKG" || hit.Trailer.Has(HitPush) || len(hit.Records) != 2 {
		t.Errorf("%d records, trailer %+v", len(hit.Records), hit.Trailer)
	}
	if exts, err := hit.Trailer.GGEP(); len(exts) == 0 || err != nil {
		t.Errorf("trailer has %d extensions, error %v", len(exts), err)
	}
	head, err := ParseHitHead(f.Payload())
	if want := (HitHead{Count: 2, Addr: hit.Addr, Servent: hit.Servent}); head != want || err != nil {
		t.Errorf("head %+v, want %+v, error %v", head, want, err)
	}
}

// TestCapturedPush: A relays B's wish to the firewalled L.
func TestCapturedPush(t *testing.T) {
	f, push := sent[*Push](t, "push-gnet-L-to-A.A", 0)
	want := &Push{Servent: guid("cdeb3102e7c5bc6f648e0666acccbbf9"), Addr: addr("203.0.113.2:6347")}
	if f.TTL() != 3 || f.Hops() != 1 || !reflect.DeepEqual(push, want) {
		t.Errorf("TTL %d hops %d %+v", f.TTL(), f.Hops(), push)
	}
}

// TestCapturedRoutes: L's table, whole and then changed.
func TestCapturedRoutes(t *testing.T) {
	if _, reset := sent[*RouteReset](t, "plain-gnet-L-to-A.L", 0); *reset != (RouteReset{Slots: 16384, Infinity: 2}) {
		t.Errorf("reset %+v", reset)
	}
	for i, want := range []struct {
		bits uint8
		size int
	}{{4, 54}, {1, 27}} {
		_, p := sent[*RoutePatch](t, "plain-gnet-L-to-A.L", i)
		if p.Seq != 1 || p.Count != 1 || p.Compressor != 1 || p.Bits != want.bits || len(p.Data) != want.size {
			t.Errorf("patch %d: %+v", i, p)
		}
	}
}

// TestCapturedVendor: what A handles and can do, and how L's search fares.
func TestCapturedVendor(t *testing.T) {
	_, m := sent[*Vendor](t, "plain-gnet-B-to-A.A", 0)
	ids, err := m.MessagesSupported()
	if err != nil || len(ids) != 26 || ids[0] != VendorHopsFlow || ids[25] != VendorHeadPong2 {
		t.Errorf("%s: %v, error %v", m.ID, ids, err)
	}
	_, m = sent[*Vendor](t, "plain-gnet-B-to-A.A", 1)
	features, err := m.Features()
	if err != nil || len(features) != 5 || features[1] != (Feature{VendorCode{'W', 'H', 'A', 'T'}, 1}) {
		t.Errorf("%s: %v, error %v", m.ID, features, err)
	}
	_, m = sent[*Vendor](t, "plain-gnet-L-to-A.L", 2)
	if m.ID.String() != "BEAR/12v1" || !bytes.Equal(m.Data, []byte{2, 0}) {
		t.Errorf("%s %x", m.ID, m.Data)
	}
}

// TestCapturedHSEP: A counts its files, then what it reaches.
func TestCapturedHSEP(t *testing.T) {
	_, m := sent[*HSEP](t, "plain-gnet-B-to-A.A", 0)
	want := []HSEPLevel{{Nodes: 1, Files: 2, KiB: 5}, {Nodes: 2, Files: 2, KiB: 5}}
	if !reflect.DeepEqual(m.Levels, want) {
		t.Errorf("levels %+v", m.Levels)
	}
}

// TestCapturedBye: B leaves.
func TestCapturedBye(t *testing.T) {
	_, bye := sent[*Bye](t, "plain-gnet-B-to-A.B", 0)
	if !reflect.DeepEqual(bye, &Bye{Code: ByeShutdown, Text: "Servent shutdown"}) {
		t.Errorf("%+v", bye)
	}
}
