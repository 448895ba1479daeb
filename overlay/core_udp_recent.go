package overlay

import "time"

// recent remembers keys for a while: two generations, of which the older is
// forgotten at once when the younger is full or old. An entry that is not put
// again lives between one and two lifetimes, or less when there are too many.
type recent[K comparable, V any] struct {
	capacity          int // of a generation
	lifetime          time.Duration
	born              time.Time // of the younger
	early             time.Time // when one was last full before its time
	younger, previous map[K]V
}

func newRecent[K comparable, V any](capacity int, lifetime time.Duration) recent[K, V] {
	return recent[K, V]{capacity: capacity, lifetime: lifetime, younger: make(map[K]V), previous: make(map[K]V)}
}

func (r *recent[K, V]) get(now time.Time, k K) (V, bool) {
	r.rotate(now)
	v, ok := r.younger[k]
	if !ok {
		v, ok = r.previous[k]
	}
	return v, ok
}

func (r *recent[K, V]) put(now time.Time, k K, v V) {
	r.rotate(now)
	if _, ok := r.younger[k]; !ok && len(r.younger) >= r.capacity {
		r.early = now
		r.turn(now)
	}
	r.younger[k] = v
}

func (r *recent[K, V]) remove(k K) {
	delete(r.younger, k)
	delete(r.previous, k)
}

// lossy reports whether entries may be missing that are younger than a lifetime.
func (r *recent[K, V]) lossy(now time.Time) bool {
	return !r.early.IsZero() && now.Sub(r.early) < r.lifetime
}

func (r *recent[K, V]) len() int { return len(r.younger) + len(r.previous) }

func (r *recent[K, V]) rotate(now time.Time) {
	if r.born.IsZero() {
		r.born = now
	}
	age := now.Sub(r.born)
	if age >= r.lifetime {
		r.turn(now)
	}
	if age >= 2*r.lifetime {
		clear(r.previous)
	}
}

func (r *recent[K, V]) turn(now time.Time) {
	r.born = now
	r.younger, r.previous = r.previous, r.younger
	clear(r.younger)
}
