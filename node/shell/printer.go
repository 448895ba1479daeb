package shell

import (
	"fmt"
	"io"
	"strings"
	"sync"
)

// Printer prints notices that belong to no command, such as a download that
// finished. While the user types they appear above the prompt and leave the
// line alone; at any other time they are printed as they come. It may be used
// by any goroutine, before, during and after Run.
type Printer struct {
	out io.Writer

	mu      sync.Mutex
	wake    func()   // asks the prompt to fetch the queue; nil while there is no prompt
	queue   []string // at most maxNotices
	dropped int
}

// NewPrinter returns a printer that writes to out, which is the Out of the
// Config it is given to.
func NewPrinter(out io.Writer) *Printer { return &Printer{out: out} }

// Printf prints one notice. A line end is added.
func (p *Printer) Printf(format string, args ...any) {
	notice := strings.TrimSuffix(fmt.Sprintf(format, args...), "\n")

	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wake == nil {
		// Under the lock, so that no prompt appears in between.
		fmt.Fprintln(p.out, notice)
		return
	}
	if len(p.queue) == maxNotices {
		p.queue, p.dropped = p.queue[1:], p.dropped+1
	}
	p.queue = append(p.queue, notice)
	p.wake()
}

// show says that a prompt is on the screen, and how to get its attention. wake
// must not block nor call the printer.
func (p *Printer) show(wake func()) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wake = wake
}

// hide says that the prompt has left the screen, and prints what still waited.
func (p *Printer) hide() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wake = nil
	for _, notice := range p.takeLocked() {
		fmt.Fprintln(p.out, notice)
	}
}

// waiting reports whether notices wait for the prompt.
func (p *Printer) waiting() bool {
	if p == nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.queue) > 0
}

// take returns the notices that wait, for the prompt to print.
func (p *Printer) take() []string {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.takeLocked()
}

func (p *Printer) takeLocked() []string {
	notices := p.queue
	if p.dropped > 0 {
		notices = append([]string{fmt.Sprintf("(%d earlier notices not shown)", p.dropped)}, notices...)
	}
	p.queue, p.dropped = nil, 0
	return notices
}
