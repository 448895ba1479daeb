package corpus

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

func TestContentTypes(t *testing.T) {
	for _, tt := range []struct{ name, head string }{
		{"a.txt", ""}, {"a.md", ""}, {"a.ogg", "OggS"}, {"a.jpg", "\xFF\xD8\xFF"}, {"a.pdf", "%PDF-"}, {"a.zip", "PK"},
	} {
		c := newContent(1, 1, tt.name, 2*blockSize+170, newNamer(nil).all)
		var b bytes.Buffer
		if n, err := c.WriteTo(&b); err != nil || n != c.size || int64(b.Len()) != n {
			t.Fatalf("%s: wrote %d of %d bytes, %v", tt.name, n, c.size, err)
		}
		data := b.Bytes()
		if !bytes.HasPrefix(data, []byte(tt.head)) {
			t.Errorf("%s begins with %q", tt.name, data[:8])
		}
		if text := tt.head == ""; text != (utf8.Valid(data) && !bytes.ContainsRune(data, 0)) {
			t.Errorf("%s: text is %v", tt.name, !text)
		}
		if bytes.Equal(data[blockSize:blockSize+170], data[2*blockSize:]) {
			t.Errorf("%s repeats itself", tt.name)
		}
		if err := iotest.TestReader(io.NewSectionReader(&c, 0, c.size), data); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestContentReadAt(t *testing.T) {
	c := newContent(7, 9, "a.zip", 5*blockSize+1, nil)
	whole := make([]byte, c.size)
	if n, err := c.ReadAt(whole, 0); int64(n) != c.size || err != nil {
		t.Fatalf("read %d bytes, %v", n, err)
	}
	rnd := rand.New(rand.NewPCG(1, 0))
	for range 1000 {
		off, n := rnd.Int64N(c.size), rnd.Int64N(2*blockSize)
		p := make([]byte, n)
		got, err := c.ReadAt(p, off)
		want := whole[off:min(c.size, off+n)]
		if !bytes.Equal(p[:got], want) || (err == io.EOF) != (off+n > c.size) {
			t.Fatalf("%d bytes at %d: %d bytes, %v", n, off, got, err)
		}
	}
	for _, off := range []int64{c.size, c.size + 1, 1 << 62} {
		if n, err := c.ReadAt(make([]byte, 1), off); n != 0 || err != io.EOF {
			t.Errorf("at %d: %d bytes, %v", off, n, err)
		}
	}
	if _, err := c.ReadAt(nil, -1); !errors.Is(err, errNegativeOffset) {
		t.Errorf("at -1: %v", err)
	}
}

func TestContentsDiffer(t *testing.T) {
	words := newNamer(nil).all
	seen := map[[20]byte]bool{}
	for rank := range uint64(2000) {
		for _, name := range []string{"a.txt", "a.pdf"} {
			c := newContent(1, rank, name, MinFileSize, words)
			if sum := c.sha1(); seen[sum] {
				t.Fatalf("%s of rank %d has the bytes of another", name, rank)
			} else {
				seen[sum] = true
			}
		}
	}
}

func BenchmarkContent(b *testing.B) {
	for _, name := range []string{"a.txt", "a.zip"} {
		b.Run(name, func(b *testing.B) {
			c := newContent(1, 1, name, 1<<20, newNamer(nil).all)
			b.SetBytes(c.size)
			b.ReportAllocs()
			for b.Loop() {
				c.WriteTo(io.Discard)
			}
		})
	}
}
