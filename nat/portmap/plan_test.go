package portmap

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// script plays a plan: a line is what happens, with the seconds before it, and what
// the plan wants then.
type script struct {
	t    *testing.T
	p    *plan
	now  time.Time
	asks []look
}

func newScript(t *testing.T) *script {
	return &script{t: t, p: &plan{verifies: true, rand: rand.New(rand.NewPCG(1, 1))}, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
}

var lease = Lease{Method: PCP, Router: gateway, Internal: netip.AddrPortFrom(own, port)}

// both is what a router gives.
func (s *script) both(external string, life time.Duration) (gs [protos]grant) {
	for p := range gs {
		gs[p] = grant{ok: true, external: netip.MustParseAddrPort(external), life: life,
			stamp: stamp{ok: true, seconds: uint32(s.now.Unix() - 1_700_000_000), at: s.now}}
	}
	return gs
}

// after lets seconds pass and wants a job to be due, and not before.
func (s *script) after(seconds int, want job) {
	s.t.Helper()
	s.asks = append(s.asks, s.p.looks(s.now)...)
	at := s.now.Add(time.Duration(seconds) * time.Second)
	for due := s.due(); !due.IsZero() && due.Before(at); due = s.due() {
		if due.After(s.now) {
			s.now = due
		}
		if j := s.p.next(s.now); j != nothing {
			s.t.Fatalf("%v is due after %v, not %v after %d s", j, due.Sub(at)+time.Duration(seconds)*time.Second, want, seconds)
		}
		asks := s.p.looks(s.now)
		if s.asks = append(s.asks, asks...); len(asks) == 0 {
			s.t.Fatalf("due at %v, and nothing to do", due)
		}
	}
	s.now = at
	s.p.expire(s.now)
	if j := s.p.next(s.now); j != want {
		s.t.Fatalf("%v is due after %d s, not %v", j, seconds, want)
	}
	s.asks = append(s.asks, s.p.looks(s.now)...)
}

func (s *script) due() time.Time { return sooner(s.p.due(), s.p.looksDue()) }

func (j job) String() string { return [...]string{"nothing", "a search", "a check", "a renewal"}[j] }

// answer tells how the looks under way went.
func (s *script) answer(ok bool) {
	for _, l := range s.asks {
		s.p.looked(s.now, l, ok)
	}
	s.asks = nil
}

// wants compares what is told of the leases: o open, m mapped, - nothing.
func (s *script) wants(want string) {
	s.t.Helper()
	var got strings.Builder
	for _, e := range s.p.leases {
		switch {
		case e.has && e.Open():
			got.WriteByte('o')
		case e.has:
			got.WriteByte('m')
		default:
			got.WriteByte('-')
		}
	}
	if got.String() != want {
		s.t.Fatalf("leases are %s, not %s", got.String(), want)
	}
}

var ways = []Gateway{{gateway, own}}

// held brings a plan to where both ports are open.
func held(t *testing.T, life time.Duration) *script {
	t.Helper()
	s := newScript(t)
	s.after(10, nothing)
	s.p.route(s.now, ways)
	s.after(0, search)
	s.p.mapped(s.now, lease, s.both("9.1.1.1:6346", life))
	s.wants("mm")
	s.after(1, nothing)
	s.answer(true)
	s.wants("oo")
	return s
}

func TestPlanRenews(t *testing.T) {
	s := held(t, 80*time.Second)
	s.after(39, renew)
	s.p.mapped(s.now, lease, s.both("9.1.1.1:6346", 80*time.Second))
	s.wants("oo")
	s.after(40, renew)
	s.p.mapped(s.now, lease, s.both("9.1.1.2:6346", time.Hour))
	s.wants("mm") // another address: not known to work
	s.after(0, nothing)
	s.answer(true)
	s.wants("oo")
	s.after(45, check)
	s.p.checked(s.now, PCP, status{})
	s.after(45, check)
}

func TestPlanSilence(t *testing.T) {
	s := held(t, time.Hour)
	s.after(44, check)
	s.p.failed(s.now, check, errSilent)
	s.wants("oo") // a lost datagram
	s.after(15, check)
	s.p.failed(s.now, check, errSilent)
	s.wants("--")
	s.after(0, search) // another way at once
	for _, pause := range []int{9, 18, 36, 54} {
		s.p.failed(s.now, search, errNobody)
		s.after(pause-1, nothing)
		s.now = s.p.due()
		s.after(0, search)
	}
}

func TestPlanRefusal(t *testing.T) {
	s := held(t, time.Hour)
	s.after(44, check)
	s.p.failed(s.now, check, &Refusal{Method: PCP, Code: 2})
	s.wants("--")
	s.after(0, search)
	s.p.failed(s.now, search, &Refusal{Method: PCP, Code: 8, Wait: 1800 * time.Second})
	s.after(1800-226, nothing)
	s.now = s.p.due()
	s.after(0, search)
	s.p.failed(s.now, search, &Refusal{Method: PCP, Code: 8, Wait: 1000 * time.Hour})
	if d := s.p.due().Sub(s.now); d > longPause {
		t.Errorf("the next search is in %v", d)
	}
}

func TestPlanRestart(t *testing.T) {
	for name, st := range map[string]status{
		"epoch":   {stamp: stamp{ok: true, seconds: 3}},
		"address": {external: netip.MustParseAddr("9.9.9.9")},
		"mapping": {lost: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := held(t, time.Hour)
			s.after(44, check)
			st.stamp.at = s.now
			s.p.checked(s.now, PCP, st)
			s.wants("mm")
			s.after(0, renew)
			if len(s.asks) != 0 {
				t.Error("tried before it was confirmed")
			}
			s.p.mapped(s.now, lease, s.both("9.1.1.1:6346", time.Hour))
			s.after(0, nothing)
			s.answer(true)
			s.wants("oo")
		})
	}
}

func TestPlanExpires(t *testing.T) {
	s := held(t, 20*time.Second)
	s.after(9, renew) // and never anything comes of it
	s.now = s.now.Add(10 * time.Second)
	s.p.expire(s.now)
	s.wants("--")
	s.p.failed(s.now, renew, errSilent)
	s.now = s.p.due()
	s.after(0, search)
}

func TestPlanVerifies(t *testing.T) {
	s := held(t, 0) // no end: nothing but checks and looks
	quiet := func(seconds int) {
		for range seconds {
			s.now = s.now.Add(time.Second)
			if s.p.next(s.now) == check {
				s.p.checked(s.now, PCP, status{})
			} else if s.p.busy {
				s.p.mapped(s.now, lease, s.both("9.1.1.1:6346", 0))
			}
			s.asks = append(s.asks, s.p.looks(s.now)...)
		}
	}
	quiet(1799)
	if len(s.asks) != 0 {
		t.Fatal("tried too early")
	}
	quiet(1)
	s.answer(false)
	s.wants("oo") // once may be chance
	quiet(30)
	s.answer(false)
	s.wants("mm")
	for _, pause := range []int{120, 240, 480, 960, 1800, 1800} {
		quiet(pause - 1)
		if len(s.asks) != 0 {
			t.Fatalf("tried before %d s", pause)
		}
		quiet(1)
		if len(s.asks) != 2 {
			t.Fatalf("not tried after %d s", pause)
		}
		s.answer(false)
	}
	quiet(1800)
	s.answer(true)
	s.wants("oo")
}

// TestPlanOldLook ignores how it went with a lease that is no more.
func TestPlanOldLook(t *testing.T) {
	s := newScript(t)
	s.p.route(s.now, ways)
	s.after(0, search)
	s.p.mapped(s.now, lease, s.both("9.1.1.1:6346", time.Hour))
	s.after(0, nothing)
	old := s.asks
	s.p.mapped(s.now, lease, s.both("9.1.1.2:6346", time.Hour))
	s.asks = old
	s.answer(true)
	s.wants("mm")
}

func TestPlanOneProtocol(t *testing.T) {
	s := newScript(t)
	s.p.route(s.now, ways)
	s.after(0, search)
	gs := s.both("9.1.1.1:6346", time.Hour)
	gs[UDP] = grant{}
	s.p.mapped(s.now, lease, gs)
	s.after(0, nothing)
	s.answer(true)
	s.wants("o-")
}

// TestPlanNeverStandsStill plays anything that may happen: time goes on, what is
// open is of the last answer, and searches become rare.
func TestPlanNeverStandsStill(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 9))
		s := newScript(t)
		s.p.route(s.now, ways)
		jobs := 0
		begin := s.now
		truth := ""
		var under job
		for range 2000 {
			if under == nothing {
				if under = s.p.next(s.now); under != nothing {
					jobs++
				}
			}
			s.asks = append(s.asks, s.p.looks(s.now)...)
			switch k := r.IntN(12); {
			case k < 4 && under != nothing:
				if r.IntN(3) == 0 {
					truth = fmt.Sprintf("9.1.1.%d:%d", 1+r.IntN(3), 6346+r.IntN(2))
				}
				switch {
				case r.IntN(3) == 0 || truth == "":
					s.p.failed(s.now, under, []error{errSilent, errNobody, &Refusal{Method: PCP, Code: 2}, errors.New("x")}[r.IntN(4)])
				case under == check && s.p.held:
					s.p.checked(s.now, PCP, status{external: netip.MustParseAddrPort(truth).Addr(), lost: r.IntN(9) == 0})
				case under != check && (s.p.held || under == search):
					s.p.mapped(s.now, lease, s.both(truth, time.Duration(1+r.IntN(4000))*time.Second))
					for _, e := range s.p.leases {
						if e.has && e.External.String() != truth {
							t.Fatalf("seed %d: %+v, not %s", seed, e, truth)
						}
					}
				default:
					s.p.failed(s.now, under, errSilent)
				}
				under = nothing
			case k < 6:
				s.answer(r.IntN(4) > 0)
			case k == 6 && r.IntN(20) == 0:
				s.p.route(s.now, nil)
				s.p.route(s.now, ways)
			case k > 7:
				if due := s.due(); !due.IsZero() && due.After(s.now) {
					s.now = due
				} else {
					s.now = s.now.Add(time.Second)
				}
			}
			s.p.expire(s.now)
			for _, e := range s.p.leases {
				if e.has && (!s.p.held || !e.Expires.IsZero() && !s.now.Before(e.Expires)) {
					t.Fatalf("seed %d: %+v at %v", seed, e, s.now)
				}
			}
		}
		if d := s.now.Sub(begin); jobs > 10 && d/time.Duration(jobs) < 3*time.Second {
			t.Errorf("seed %d: %d jobs in %v", seed, jobs, d)
		}
	}
}
