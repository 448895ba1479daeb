package download

import (
	"context"
	"fmt"
	"slices"

	"filbert/transfer/urn"
)

// start starts the loop of a download, if Run goes on. Called with mu held.
func (m *Manager) start(d *download) {
	if m.ctx == nil || m.over() {
		return
	}
	ctx, stop := context.WithCancel(m.ctx)
	d.stop = stop
	m.loops.Go(func() {
		defer stop()
		d.run(ctx)
		m.conclude(d)
		m.tell(d)
	})
}

// conclude is the end of a loop: that of its download, or of the process.
func (m *Manager) conclude(d *download) {
	m.mu.Lock()
	ending := d.ending
	m.mu.Unlock()
	s, _ := d.snapshot()
	if ending != keepGoing && !s.State.Final() {
		if ending == cancelAndRemove {
			d.removal = m.cfg.Store.Remove(d.file.SHA1)
		}
		d.update(func(s *Status) { s.State, s.Reason = Cancelled, "" })
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if s, _ := d.snapshot(); s.State.Final() {
		m.ended = append(m.ended, d)
		if len(m.ended) > maxFinished {
			delete(m.downloads, m.ended[0].file.SHA1)
			m.ended = slices.Delete(m.ended, 0, 1)
		}
	}
	close(d.done)
}

// tell hands a download that is over to who wants to know. The process does not
// wait for them.
func (m *Manager) tell(d *download) {
	if s, _ := d.snapshot(); s.State.Final() && m.cfg.Ended != nil {
		select {
		case m.cfg.Ended <- s:
		case <-m.ctx.Done():
		}
	}
}

// forget drops a download that has ended, or was never started.
func (m *Manager) forget(d *download) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.downloads, d.file.SHA1)
	if i := slices.Index(m.ended, d); i >= 0 {
		m.ended = slices.Delete(m.ended, i, i+1)
	}
}

// Cancel ends a download and waits until it has ended; one that had ended
// before is forgotten. The partial file is removed or kept; one that is kept is
// taken up again by Add, and by Run after a restart.
func (m *Manager) Cancel(ctx context.Context, id urn.SHA1, remove bool) error {
	m.adding <- struct{}{}
	d, running, err := m.end(id, remove)
	if err != nil {
		<-m.adding
		return err
	}
	if !running {
		defer func() { <-m.adding }()
		<-d.done
		m.forget(d)
		d.update(func(s *Status) {
			if !s.State.Final() {
				s.State = Cancelled
			}
		})
		if remove {
			return m.cfg.Store.Remove(id)
		}
		return nil
	}
	<-m.adding
	select {
	case <-d.done:
		return d.removal
	case <-ctx.Done():
		return ctx.Err()
	}
}

// end tells the loop of a download to end, and reports whether there is one.
func (m *Manager) end(id urn.SHA1, remove bool) (d *download, running bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch d = m.downloads[id]; {
	case d == nil:
		return nil, false, fmt.Errorf("download: cancel %s: %w", id, ErrUnknown)
	case m.over():
		return nil, false, fmt.Errorf("download: cancel %s: %w", id, ErrStopped)
	case d.stop == nil: // it never began
		close(d.done)
		return d, false, nil
	}
	if s, _ := d.snapshot(); s.State.Final() {
		return d, false, nil
	}
	d.ending = cancel
	if remove {
		d.ending = cancelAndRemove
	}
	d.stop()
	return d, true, nil
}
