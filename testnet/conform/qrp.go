package conform

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
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
	patches  int // into which a change is cut; 0 = as few as fit into messages
}

func newTable(bits int, words ...string) *table {
	t := &table{slots: make([]byte, 1<<bits), infinity: 7, width: 4}
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
	n := t.patches
	if n == 0 {
		n = (len(data) + maxPatch - 1) / maxPatch
	}
	var out []wire.Message
	for i := range n {
		part := data[i*len(data)/n : (i+1)*len(data)/n]
		out = append(out, &wire.RoutePatch{
			Seq: uint8(i + 1), Count: uint8(n), Compressor: compressor, Bits: t.width, Data: part,
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
	next := func() wire.Message {
		f := p.want("a QRP message", func(f wire.Frame) bool { return f.Type() == wire.TypeRoute })
		t.check(f.Hops() == 0 && f.TTL() <= 1, "hops 0, TTL 1", "%s", describe(f))
		m, err := wire.Parse(f.Type(), f.Payload())
		t.check(err == nil, "a well-formed QRP message", "%v", err)
		return m
	}
	reset, ok := next().(*wire.RouteReset)
	t.check(ok, "a RESET first", "a PATCH")
	var patches []*wire.RoutePatch
	for len(patches) == 0 || len(patches) < int(patches[0].Count) {
		patch, ok := next().(*wire.RoutePatch)
		t.check(ok, "the patches of one change in a row", "a RESET after %d", len(patches))
		patches = append(patches, patch)
	}
	got, err := assemble(reset, patches)
	t.check(err == nil, "a RESET, and patches 1 to n that cover its slots exactly", "%v", err)
	return got
}

// maxSlots is the largest table that servents make.
const maxSlots = 1 << 21

// assemble makes a table of the messages that announce and fill it.
func assemble(reset *wire.RouteReset, patches []*wire.RoutePatch) (*received, error) {
	slots := int64(reset.Slots)
	switch {
	case bits.OnesCount32(reset.Slots) != 1 || slots > maxSlots:
		return nil, fmt.Errorf("%d slots, which is no power of two up to 2^21", slots)
	case reset.Infinity == 0:
		return nil, errors.New("an infinity of 0")
	case len(patches) == 0:
		return nil, errors.New("no patch")
	}
	var data []byte
	first := patches[0]
	for i, patch := range patches {
		if int(patch.Seq) != i+1 || patch.Count != first.Count || int(patch.Count) != len(patches) {
			return nil, fmt.Errorf("patch %d of %d where %d of %d is due", patch.Seq, patch.Count, i+1, len(patches))
		}
		if patch.Bits != first.Bits || patch.Compressor != first.Compressor {
			return nil, errors.New("another entry size or compressor in the middle")
		}
		data = append(data, patch.Data...)
	}
	width := int64(first.Bits)
	if width != 4 && width != 8 {
		return nil, fmt.Errorf("entries of %d bits, where all read 4 and 8", width)
	}
	whole := (slots*width + 7) / 8
	switch first.Compressor {
	case 0:
	case 1:
		z, err := zlib.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		if data, err = io.ReadAll(io.LimitReader(z, whole+1)); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("compressor %d", first.Compressor)
	}
	if int64(len(data)) != whole {
		return nil, fmt.Errorf("entries for %d of %d slots", int64(len(data))*8/width, slots)
	}
	out := &received{slots: make([]bool, slots)}
	for i := range out.slots {
		at := int64(i) * width
		out.slots[i] = int8(data[at/8]<<(at%8)) < 0 // the sign is the top bit of an entry
	}
	return out, nil
}

// has reports whether a word is in the table.
func (r *received) has(word string) bool {
	return r.slots[keyword.Slot(keyword.Hash(word), bits.Len(uint(len(r.slots)))-1)]
}
