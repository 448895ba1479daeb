package download

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"

	"filbert/transfer"
	"filbert/transfer/urn"
)

// AddSources hands sources to a download.
func (m *Manager) AddSources(id urn.SHA1, sources []transfer.Source) error {
	d := m.lookup(id)
	if d == nil {
		return fmt.Errorf("download: add sources of %s: %w", id, ErrUnknown)
	}
	d.offer(sources)
	return nil
}

// Retry has sources that failed asked again at once: it may have been for us that they did,
// as we were away.
func (m *Manager) Retry() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range m.downloads {
		d.retry()
	}
}

// Status is a download as it stands now, or an ErrUnknown.
func (m *Manager) Status(id urn.SHA1) (Status, error) {
	d := m.lookup(id)
	if d == nil {
		return Status{}, fmt.Errorf("download: status of %s: %w", id, ErrUnknown)
	}
	s, _ := d.snapshot()
	return s, nil
}

// List is all downloads that go on or ended lately, in the order they were
// added.
func (m *Manager) List() []Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := make([]Status, 0, len(m.downloads))
	for _, d := range m.inOrder() {
		s, _ := d.snapshot()
		list = append(list, s)
	}
	return list
}

// inOrder is the downloads in the order they were added. Called with mu held.
func (m *Manager) inOrder() []*download {
	return slices.SortedFunc(maps.Values(m.downloads), func(a, b *download) int { return cmp.Compare(a.number, b.number) })
}

// Received is the bytes of files that came since the start, of use or not.
func (m *Manager) Received() uint64 { return m.received.Load() }

// Watch yields the status of a download now and after every change, until its
// state is final, ctx ends or the manager stops. Whoever is slow misses what
// lies between, never the last. It yields nothing if there is no such download.
func (m *Manager) Watch(ctx context.Context, id urn.SHA1) iter.Seq[Status] {
	return func(yield func(Status) bool) {
		d := m.lookup(id)
		if d == nil {
			return
		}
		for {
			s, changed := d.snapshot()
			if !yield(s) || s.State.Final() {
				return
			}
			select {
			case <-changed:
			case <-m.stopped:
				return
			case <-ctx.Done():
				return
			}
		}
	}
}

// Wait waits until a download has ended and returns how. The error is ctx's, an
// ErrUnknown or an ErrStopped; that of a download that failed is in Status.Err.
func (m *Manager) Wait(ctx context.Context, id urn.SHA1) (Status, error) {
	if _, err := m.Status(id); err != nil {
		return Status{}, err
	}
	var last Status
	for last = range m.Watch(ctx, id) {
	}
	switch {
	case last.State.Final():
		return last, nil
	case ctx.Err() != nil:
		return last, ctx.Err()
	}
	return last, fmt.Errorf("download: wait for %s: %w", id, ErrStopped)
}
