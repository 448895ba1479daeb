package group

// Window remembers which sequence numbers of one sender came: the highest, and which of the
// windowLen-1 below it. The zero value has seen none; number 0 is never new.
type Window struct {
	top  uint64
	seen [windowLen / 64]uint64 // of number n the bit n modulo windowLen
}

// New tells whether a number is new: not seen, and not below the window.
func (w *Window) New(n uint64) bool {
	switch {
	case n > w.top:
		return true
	case w.top-n >= windowLen || n == 0:
		return false
	}
	return w.seen[n%windowLen/64]&(1<<(n%64)) == 0
}

// Note marks a number as seen.
func (w *Window) Note(n uint64) {
	if n > w.top {
		if n-w.top >= windowLen {
			w.seen = [windowLen / 64]uint64{}
		} else {
			for i := w.top + 1; i < n; i++ {
				w.seen[i%windowLen/64] &^= 1 << (i % 64)
			}
		}
		w.top = n
	}
	if w.top-n < windowLen {
		w.seen[n%windowLen/64] |= 1 << (n % 64)
	}
}
