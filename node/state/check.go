package state

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
)

// bbolt checks the checksum of its meta pages and nothing else: a wrong page
// number sends it in circles until memory or stack end, which no recover can
// stop. So a file is read once in full, by code that believes no number, before
// bbolt sees it.
//
// The layout, in the byte order of the machine (bbolt, internal/common):
//
//	page    id u64, flags u16, count u16, overflow u32, then by flags:
//	meta    magic, version, page size, flags u32; root: page u64, sequence u64;
//	        freelist, pages in use, transaction u64; FNV-1a of these u64
//	branch  count times: pos, key size u32, page u64
//	leaf    count times: flags, pos, key size, value size u32
//	free    count times: page u64; count 0xFFFF: the first is the true count
//
// pos counts from its own element. The root's leaves are buckets: their values
// are a root page and a sequence, or, if that page is 0, a leaf page follows.
const (
	pageSize     = 4096
	pageHeader   = 16
	elementSize  = 16
	bucketHeader = 16
	metaSize     = 64
	firstPage    = 2 // after the two meta pages

	pageBranch = 0x01
	pageLeaf   = 0x02
	pageFree   = 0x10
	leafBucket = 0x01
	freeMany   = 0xFFFF

	boltMagic   = 0xED0CDAED
	boltVersion = 2
)

// meta is what a meta page says.
type meta struct {
	valid                              bool // its checksum fits
	size                               uint32
	root, freelist, pages, transaction uint64
}

// fileCheck goes through the pages of one file.
type fileCheck struct {
	r    io.ReaderAt
	meta meta
	seen []uint64 // one bit for every page that has its place
}

// checkFile reads a bbolt file of size bytes as the last whole transaction left
// it. The error wraps ErrCorrupt, or is that of reading.
func checkFile(r io.ReaderAt, size int64) error {
	metas := make([]byte, firstPage*pageSize)
	if size < int64(len(metas)) || size > maxFile+overdraft {
		return fmt.Errorf("%w: the file has %d bytes", ErrCorrupt, size)
	}
	if _, err := r.ReadAt(metas, 0); err != nil {
		return err
	}
	m, ok := newest(parseMeta(metas[pageHeader:]), parseMeta(metas[pageSize+pageHeader:]))
	if !ok {
		return fmt.Errorf("%w: no valid meta pages", ErrCorrupt)
	}
	if m.pages > uint64(size)/pageSize {
		return fmt.Errorf("%w: %d pages in a file of %d bytes", ErrCorrupt, m.pages, size)
	}
	c := &fileCheck{r: r, meta: m, seen: make([]uint64, (m.pages+63)/64)}
	if err := c.tree(m.root, 0, nil, nil, c.bucket); err != nil {
		return err
	}
	return c.freelist()
}

// parseMeta reads a meta page that begins behind its page header.
func parseMeta(b []byte) meta {
	e := binary.NativeEndian
	sum := fnv.New64a()
	sum.Write(b[:metaSize-8])
	return meta{
		valid: e.Uint32(b) == boltMagic && e.Uint32(b[4:]) == boltVersion && e.Uint64(b[metaSize-8:]) == sum.Sum64(),
		size:  e.Uint32(b[8:]), root: e.Uint64(b[16:]), freelist: e.Uint64(b[32:]), pages: e.Uint64(b[40:]),
		transaction: e.Uint64(b[48:]),
	}
}

// newest is the meta page that bbolt goes by. Of the two, one may be torn: the
// other is then the state before that transaction. All our files have one page
// size; bbolt takes it from either.
func newest(a, b meta) (_ meta, ok bool) {
	if a.valid && a.size != pageSize || b.valid && b.size != pageSize {
		return meta{}, false
	}
	if b.valid && (!a.valid || b.transaction > a.transaction) {
		a = b
	}
	return a, a.valid
}

// page is a page in memory, with its header.
type page []byte

func (p page) flags() uint16 { return binary.NativeEndian.Uint16(p[8:]) }
func (p page) count() int    { return int(binary.NativeEndian.Uint16(p[10:])) }

// damaged names what is wrong with a page.
func damaged(id uint64, format string, args ...any) error {
	return fmt.Errorf("%w: page %d: %s", ErrCorrupt, id, fmt.Sprintf(format, args...))
}

// read returns a page with what flows over, and marks it as seen.
func (c *fileCheck) read(id uint64) (page, error) {
	if err := c.mark(id); err != nil {
		return nil, err
	}
	p := make(page, pageSize)
	if _, err := c.r.ReadAt(p, int64(id)*pageSize); err != nil {
		return nil, err
	}
	if own := binary.NativeEndian.Uint64(p); own != id {
		return nil, damaged(id, "it says it is page %d", own)
	}
	overflow := uint64(binary.NativeEndian.Uint32(p[12:]))
	if overflow >= c.meta.pages-id {
		return nil, damaged(id, "%d more pages do not exist", overflow)
	}
	for i := range overflow {
		if err := c.mark(id + 1 + i); err != nil {
			return nil, err
		}
	}
	if overflow > 0 {
		p = append(p, make([]byte, overflow*pageSize)...)
		if _, err := c.r.ReadAt(p[pageSize:], int64(id+1)*pageSize); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// mark notes that a page has its place; it can have only one.
func (c *fileCheck) mark(id uint64) error {
	if id < firstPage || id >= c.meta.pages {
		return damaged(id, "it does not exist")
	}
	if c.seen[id/64]&(1<<(id%64)) != 0 {
		return damaged(id, "it is in two places")
	}
	c.seen[id/64] |= 1 << (id % 64)
	return nil
}

// tree goes through a B+ tree whose keys lie from low up to, but not at, high
// (nil: no bound), and gives its leaves' elements to leaf.
func (c *fileCheck) tree(id uint64, depth int, low, high []byte, leaf func(id uint64, e element) error) error {
	p, err := c.read(id)
	if err != nil {
		return err
	}
	elements, err := parseElements(id, p)
	if err != nil {
		return err
	}
	branch := p.flags() == pageBranch
	switch {
	case depth > maxDepth:
		return damaged(id, "the tree is too high")
	case len(elements) == 0 && (branch || depth > 0):
		return damaged(id, "it is empty")
	case low != nil && !bytes.Equal(elements[0].key, low):
		// bbolt finds an entry of the branch by the first key below it.
		return damaged(id, "its first key is not that of its branch")
	}
	for i, e := range elements {
		next := high
		if i+1 < len(elements) {
			next = elements[i+1].key
		}
		if next != nil && bytes.Compare(e.key, next) >= 0 {
			return damaged(id, "key %d is out of order", i)
		}
		if branch {
			err = c.tree(e.child, depth+1, e.key, next, leaf)
		} else {
			err = leaf(id, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bucket goes through the bucket of one element of the root.
func (c *fileCheck) bucket(id uint64, e element) error {
	if e.flags != leafBucket || len(e.value) < bucketHeader {
		return damaged(id, "%q is no bucket", e.key)
	}
	name := string(e.key)
	value := func(id uint64, e element) error {
		if e.flags != 0 {
			return damaged(id, "%q is no value", e.key)
		}
		if err := verify(name, string(e.key), e.value); err != nil {
			return damaged(id, "%v", err)
		}
		return nil
	}
	if root := binary.NativeEndian.Uint64(e.value); root != 0 {
		return c.tree(root, 0, nil, nil, value)
	}
	inline := page(e.value[bucketHeader:])
	if len(inline) < pageHeader || inline.flags() != pageLeaf {
		return damaged(id, "bucket %q is no leaf", name)
	}
	elements, err := parseElements(id, inline)
	if err != nil {
		return err
	}
	for i, e := range elements {
		if i > 0 && bytes.Compare(elements[i-1].key, e.key) >= 0 {
			return damaged(id, "key %d of bucket %q is out of order", i, name)
		}
		if err := value(id, e); err != nil {
			return err
		}
	}
	return nil
}

// freelist reads the list of free pages: they exist, once, and are in no tree.
func (c *fileCheck) freelist() error {
	id := c.meta.freelist
	p, err := c.read(id)
	if err != nil {
		return err
	}
	if p.flags() != pageFree {
		return damaged(id, "it is no freelist")
	}
	ids, count := p[pageHeader:], uint64(p.count())
	if count == freeMany {
		count, ids = binary.NativeEndian.Uint64(ids), ids[8:]
	}
	if count > uint64(len(ids)/8) {
		return damaged(id, "%d free pages do not fit", count)
	}
	for i := range count {
		if err := c.mark(binary.NativeEndian.Uint64(ids[8*i:])); err != nil {
			return err
		}
	}
	return nil
}
