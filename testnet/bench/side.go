package bench

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// side is one relay and the load on it.
type side struct {
	name, kind string
	plan       plan
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

// spellFunc loads a relay once.
type spellFunc func(context.Context, *load) (spell, error)

// turns loads relays beside each other in turn, each as often as cfg says and
// once before to warm up. Light load follows a run if there is some. profiled is
// the side that cfg.Profile is of.
func turns(ctx context.Context, cfg RelayConfig, sides []*side, profiled *side, full, light spellFunc, progress func(string)) (err error) {
	for _, s := range sides {
		if err := s.open(ctx, nil); err != nil {
			return err
		}
		defer func() {
			if failed := s.close(); ctx.Err() == nil { // else it was killed, as it should
				err = errors.Join(err, failed)
			}
		}()
	}
	for n := range cfg.Runs + 1 {
		for _, s := range sides {
			r, err := s.run(ctx, full, light)
			if err != nil {
				return fmt.Errorf("%s relay: %w", s.name, err)
			}
			label := "warm-up"
			if n > 0 {
				label = fmt.Sprintf("run %d/%d", n, cfg.Runs)
				s.runs = append(s.runs, r)
			}
			progress(fmt.Sprintf("%-10s%-18s%10.0f copies/s", label, s.name, r.full.copiesPerSecond()))
		}
		if n == 0 && cfg.Profile != "" {
			if _, err := profiled.process.ask(requestProfile + cfg.Profile); err != nil {
				return err
			}
		}
	}
	return nil
}

// open starts the relay and the load on it; stage is that of connect.
func (s *side) open(ctx context.Context, stage func() error) (err error) {
	if s.process, err = startProcess(ctx, s.kind); err != nil {
		return err
	}
	if s.load, err = connect(ctx, s.process.hello.Addr, s.plan, stage); err != nil {
		return errors.Join(fmt.Errorf("%s relay: %w", s.name, err), s.process.close())
	}
	return nil
}

func (s *side) close() error {
	s.load.close()
	return s.process.close()
}

// run loads the relay once.
func (s *side) run(ctx context.Context, full, light spellFunc) (r run, err error) {
	if err = s.full(ctx, full, &r); err == nil && light != nil {
		r.light, err = light(ctx, s.load)
	}
	if err == nil && r.full.Copies == 0 {
		err = errors.New("bench: no copy came")
	}
	return r, err
}

// full is the spell of full load. What the processes use is taken between the
// first message and the last copy.
func (s *side) full(ctx context.Context, full spellFunc, r *run) error {
	before, err := s.process.ask(requestMark)
	if err != nil {
		return err
	}
	own, err := cpuTime()
	if err != nil {
		return err
	}
	if r.full, err = full(ctx, s.load); err != nil {
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

// saturating and trickling are the spells of full and of light load.
func (c RelayConfig) saturating(ctx context.Context, l *load) (spell, error) {
	return l.saturate(ctx, c.Duration)
}

func (c RelayConfig) trickling(ctx context.Context, l *load) (spell, error) {
	return l.trickle(ctx, min(c.Duration, lightSpell), c.LightRate)
}
