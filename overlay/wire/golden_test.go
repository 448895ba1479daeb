package wire

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files of testdata from what the tests encode")

// vector is one message and what it stands for.
type vector struct {
	name, note string
	guid       string
	ttl        TTL
	hops       Hops
	msg        Message
}

func (v vector) frame(t *testing.T) Frame {
	t.Helper()
	guid, err := ParseGUID(v.guid)
	if err != nil {
		t.Fatal(err)
	}
	return AppendFrame(nil, guid, v.ttl, v.hops, v.msg)
}

// TestGolden encodes every vector to the bytes of its golden file, and decodes
// those bytes to the vector.
func TestGolden(t *testing.T) {
	for _, file := range []struct {
		name, about string
		vectors     []vector
	}{
		{"messages.hex", "Gnutella 0.6 messages.", messageVectors()},
		{"routes.hex", `QRP updates of the words "test" (slot 2) and "pdf" (slot 5) in a table of 8 slots.`, routeVectors()},
		{"vendor.hex", "Vendor messages.", vendorVectors()},
	} {
		if *update {
			writeGolden(t, file.name, file.about, file.vectors)
		}
		golden := readGolden(t, file.name)
		if len(golden) != len(file.vectors) {
			t.Errorf("%s holds %d frames, not %d", file.name, len(golden), len(file.vectors))
		}
		for _, v := range file.vectors {
			t.Run(v.name, func(t *testing.T) { checkGolden(t, v, golden[v.name]) })
		}
	}
}

func checkGolden(t *testing.T, v vector, want []byte) {
	if got := v.frame(t); !bytes.Equal(got, want) {
		t.Errorf("encoded:\n%x\nwant:\n%x", []byte(got), want)
	}
	f, rest, err := SplitFrame(want)
	if err != nil || len(rest) != 0 {
		t.Fatalf("SplitFrame: %d bytes left, error %v", len(rest), err)
	}
	if f.GUID().String() != v.guid || f.TTL() != v.ttl || f.Hops() != v.hops || f.Type() != v.msg.Type() {
		t.Errorf("header is %v %v TTL %d hops %d", f.GUID(), f.Type(), f.TTL(), f.Hops())
	}
	msg, err := Parse(f.Type(), f.Payload())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(msg, v.msg) {
		t.Errorf("decoded:\n%+v\nwant:\n%+v", msg, v.msg)
	}
}

const goldenForm = "A name and note, then GUID, type, TTL, hops, length, and the payload.\n" +
	"# go test -run TestGolden -update rewrites this file."

func writeGolden(t *testing.T, name, about string, vectors []vector) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "# %s %s\n", about, goldenForm)
	for _, v := range vectors {
		f := v.frame(t)
		fmt.Fprintf(&b, "\n# %s: %s\n%x %x %x %x %x\n", v.name, v.note, f[:16], f[16:17], f[17:18], f[18:19], f[19:23])
		for p := f.Payload(); len(p) > 0; {
			n := min(len(p), 32)
			fmt.Fprintf(&b, "%x\n", p[:n])
			p = p[n:]
		}
	}
	if err := os.WriteFile(filepath.Join("testdata", name), []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// readGolden returns the frames of a golden file by name.
func readGolden(t testing.TB, name string) map[string][]byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	frames := map[string][]byte{}
	title := ""
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if comment, ok := strings.CutPrefix(line, "# "); ok {
			title, _, _ = strings.Cut(comment, ":")
			continue
		}
		b, err := hex.DecodeString(strings.ReplaceAll(line, " ", ""))
		if err != nil {
			t.Fatalf("%s, %s: %v", name, title, err)
		}
		if len(b) > 0 {
			frames[title] = append(frames[title], b...)
		}
	}
	return frames
}

// goldenFrames returns the frames of all golden files.
func goldenFrames(t testing.TB) (frames []Frame) {
	t.Helper()
	for _, name := range []string{"messages.hex", "routes.hex", "vendor.hex"} {
		for _, f := range readGolden(t, name) {
			frames = append(frames, f)
		}
	}
	return frames
}
