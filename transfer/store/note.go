package store

import "fmt"

// Note is what SetNote kept last, in this process or an earlier one.
func (p *Partial) Note() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.note
}

// SetNote keeps a few bytes with the partial file, durably when it returns, in
// place of those kept before. They go when the file is complete or removed.
func (p *Partial) SetNote(note string) error {
	if len(note) > maxNoteBytes {
		return fmt.Errorf("store: note of %s: %d bytes, more than %d", p.file.SHA1, len(note), maxNoteBytes)
	}
	p.lock()
	defer p.unlock()
	if p.isClosed() {
		return fmt.Errorf("store: note of %s: %w", p.file.SHA1, ErrClosed)
	}
	p.mu.Lock()
	anew := p.said
	p.mu.Unlock()
	if anew.note == note {
		return nil
	}
	anew.note = note
	if err := p.journal.keep(anew); err != nil {
		return fmt.Errorf("store: note of %s: %w", p.file.SHA1, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.said.note = note
	return nil
}
