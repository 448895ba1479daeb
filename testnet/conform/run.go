package conform

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"filbert/transfer"
)

// Errors of Run: the servent was not there to be tried.
var (
	// ErrUnreachable: nobody listens there, or nobody who speaks Gnutella.
	ErrUnreachable = errors.New("no servent answers")
	// ErrRefused: the servent refuses us as an ultrapeer, so there is no link
	// to try it by.
	ErrRefused = errors.New("the servent takes no link")
)

// Run tries the servent and returns the report of all cases. tell, if not nil,
// gets each result as it comes. An error means that the servent could not be
// tried at all; context.DeadlineExceeded when it did not answer in time.
func Run(ctx context.Context, cfg Config, tell func(Result)) (*Report, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	if tell == nil {
		tell = func(Result) {}
	}
	s := &suite{cfg: cfg}
	defer s.close()
	if err := s.introduce(ctx); err != nil {
		return nil, err
	}
	agent, _ := s.answer.get("User-Agent")
	r := &Report{Schema: Schema, Addr: cfg.Addr.String(), Agent: transfer.Display(agent), Results: []Result{}}
	for _, c := range Select(cfg.Only) {
		one := s.try(ctx, c)
		if err := ctx.Err(); err != nil {
			return r, err
		}
		r.add(one)
		tell(one)
		if one.Outcome == Fail && s.gone(ctx) {
			r.Broken = true
			break
		}
	}
	return r, nil
}

// try runs one case.
func (s *suite) try(ctx context.Context, c Case) Result {
	ctx, cancel := context.WithTimeout(ctx, caseLimit)
	defer cancel()
	began := time.Now()
	r := Result{Case: c.Name, Area: c.Area(), Checks: c.Checks, Source: c.Source, Outcome: Pass}
	if v := s.judge(ctx, c.run); v != nil {
		r.Outcome, r.Want, r.Reason = v.outcome, v.want, transfer.Display(v.reason)
		r.Got = transfer.Display(clip(v.got, maxGot))
	}
	r.Seconds = time.Since(began).Seconds()
	return r
}

// judge runs the conversation of a case; nil for a pass.
func (s *suite) judge(ctx context.Context, run func(*trial)) (v *verdict) {
	t := &trial{suite: s, ctx: ctx}
	defer t.close()
	defer func() {
		switch stopped := recover().(type) {
		case nil:
		case *verdict:
			v = stopped
		default:
			panic(stopped)
		}
	}()
	run(t)
	return nil
}

// introduce makes the first link, by which the servent tells what it is.
func (s *suite) introduce(ctx context.Context) error {
	v := s.judge(ctx, func(t *trial) {
		c, err := t.connect()
		if err != nil {
			panic(&verdict{err: err})
		}
		p, answer := t.shake(c, t.ultrapeer())
		if !strings.HasPrefix(answer.first, "GNUTELLA/") {
			t.fail("an answer of Gnutella", answer.first)
		}
		if s.answer = answer; p == nil {
			panic(&verdict{err: fmt.Errorf("%w: it says %q", ErrRefused, transfer.Display(answer.first))})
		}
		s.links[0] = p
	})
	switch {
	case v == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(v.err, os.ErrDeadlineExceeded):
		return fmt.Errorf("conform: no answer from %v in %v: %w", s.cfg.Addr, s.cfg.Timeout, context.DeadlineExceeded)
	case errors.Is(v.err, ErrRefused):
		return fmt.Errorf("conform: %v: %w", s.cfg.Addr, v.err)
	case v.err != nil && v.want == "":
		return fmt.Errorf("conform: %v: %w: %w", s.cfg.Addr, ErrUnreachable, v.err)
	}
	return fmt.Errorf("conform: %v: %w: wanted %s, got %s", s.cfg.Addr, ErrUnreachable, v.want, transfer.Display(v.got))
}

// gone reports whether the servent cannot be connected to any more.
func (s *suite) gone(ctx context.Context) bool {
	for _, p := range s.links {
		if p != nil && !p.over() {
			return false
		}
	}
	v := s.judge(ctx, func(t *trial) {
		if _, err := t.connect(); err != nil {
			panic(&verdict{err: err})
		}
	})
	return v != nil
}
