package ggep

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files of testdata from what the tests encode")

// vector is one block and what it stands for; payloads are plain.
type vector struct {
	name, note string
	exts       []Extension
}

var vectors = []vector{
	{"ping", "SCP 03, VC TEST 1.0", []Extension{{ID: SCP, Data: []byte{3}}, {ID: VC, Data: []byte("TEST\x10")}}},
	{"pong", "DU 86400, GUE 02, UP 1/10/3, VC TEST 1.0, TLS", []Extension{
		{ID: DU, Data: unhex("805101")}, {ID: GUE, Data: []byte{2}}, {ID: UP, Data: []byte{1, 10, 3}},
		{ID: VC, Data: []byte("TEST\x10")}, {ID: TLS},
	}},
	{"hash", `H with the SHA-1 of "hello world\n"`, []Extension{{ID: Hash, Data: unhex("0122596363b3de40b06f981fb85d82312e8c0ed511")}}},
	{"large-file", "LF 5 GiB, its zero bytes taken out by COBS", []Extension{{ID: LargeFile, Data: unhex("0000004001")}}},
	{"token", "SO with an OOB token", []Extension{{ID: SecureOOB, Data: unhex("11223344")}}},
	{"head-pong", "C 1, V TEST, Q -3, F 1, A 198.51.100.7:6346", []Extension{
		{ID: "C", Data: []byte{1}}, {ID: "V", Data: []byte("TEST")}, {ID: "Q", Data: []byte{0xfd}},
		{ID: "F", Data: []byte{1}}, {ID: "A", Data: unhex("c6336407ca18")},
	}},
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

const goldenFile = "testdata/blocks.hex"

// TestGolden encodes every vector to the bytes of the golden file, and decodes
// those bytes to the vector.
func TestGolden(t *testing.T) {
	if *update {
		writeGolden(t)
	}
	golden := readGolden(t)
	if len(golden) != len(vectors) {
		t.Errorf("%s holds %d blocks, not %d", goldenFile, len(golden), len(vectors))
	}
	for _, v := range vectors {
		want := golden[v.name]
		if got := Append(nil, v.exts...); !bytes.Equal(got, want) {
			t.Errorf("%s encodes to\n%x, want\n%x", v.name, got, want)
		}
		exts, n, err := Parse(want)
		if err != nil || n != len(want) || len(exts) != len(v.exts) {
			t.Errorf("%s: %d extensions in %d bytes, error %v", v.name, len(exts), n, err)
			continue
		}
		for i, e := range exts {
			if payload, err := e.Payload(); err != nil || e.ID != v.exts[i].ID || !bytes.Equal(payload, v.exts[i].Data) {
				t.Errorf("%s: %s is %x, error %v", v.name, e.ID, payload, err)
			}
		}
	}
}

func writeGolden(t *testing.T) {
	t.Helper()
	var b strings.Builder
	b.WriteString("# GGEP blocks. A name and note, then the block.\n# go test -run TestGolden -update rewrites this file.\n")
	for _, v := range vectors {
		fmt.Fprintf(&b, "\n# %s: %s\n", v.name, v.note)
		for block := Append(nil, v.exts...); len(block) > 0; {
			n := min(len(block), 32)
			fmt.Fprintf(&b, "%x\n", block[:n])
			block = block[n:]
		}
	}
	if err := os.WriteFile(goldenFile, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// readGolden returns the blocks of the golden file by name.
func readGolden(t testing.TB) map[string][]byte {
	t.Helper()
	data, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	blocks := map[string][]byte{}
	name := ""
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if comment, ok := strings.CutPrefix(line, "# "); ok {
			name, _, _ = strings.Cut(comment, ":")
			continue
		}
		b, err := hex.DecodeString(line)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(b) > 0 {
			blocks[name] = append(blocks[name], b...)
		}
	}
	return blocks
}
