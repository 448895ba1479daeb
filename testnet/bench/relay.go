package bench

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Relay measures how a filbert node relays queries against the bare relay. The
// relays run beside each other, as processes of their own, and are loaded in
// turn: a bare one with the window that filbert gets, a bare one with a window
// of its liking, then filbert. It takes about Runs+1 times three runs and three
// seconds. progress, if not nil, is told what goes on, a line at a time.
//
// The program must have a command "bench relay-target --kind KIND" that calls
// RelayTarget with its standard input and output.
func Relay(ctx context.Context, cfg RelayConfig, progress func(string)) (_ RelayReport, err error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return RelayReport{}, err
	}
	if progress == nil {
		progress = func(string) {}
	}
	bare := &side{name: "bare", kind: kindBare, window: cfg.Window}
	free := &side{name: "bare, free", kind: kindBare, window: freeWindow * cfg.Window}
	filbert := &side{name: "filbert", kind: kindFilbert, window: cfg.Window}
	sides := []*side{bare, free, filbert}
	for _, s := range sides {
		if err := s.open(ctx, cfg); err != nil {
			return RelayReport{}, err
		}
		defer func() {
			if failed := s.close(); ctx.Err() == nil { // else it was killed, as it should
				err = errors.Join(err, failed)
			}
		}()
	}
	for n := range cfg.Runs + 1 {
		for _, s := range sides {
			r, err := s.run(ctx, cfg)
			if err != nil {
				return RelayReport{}, err
			}
			label := "warm-up"
			if n > 0 {
				label = fmt.Sprintf("run %d/%d", n, cfg.Runs)
				s.runs = append(s.runs, r)
			}
			progress(fmt.Sprintf("%-10s%-12s%10.0f copies/s", label, s.name, r.full.copiesPerSecond()))
		}
		if n == 0 && cfg.Profile != "" {
			if _, err := filbert.process.ask(requestProfile + cfg.Profile); err != nil {
				return RelayReport{}, err
			}
		}
	}
	return report(cfg, bare, free, filbert), nil
}

// side is one relay and the load on it.
type side struct {
	name, kind string
	window     int
	process    *process
	load       *load
	runs       []run // those that count
}

// run is one spell of full and one of light load.
type run struct {
	full, light spell
	relay       counters      // used by the relay's process under full load
	load        time.Duration // processor time of the load meanwhile
}

func (s *side) open(ctx context.Context, cfg RelayConfig) (err error) {
	if s.process, err = startProcess(ctx, s.kind); err != nil {
		return err
	}
	if s.load, err = connect(ctx, s.process.hello.Addr, cfg, s.window); err != nil {
		return errors.Join(fmt.Errorf("%s relay: %w", s.name, err), s.process.close())
	}
	return nil
}

func (s *side) close() error {
	s.load.close()
	return s.process.close()
}

// run loads the relay once.
func (s *side) run(ctx context.Context, cfg RelayConfig) (r run, err error) {
	if err = s.full(ctx, cfg, &r); err == nil {
		r.light, err = s.load.trickle(ctx, min(cfg.Duration, lightSpell), cfg.LightRate)
	}
	if err == nil && r.full.Copies == 0 {
		err = errors.New("bench: no copy came")
	}
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err() // whatever came of it
		}
		return run{}, fmt.Errorf("%s relay: %w", s.name, err)
	}
	return r, nil
}

// full is the spell of full load. What the processes use is taken between the
// first message and the last copy.
func (s *side) full(ctx context.Context, cfg RelayConfig, r *run) error {
	before, err := s.process.ask(requestMark)
	if err != nil {
		return err
	}
	own, err := cpuTime()
	if err != nil {
		return err
	}
	if r.full, err = s.load.saturate(ctx, cfg.Duration); err != nil {
		return err
	}
	if r.load, err = cpuTime(); err != nil {
		return err
	}
	r.load -= own
	after, err := s.process.ask(requestMark)
	r.relay = after.since(before)
	return err
}
