package merkle

import (
	"crypto/sha1"
	"hash"
	"io"
	"testing"
)

// BenchmarkTree is the speed of trees; SHA-1, which every shared file needs, is
// the baseline.
func BenchmarkTree(b *testing.B) {
	const size = 16 << 20
	data := noise(size)
	for name, start := range map[string]func() io.Writer{
		"SHA-1":  func() io.Writer { return hash.Hash(sha1.New()) },
		"Tiger":  func() io.Writer { return NewBuilder(Tiger, size) },
		"BLAKE3": func() io.Writer { return NewBuilder(Blake3, size) },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				w := start()
				for at := 0; at < size; at += 256 << 10 {
					w.Write(data[at : at+256<<10])
				}
			}
		})
	}
}
