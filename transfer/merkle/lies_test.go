package merkle

import (
	"bytes"
	"flag"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
)

var lies = flag.Int("lies", 5000, "lying trees of TestLyingTrees")

// TestLyingTrees: of many serialised trees that are not what they say (THREATS T10)
// none is taken for the tree of the root, and none takes more than a MiB to find that
// out.
func TestLyingTrees(t *testing.T) {
	rng := rand.New(rand.NewPCG(10, 1))
	data := noise(3 << 20)
	honest := build(t, Tiger, data)
	message := AppendTHEX(nil, honest)
	other := AppendTHEX(nil, build(t, Tiger, data[:len(data)-1]))
	nodes := honest.AppendNodes(nil)
	deep := dimeMessage(strings.Repeat("<a>", 100_000), message)
	entities := dimeMessage(`<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><hashtree>`+strings.Repeat("&b;", 1000)+`</hashtree>`, message)
	kinds := []func() []byte{
		func() []byte { // a bit is another
			b := bytes.Clone(message)
			b[rng.IntN(len(b))] ^= 1 << rng.IntN(8)
			return b
		},
		func() []byte { return message[:rng.IntN(len(message))] },
		func() []byte { return append(bytes.Clone(message[:rng.IntN(len(message))]), message...) },
		func() []byte { // a few nodes are others
			b := bytes.Clone(message)
			at := len(b) - len(nodes) + rng.IntN(len(nodes)-Tiger.Width())
			for i := range Tiger.Width() {
				b[at+i] = byte(rng.Uint32())
			}
			return b
		},
		func() []byte { return other },
		func() []byte { return bytes.Repeat([]byte{byte(rng.Uint32())}, rng.IntN(MaxTHEX+2)) },
		func() []byte { return deep },
		func() []byte { return entities },
		func() []byte { // lengths and flags of the records are others
			b := bytes.Clone(message)
			b[rng.IntN(12)] = byte(rng.Uint32())
			return b
		},
	}
	accepted, most := 0, uint64(0)
	var before, after runtime.MemStats
	for i := range *lies {
		b := kinds[i%len(kinds)]()
		weighs := i < 20*len(kinds) // which takes time
		if weighs {
			runtime.ReadMemStats(&before)
		}
		tree, err := ParseTHEX(b, honest.Size(), honest.Root())
		if weighs {
			runtime.ReadMemStats(&after)
			most = max(most, after.TotalAlloc-before.TotalAlloc)
		}
		if err == nil && (tree.Root() != honest.Root() || !bytes.HasPrefix(honest.AppendNodes(nil), tree.AppendNodes(nil)) && !bytes.Equal(tree.AppendNodes(nil), nodes)) {
			accepted++
		}
	}
	if accepted > 0 || most > 1<<20 {
		t.Errorf("%d of %d lies are believed; one took %d bytes", accepted, *lies, most)
	}
	t.Logf("%d lies, %d bytes at most for one", *lies, most)
}

// dimeMessage is a message whose first record holds another document.
func dimeMessage(document string, message []byte) []byte {
	first, rest, err := nextDIME(message)
	if err != nil {
		panic(err)
	}
	b := appendDIME(nil, dimeFirst, dimeMedia, dimeRecord{id: first.id, kind: first.kind, data: []byte(document)})
	return append(b, rest...)
}
