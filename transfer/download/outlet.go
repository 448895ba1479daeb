package download

import (
	"sync"
	"sync/atomic"
)

// outlet writes the blocks of one answer, in the order they come.
type outlet struct {
	blocks chan verified // one waits while one is written
	failed atomic.Bool   // nothing is written any more

	running sync.WaitGroup
	err     error // why; after running
}

// verified is a block that is right, and where it begins in the file.
type verified struct {
	bytes []byte
	at    int64
}

// writeOut begins to write what the worker gives. It must be closed.
func (w *worker) writeOut() *outlet {
	o := &outlet{blocks: make(chan verified, 1)}
	o.running.Go(func() {
		for b := range o.blocks {
			if o.err != nil || len(b.bytes) == 0 {
				w.blocks.back <- b.bytes
				continue
			}
			if o.err = w.lend(b.bytes, b.at); o.err != nil {
				o.failed.Store(true)
				continue
			}
			w.at.Store(b.at + int64(len(b.bytes)))
		}
	})
	return o
}

// close waits until everything is written, and tells why not all is.
func (o *outlet) close() error {
	close(o.blocks)
	o.running.Wait()
	return o.err
}

// blocks is memory for slices, which the partial file keeps for a while.
type blocks struct {
	back chan []byte // has room for all
	made int
}

// block is n bytes that nobody needs.
func (w *worker) block(n int) []byte {
	var b []byte
	if w.blocks.made < maxBlocks {
		select {
		case b = <-w.blocks.back:
		default:
			w.blocks.made++
		}
	} else {
		b = <-w.blocks.back
	}
	if cap(b) < n {
		b = make([]byte, n)
	}
	return b[:n]
}
