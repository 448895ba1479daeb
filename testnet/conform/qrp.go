package conform

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"math/bits"
	"time"

	"filbert/overlay/wire"
	"filbert/query/keyword"
)

// table is a query-routing table of ours, a byte for each slot.
type table struct {
	slots    []byte // 1 = present
	infinity uint8
	width    uint8 // bits of an entry in patches
	zlib     bool
	patches  int // into which a change is cut
}

func newTable(bits int, words ...string) *table {
	t := &table{slots: make([]byte, 1<<bits), infinity: 7, width: 4, patches: 1}
	for _, w := range words {
		t.slots[keyword.Slot(keyword.Hash(w), bits)] = 1
	}
	return t
}

// reset is the message that announces the table.
func (t *table) reset() *wire.RouteReset {
	return &wire.RouteReset{Slots: uint32(len(t.slots)), Infinity: t.infinity}
}

// entries is the change that makes the table from an empty one, or back.
func (t *table) entries(present bool) []byte {
	value := int(t.infinity) - 1
	if present {
		value = -value
	}
	var out []byte
	fill := 0
	for _, slot := range t.slots {
		v := 0
		if slot == 1 {
			v = value
		}
		if t.width == 8 {
			out = append(out, byte(v))
			continue
		}
		if fill == 0 {
			out = append(out, 0)
		}
		out[len(out)-1] |= byte(v) & (1<<t.width - 1) << (8 - int(t.width) - fill)
		fill = (fill + int(t.width)) % 8
	}
	return out
}

// change makes the patch messages of a change.
func (t *table) change(present bool) []wire.Message {
	data := t.entries(present)
	compressor := uint8(0)
	if t.zlib {
		var b bytes.Buffer
		z := zlib.NewWriter(&b)
		z.Write(data) // into memory
		z.Close()
		data, compressor = b.Bytes(), 1
	}
	var out []wire.Message
	for i := range t.patches {
		part := data[i*len(data)/t.patches : (i+1)*len(data)/t.patches]
		out = append(out, &wire.RoutePatch{
			Seq: uint8(i + 1), Count: uint8(t.patches), Compressor: compressor, Bits: t.width, Data: part,
		})
	}
	return out
}

// route sends the table on a link.
func (t *trial) route(p *peer, own *table) {
	for _, m := range append([]wire.Message{own.reset()}, own.change(true)...) {
		p.send(t.oneHop(m))
	}
}

// reaches waits until a query for a word comes to a leaf; it is sent again, with
// more words the leaf has, since servents take their time with tables.
func (t *trial) reaches(from, leaf *peer, words []string) {
	until := time.Now().Add(t.cfg.Timeout)
	for i := 0; ; i++ {
		f := t.ask(3, 0, forWords(words[i%len(words)]))
		from.send(f)
		limit := min(t.cfg.Timeout, time.Second)
		if _, ok := leaf.wait(limit, same(f)); ok {
			return
		}
		if leaf.over() {
			t.failf("queries for words of its table to reach the leaf", "%s", leaf.end())
		}
		t.check(time.Now().Before(until), "queries for words of its table to reach the leaf", "none of %d%s", i+1, leaf.others())
	}
}

// spared checks that a query does not come to a leaf before one that must.
func (t *trial) spared(from, leaf *peer, text string, words []string) {
	f := t.ask(3, 0, forWords(text))
	from.send(f)
	t.reaches(from, leaf, words)
	if got, ok := leaf.find(same(f)); ok {
		t.failf(fmt.Sprintf("the leaf to be spared a query for %q, which its table does not have", text), "%s", describe(got))
	}
}

// received is a table that a servent sent us.
type received struct {
	slots []bool
}

// readTable reads the servent's table from a link, RESET and one whole change.
func readTable(t *trial, p *peer) *received {
	const want = "a RESET, and patches 1 to n that cover its slots exactly"
	next := func() wire.Message {
		f := p.want("a QRP message", func(f wire.Frame) bool { return f.Type() == wire.TypeRoute })
		t.check(f.Hops() == 0 && f.TTL() <= 1, "hops 0, TTL 1", "%s", describe(f))
		m, err := wire.Parse(f.Type(), f.Payload())
		t.check(err == nil, want, "%v", err)
		return m
	}
	reset, ok := next().(*wire.RouteReset)
	t.check(ok, want, "a PATCH first")
	t.check(bits.OnesCount32(reset.Slots) == 1 && reset.Slots <= 1<<21, "a power of two of slots, at most 2^21", "%d", reset.Slots)
	t.check(reset.Infinity >= 1, "an infinity of at least 1", "%d", reset.Infinity)
	var data []byte
	var first *wire.RoutePatch
	for seq := 1; first == nil || seq <= int(first.Count); seq++ {
		patch, ok := next().(*wire.RoutePatch)
		t.check(ok, want, "a RESET in the middle of a change")
		if first == nil {
			first = patch
		}
		t.check(int(patch.Seq) == seq && patch.Count == first.Count, fmt.Sprintf("patch %d of %d", seq, first.Count), "%d of %d", patch.Seq, patch.Count)
		t.check(patch.Bits == first.Bits && patch.Compressor == first.Compressor, "one entry size and one compressor", "another")
		data = append(data, patch.Data...)
	}
	t.check(first.Bits == 4 || first.Bits == 8, "entries of 4 or 8 bits, which all read", "%d", first.Bits)
	if first.Compressor == 1 {
		z, err := zlib.NewReader(bytes.NewReader(data))
		t.check(err == nil, "one zlib stream", "%v", err)
		plain := make([]byte, int(reset.Slots)*int(first.Bits)/8+1)
		n := 0
		for err == nil && n < len(plain) {
			var got int
			got, err = z.Read(plain[n:])
			n += got
		}
		data = plain[:n]
	}
	t.check(len(data) == int(reset.Slots)*int(first.Bits)/8, fmt.Sprintf("entries for %d slots", reset.Slots), "%d bytes of %d bits", len(data), first.Bits)
	out := &received{slots: make([]bool, reset.Slots)}
	for i := range out.slots {
		v := int8(data[i*int(first.Bits)/8] << (i * int(first.Bits) % 8))
		out.slots[i] = v>>(8-first.Bits) < 0
	}
	return out
}

// has reports whether a word is in the table.
func (r *received) has(word string) bool {
	return r.slots[keyword.Slot(keyword.Hash(word), bits.Len(uint(len(r.slots)))-1)]
}
