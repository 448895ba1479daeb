package nat

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// Peer is what a peer says of how it is reached.
type Peer struct {
	Servent [16]byte       // its GUID, zero if not known
	Addr    netip.AddrPort // where it listens
	IPv6    netip.Addr     // where it listens too, at the same port
	Push    bool           // nobody can connect to it
	Proxies []netip.AddrPort
	Key     [32]byte // Ed25519, zero if not known; relays know it by that
	Relays  []netip.AddrPort

	PunchProxies []netip.AddrPort // push proxies that pass on words about a path
}

// Openness is whether others can connect to us.
type Openness uint8

// What is known of it. Unproven is for the time before anybody could try.
const (
	Unproven Openness = iota
	Open
	Closed
)

var opennessNames = [...]string{"unproven", "open", "closed"}

func (o Openness) String() string {
	if int(o) < len(opennessNames) {
		return opennessNames[o]
	}
	return fmt.Sprintf("Openness(%#x)", uint8(o))
}

// Facts is what a plan is made from.
type Facts struct {
	Peer
	Own    Openness // of our TCP port
	Near   bool     // Addr is on a network that this machine is on
	NoIPv4 bool     // this machine has no address of the family
	NoIPv6 bool

	NoPunch  string // why no hole leads to this peer; empty if one is open
	Relayed  bool   // what is open leads over a TURN server
	MayPunch bool   // one may be opened now, by words through its PunchProxies
}

// Step is one rung of the ladder to a peer.
type Step struct {
	Rung
	Try bool   // else it is left out
	Why string // it is tried or left out
	// HeadStart is how long the steps before are left alone, as in Way.
	HeadStart time.Duration
	// Worked and Failed tell what came of it of late.
	Worked, Failed bool

	unlikely bool // to lead anywhere
}

// Plan orders the rungs: what worked last, then what did not fail lately, each from the
// best down; those that lead nowhere come last. past is what is known of each.
func Plan(now time.Time, f *Facts, past *Past) []Step {
	steps := make([]Step, 0, rungs)
	for r := range rungs {
		s := Step{Rung: r}
		s.Try, s.Why = f.try(r)
		steps = append(steps, s)
	}
	f.fallBack(now, steps, past)
	slices.SortStableFunc(steps, func(a, b Step) int {
		return cmp.Or(f.place(now, &a, past)-f.place(now, &b, past), f.cost(a.Rung)-f.cost(b.Rung))
	})
	for i := range steps {
		s := &steps[i]
		s.Worked, s.Failed = past[s.Rung].worked(now), past[s.Rung].failed(now)
		if text := past[s.Rung].text(now); text != "" {
			s.Why += "; " + text
		}
		if i > 0 && s.Try {
			s.HeadStart = headStart(steps[i-1].Rung)
		}
	}
	return steps
}

// The places of steps.
const (
	placeWorked = iota
	placeFresh
	placeFailed
	placeUnlikely
	placeLeftOut
)

// place is where a step comes. A path that is open goes first; one that is to be opened
// is not better for having been open before.
func (f *Facts) place(now time.Time, s *Step, p *Past) int {
	switch past := &p[s.Rung]; {
	case !s.Try:
		return placeLeftOut
	case s.Rung == Punch && f.NoPunch == "", s.Rung != Punch && past.worked(now):
		return placeWorked
	case s.unlikely:
		return placeUnlikely
	case past.failed(now):
		return placeFailed
	}
	return placeFresh
}

// cost orders the rungs of one place. An address on our own network may be one on
// another that has the same numbers, and somebody else's here: who says so had better
// call us, if he can. A relay stands sooner than a path that is to be opened, and has one
// opened meanwhile.
func (f *Facts) cost(r Rung) int {
	if r == Punch && f.NoPunch != "" {
		return 2*int(Relay) + 1
	}
	if r.Direct() && f.Push && f.Near && f.At(r) == f.Addr && f.Own == Open {
		return 2*int(Push) + 1
	}
	return 2 * int(r)
}

func headStart(r Rung) time.Duration {
	return [rungs]time.Duration{direct6HeadStart, direct4HeadStart, pushHeadStart, punchHeadStart, relayHeadStart}[r]
}

// try decides about one rung by itself.
func (f *Facts) try(r Rung) (bool, string) {
	switch r {
	case Direct6, Direct4:
		return f.direct(r)
	case Push:
		return f.push()
	case Punch:
		switch {
		case f.NoPunch == "" && f.Relayed:
			return true, "a path is open over a TURN server, as no hole came about"
		case f.NoPunch == "":
			return true, "a hole in both NATs is open"
		case f.MayPunch:
			return true, "a hole in both NATs can be opened, by words through " + counted(len(f.PunchProxies), "push proxy", "push proxies")
		}
		return false, f.NoPunch
	default:
		switch {
		case len(f.Relays) == 0 || f.Key == [32]byte{}:
			return false, "it names no relay"
		}
		return true, "it is reached over " + counted(len(f.Relays), "relay", "relays")
	}
}

func (f *Facts) direct(r Rung) (bool, string) {
	at, family, missing := f.At(r), "IPv4", f.NoIPv4
	if r == Direct6 {
		family, missing = "IPv6", f.NoIPv6
	}
	switch {
	case !at.IsValid():
		return false, "no " + family + " address of it is known"
	case missing && !at.Addr().IsLoopback():
		return false, "this machine has no " + family + " address"
	case !f.Push && f.Servent == [16]byte{}:
		return true, "nothing speaks against it"
	case !f.Push:
		return true, "it says that it can be connected to"
	case f.Near && at == f.Addr:
		return true, "it says that nobody can connect to it, but it is on our own network"
	case r == Direct6 && at.Addr().IsGlobalUnicast() && !at.Addr().IsPrivate():
		return true, "it says that nobody can connect to it, but IPv6 has no NAT"
	}
	return false, "it says that nobody can connect to it"
}

// At is where the peer listens by the family of a direct rung, the invalid address if
// that is not known.
func (f *Facts) At(r Rung) netip.AddrPort {
	at := f.Addr
	if r == Direct6 && at.Addr().Is4() {
		at = netip.AddrPortFrom(f.IPv6, at.Port())
	}
	if at.Addr().Is4() != (r == Direct4) || !at.IsValid() || at.Port() == 0 || at.Addr().IsUnspecified() {
		return netip.AddrPort{}
	}
	return at
}

func (f *Facts) push() (bool, string) {
	by := "it is asked to call us, along the way of its hits"
	if n := len(f.Proxies); n > 0 {
		by = "it is asked to call us, through " + counted(n, "push proxy", "push proxies")
	}
	switch {
	case f.Servent == [16]byte{}:
		return false, "its servent GUID is not known, which a push names"
	case !f.Push:
		return false, "it says that it can be connected to"
	case f.Own == Open || f.Near:
		return true, by
	case f.Own == Unproven:
		return true, by + "; it is not known yet whether it can connect to us"
	}
	return false, "nobody can connect to us, so it cannot call"
}

// fallBack takes up what worked of late whatever speaks against it, and where nothing
// else is left a push that hardly leads anywhere.
func (f *Facts) fallBack(now time.Time, steps []Step, past *Past) {
	push := &steps[Push]
	for _, r := range []Rung{Direct6, Direct4, Push} {
		steps[r].Try = steps[r].Try || past[r].worked(now) && (!r.Direct() || f.At(r).IsValid())
	}
	if push.Try || f.Servent == [16]byte{} {
		return
	}
	others := slices.ContainsFunc(steps, func(s Step) bool { return s.Try && (f.Push || !past[s.Rung].failed(now)) })
	switch {
	case others:
		return
	case f.Push:
		push.Why = "nobody has connected to us so far, but nothing else is left"
	case f.Own == Closed || !steps[Direct6].Try && !steps[Direct4].Try: // those tried have failed
		return
	default:
		push.Why = "it says that it can be connected to, but it may be wrong"
	}
	push.Try, push.unlikely = true, true
}

// counted is "1 relay" or "2 relays".
func counted(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}
