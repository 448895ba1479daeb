package corpus

import (
	"crypto/sha1"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"path"
)

// blockSize is how many bytes of a content are drawn from one state of the
// generator: a page, so that reading a few bytes anywhere is cheap.
const blockSize = 4096

// content is the bytes of a file as a function of its seed and rank: any block
// can be made at any time, by any number of goroutines.
type content struct {
	seed, rank uint64
	size       int64
	words      []string // that a text is made of; nil for other types
	head       string   // first bytes, by which programs know the type
}

func newContent(seed, rank uint64, name string, size int64, words []string) content {
	c := content{seed: seed, rank: rank, size: size}
	switch path.Ext(name) {
	case ".txt", ".md":
		c.words = words
	case ".ogg":
		c.head = "OggS\x00"
	case ".jpg":
		c.head = "\xFF\xD8\xFF\xE0"
	case ".pdf":
		c.head = "%PDF-1.4\n"
	case ".zip":
		c.head = "PK\x03\x04"
	}
	return c
}

// fill makes the block that begins at block*blockSize, from a source it seeds.
func (c *content) fill(b *[blockSize]byte, source *rand.ChaCha8, block int64) {
	var seed [32]byte
	binary.LittleEndian.PutUint64(seed[:], c.seed)
	binary.LittleEndian.PutUint64(seed[8:], c.rank)
	binary.LittleEndian.PutUint64(seed[16:], uint64(block))
	source.Seed(seed)
	if c.words == nil {
		source.Read(b[:]) // never fails
	} else {
		c.write(b, source)
	}
	if block == 0 {
		copy(b[:], c.head)
	}
}

// write fills b with lines of words.
func (c *content) write(b *[blockSize]byte, source *rand.ChaCha8) {
	const lineLen, wordBits = 72, 8 // a word is drawn from the first 256
	for at, line := 0, 0; at < len(b); {
		bits := source.Uint64()
		for ; bits != 0 && at < len(b); bits >>= wordBits {
			n := copy(b[at:], c.words[bits%(1<<wordBits)])
			at, line = at+n, line+n+1
			if at < len(b) {
				b[at] = ' '
				if line > lineLen {
					b[at], line = '\n', 0
				}
				at++
			}
		}
	}
}

// ReadAt implements io.ReaderAt.
func (c *content) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errNegativeOffset
	}
	var block [blockSize]byte
	var source rand.ChaCha8
	for n < len(p) && off < c.size {
		c.fill(&block, &source, off/blockSize)
		from := off % blockSize
		m := copy(p[n:], block[from:min(blockSize, from+c.size-off)])
		n, off = n+m, off+int64(m)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// WriteTo implements io.WriterTo.
func (c *content) WriteTo(w io.Writer) (n int64, err error) {
	buf := make([]byte, min(c.size, 8*blockSize))
	for n < c.size {
		m, _ := c.ReadAt(buf, n) // the end shows in n
		m, err = w.Write(buf[:m])
		if n += int64(m); err != nil {
			return n, err
		}
	}
	return n, nil
}

func (c *content) sha1() (sum [sha1.Size]byte) {
	h := sha1.New()
	c.WriteTo(h) // a hash never fails
	h.Sum(sum[:0])
	return sum
}
