package bootstrap

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// Config is what a Bootstrap is built from.
type Config struct {
	Overlay Overlay
	Sources map[Kind]Source // those that the node may use
	Log     zerolog.Logger
}

// Bootstrap looks for hosts while the node needs them.
type Bootstrap struct {
	cfg  Config
	plan *Plan // owned by Run

	mu     sync.Mutex
	status [kinds]SourceStatus
}

// SourceStatus is what became of one source.
type SourceStatus struct {
	Kind   Kind
	Active bool // a round is under way
	Rounds int
	Hosts  int       // told of, in all rounds
	Last   time.Time // when the last round began
	Err    string    // why the last round failed, "" when it did not; escape it
}

// New builds a Bootstrap. Nothing happens before Run.
func New(cfg Config) *Bootstrap {
	b := &Bootstrap{cfg: cfg, plan: NewPlan()}
	for k := range kinds {
		b.plan.has[k] = cfg.Sources[k] != nil
		b.status[k].Kind = k
	}
	return b
}

// Status is what became of the sources that the node has.
func (b *Bootstrap) Status() []SourceStatus {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []SourceStatus
	for k, s := range b.status {
		if b.plan.has[k] {
			out = append(out, s)
		}
	}
	return out
}

// Run looks for hosts until ctx ends.
func (b *Bootstrap) Run(ctx context.Context) error {
	t := time.NewTicker(look)
	defer t.Stop()
	var r round
	defer func() { r.end() }()
	for {
		s, err := b.cfg.Overlay.Standing(ctx)
		if err != nil {
			return nil // the node ends, and so do we
		}
		switch {
		case r.over():
			r.end()
			b.plan.Ended(time.Now(), r.kind)
			r = round{}
		case r.running() && Enough(s.Links, s.Known):
			r.stop()
		}
		if kind, ok := b.plan.Next(time.Now(), s.Links, s.Known); ok {
			r = b.begin(ctx, kind)
		} else if !r.running() {
			b.announce(ctx, s)
		}
		select {
		case <-t.C:
		case <-r.ended:
		case <-ctx.Done():
			return nil
		}
	}
}

// round is one look at a source; the zero round is none.
type round struct {
	kind  Kind
	stop  context.CancelFunc
	ended chan struct{}
	work  *sync.WaitGroup
}

func (r *round) running() bool { return r.ended != nil }

func (r *round) over() bool {
	select {
	case <-r.ended: // blocks for ever when there is none
		return true
	default:
		return false
	}
}

// end stops the round and waits for it.
func (r *round) end() {
	if r.running() {
		r.stop()
		r.work.Wait()
	}
}

// begin looks at a source.
func (b *Bootstrap) begin(ctx context.Context, kind Kind) round {
	ctx, cancel := context.WithCancel(ctx)
	r := round{kind: kind, stop: cancel, ended: make(chan struct{}), work: new(sync.WaitGroup)}
	b.update(kind, func(s *SourceStatus) {
		s.Active, s.Last = true, time.Now()
		s.Rounds++
	})
	b.cfg.Log.Debug().Stringer("source", kind).Msg("looking for hosts")
	r.work.Go(func() {
		defer close(r.ended)
		hosts := 0
		err := b.cfg.Sources[kind].Find(ctx, func(f Found) {
			hosts += len(f.Hosts)
			b.learn(kind, f)
		})
		b.update(kind, func(s *SourceStatus) {
			if s.Active, s.Err = false, ""; err != nil {
				s.Err = clip(err.Error())
			}
		})
		level := zerolog.DebugLevel
		if hosts > 0 || err != nil {
			level = zerolog.InfoLevel
		}
		b.cfg.Log.WithLevel(level).Stringer("source", kind).Int("hosts", hosts).AnErr("error", err).Msg("looked for hosts")
	})
	return r
}

// learn passes hosts on.
func (b *Bootstrap) learn(kind Kind, f Found) {
	b.update(kind, func(s *SourceStatus) { s.Hosts += len(f.Hosts) })
	hosts := make([]netip.AddrPort, 0, len(f.Hosts))
	for _, h := range f.Hosts {
		hosts = append(hosts, netip.AddrPortFrom(h.Addr().Unmap(), h.Port()))
	}
	if err := b.cfg.Overlay.Learn(hosts, f.Teller); err != nil {
		b.cfg.Log.Debug().Err(err).Msg("hosts come too late")
	}
}

// announce tells caches of the node, those that want to know.
func (b *Bootstrap) announce(ctx context.Context, s Standing) {
	for k := range kinds {
		a, ok := b.cfg.Sources[k].(Announcer)
		if !ok {
			continue
		}
		if err := a.Announce(ctx, s); err != nil && ctx.Err() == nil {
			b.cfg.Log.Debug().Stringer("source", k).Err(err).Msg("could not tell of us")
		}
	}
}

func (b *Bootstrap) update(kind Kind, change func(*SourceStatus)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(&b.status[kind])
}

func clip(s string) string { return s[:min(len(s), maxError)] }
