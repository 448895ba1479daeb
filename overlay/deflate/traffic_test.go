package deflate_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filbert/overlay/wire"
	"filbert/overlay/wire/ggep"
	"filbert/testnet/corpus"
)

// capture returns what one end of a captured connection of gtk-gnutella sent
// after its header blocks.
func capture(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for bytes.HasPrefix(b, []byte("GNUTELLA")) {
		var ok bool
		if _, b, ok = bytes.Cut(b, []byte("\r\n\r\n")); !ok {
			t.Fatalf("%s: headers do not end", file)
		}
	}
	return b
}

// captures lists the captures whose names begin so.
func captures(t testing.TB, kind string) []string {
	t.Helper()
	files, err := filepath.Glob("../wire/testdata/captures/" + kind + "*.bin")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d captures, error %v", len(files), err)
	}
	return files
}

// frames cuts a stream of messages; none may be left cut.
func frames(t testing.TB, stream []byte) (all [][]byte) {
	t.Helper()
	for len(stream) > 0 {
		f, rest, err := wire.SplitFrame(stream)
		if err != nil {
			t.Fatalf("%d bytes are left: %v", len(stream), err)
		}
		all, stream = append(all, f), rest
	}
	return all
}

// traffic is what a link between ultrapeers carries: eight queries of ten
// messages, one hit with a few files, one pong, as gtk-gnutella words them.
func traffic(t testing.TB, n int) [][]byte {
	t.Helper()
	rnd := rand.New(rand.NewPCG(1, 2))
	library, err := corpus.New(corpus.Plan{Nodes: 100, FilesPerNode: 10, MaxSize: 5000})
	if err != nil {
		t.Fatal(err)
	}
	file := func() *corpus.File { return library.Files[rnd.IntN(len(library.Files))] }
	addr := func() netip.AddrPort {
		ip := rnd.Uint32()
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{byte(ip), byte(ip >> 8), byte(ip >> 16), byte(ip >> 24)}), uint16(rnd.Uint32()))
	}
	var all [][]byte
	for i := range n {
		var m wire.Message
		switch i % 10 {
		case 3:
			hit := &wire.QueryHit{Addr: addr(), Speed: 1000, Servent: wire.NewGUID(rnd)}
			for range 1 + rnd.IntN(5) {
				f := file()
				urn := []byte("urn:sha1:")
				for range 32 {
					urn = append(urn, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[rnd.IntN(32)])
				}
				hit.Records = append(hit.Records, wire.Record{Index: rnd.Uint32N(5000), Size: f.Size, Name: f.Name, Ext: urn})
			}
			m = hit
		case 7:
			m = &wire.Pong{Addr: addr(), Files: rnd.Uint32N(3000), KiB: rnd.Uint32N(1 << 24), Ext: wire.HostInfo{
				Vendor: wire.VendorCode{'G', 'T', 'K', 'G'}, Major: 1, Minor: 2, GUESS: 2, Ultrapeer: true,
				Uptime: time.Duration(rnd.IntN(90000)) * time.Second, Leaves: uint8(rnd.IntN(255)), Ultras: uint8(rnd.IntN(50)),
			}.AppendTo(nil)}
		default:
			words := strings.FieldsFunc(file().Name, func(r rune) bool { return strings.ContainsRune(" _-.", r) })
			query := &wire.Query{Flags: wire.FlagMark | wire.FlagGuided, Text: strings.Join(words[:min(len(words), 1+rnd.IntN(4))], " ")}
			if rnd.IntN(2) == 0 {
				query.Ext = ggep.Append(nil, ggep.Extension{ID: ggep.SecureOOB}, ggep.Extension{ID: "PR"})
			}
			m = query
		}
		hops := 1 + rnd.IntN(3)
		all = append(all, wire.AppendFrame(nil, wire.NewGUID(rnd), wire.TTL(4-hops), wire.Hops(hops), m))
	}
	return all
}

// batched joins every n messages.
func batched(messages [][]byte, n int) (all [][]byte) {
	for i := 0; i < len(messages); i += n {
		all = append(all, bytes.Join(messages[i:min(i+n, len(messages))], nil))
	}
	return all
}

// label names a benchmark by its batches.
func label(n int) string { return fmt.Sprintf("batches of %d", n) }
