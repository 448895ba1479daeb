package faultfs

import (
	"io"
	"io/fs"

	"filbert/transfer/store"
)

// handle is an open file.
type handle struct {
	fs     *FS
	file   *file
	name   string
	life   int
	closed bool
}

var _ store.Handle = (*handle)(nil)

// write is a change of a file that is not durable: data at an offset, or a
// length if data is nil.
type write struct {
	at   int64
	data []byte
}

// call answers one call on the file, unless it is closed or of an earlier life.
func (h *handle) call(op Op, do func(*Fault) error) error {
	return h.fs.callWith(op, h.name, func(fault *Fault) error {
		switch {
		case h.life != h.fs.life:
			return ErrPower
		case h.closed:
			return fs.ErrClosed
		}
		return do(fault)
	})
}

// ReadAt reads what was written, durable or not.
func (h *handle) ReadAt(b []byte, off int64) (n int, err error) {
	err = h.call(Read, func(fault *Fault) error {
		if fault != nil && fault.Err != nil {
			return fault.Err
		}
		if off < int64(len(h.file.data)) {
			n = copy(b, h.file.data[off:])
		}
		return nil
	})
	if err == nil && n < len(b) {
		err = io.EOF
	}
	return n, err
}

// WriteAt writes, as far as there is room.
func (h *handle) WriteAt(b []byte, off int64) (n int, err error) {
	err = h.call(Write, func(fault *Fault) (err error) {
		if fault != nil && fault.Err != nil {
			b, err = b[:min(fault.Wrote, len(b))], fault.Err
		}
		if room := max(0, h.file.used+h.fs.room()-off); int64(len(b)) > room {
			b, err = b[:room], errFull
		}
		n = len(b)
		if n > 0 {
			h.file.write(write{off, append([]byte(nil), b...)})
		}
		return err
	})
	return n, err
}

// Size is the length of the file.
func (h *handle) Size() (size int64, err error) {
	err = h.call(Size, func(fault *Fault) error {
		if fault != nil && fault.Err != nil {
			return fault.Err
		}
		size = int64(len(h.file.data))
		return nil
	})
	return size, err
}

// Truncate cuts the file or fills it up with zeros, which take no room.
func (h *handle) Truncate(size int64) error {
	return h.call(Truncate, func(fault *Fault) error {
		if fault != nil && fault.Err != nil {
			return fault.Err
		}
		h.file.write(write{at: size})
		return nil
	})
}

// Reserve takes room.
func (h *handle) Reserve(size int64) error {
	return h.call(Reserve, func(fault *Fault) error {
		if fault != nil && fault.Err != nil {
			return fault.Err
		}
		if size > h.file.used+h.fs.room() {
			return errFull
		}
		h.file.used = max(h.file.used, size)
		return nil
	})
}

// Sync makes the bytes durable. If it fails, some are and the others are
// forgotten.
func (h *handle) Sync() error {
	return h.call(Sync, func(fault *Fault) error {
		if fault != nil && fault.Err != nil {
			h.file.lose(h.fs.rng, h.fs.fraction())
			return fault.Err
		}
		for _, w := range h.file.pending {
			h.file.durable = w.apply(h.file.durable)
		}
		h.file.pending = nil
		return nil
	})
}

// Close ends the use of the handle. It syncs nothing.
func (h *handle) Close() error {
	return h.call(Close, func(fault *Fault) error {
		h.closed = true
		if fault != nil {
			return fault.Err
		}
		return nil
	})
}

// write changes the file now, and durably some time later.
func (f *file) write(w write) {
	f.data = w.apply(f.data)
	f.pending = append(f.pending, w)
	if w.data != nil {
		f.used = max(f.used, w.at+int64(len(w.data)))
	} else {
		f.used = min(f.used, w.at)
	}
}

// apply is data after the write.
func (w write) apply(data []byte) []byte {
	end := w.at + int64(len(w.data))
	if w.data == nil && end < int64(len(data)) {
		return data[:end]
	}
	if grow := end - int64(len(data)); grow > 0 {
		data = append(data, make([]byte, grow)...)
	}
	copy(data[w.at:], w.data)
	return data
}
