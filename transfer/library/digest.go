package library

import (
	"crypto/sha1"
	"hash"
	"sync"

	"filbert/transfer/merkle"
	"filbert/transfer/urn"
)

// sums are the names of one content.
type sums struct {
	sha1   urn.SHA1
	tiger  urn.Tiger
	blake3 urn.Blake3
}

// digest takes in the bytes of one file once and hashes them in three ways.
type digest struct {
	sha1          hash.Hash
	tiger, blake3 *merkle.Builder

	// A Tiger tree takes as long as the other two together: that of a large file
	// is made beside them.
	beside sync.WaitGroup
	blocks chan []byte   // nil: not beside
	taken  chan struct{} // the block was hashed
}

// newDigest returns a digest for a file of size bytes. end must be called.
func newDigest(size int64) *digest {
	d := &digest{sha1: sha1.New(), tiger: merkle.NewBuilder(merkle.Tiger, size), blake3: merkle.NewBuilder(merkle.Blake3, size)}
	if size > hashBlock {
		d.blocks, d.taken = make(chan []byte), make(chan struct{})
		d.beside.Go(func() {
			for p := range d.blocks {
				d.tiger.Write(p)
				d.taken <- struct{}{}
			}
		})
	}
	return d
}

// write takes the next bytes.
func (d *digest) write(p []byte) {
	if d.blocks != nil {
		d.blocks <- p
	}
	d.sha1.Write(p)
	d.blake3.Write(p)
	if d.blocks != nil {
		<-d.taken
	} else {
		d.tiger.Write(p)
	}
}

// end gives back what was started.
func (d *digest) end() {
	if d.blocks != nil {
		close(d.blocks)
		d.beside.Wait()
	}
}

// sums is the names of what was written, and its trees. The error is that
// other bytes were written than the file was to have.
func (d *digest) sums() (s sums, tiger, blake3 *merkle.Tree, err error) {
	if tiger, err = d.tiger.Tree(); err != nil {
		return s, nil, nil, err
	}
	if blake3, err = d.blake3.Tree(); err != nil {
		return s, nil, nil, err
	}
	root := tiger.Root()
	s = sums{sha1: urn.SHA1(d.sha1.Sum(nil)), tiger: urn.Tiger(root[:24]), blake3: urn.Blake3(blake3.Root())}
	return s, tiger, blake3, nil
}
