package group

import (
	"strings"
	"time"

	"filbert/overlay/identity"
)

// Happening is what became of a member.
type Happening uint8

// What becomes of members.
const (
	Joined    Happening = iota // it is a member
	Left                       // it is none, by its own word
	Removed                    // nor this one, by an owner's
	There                      // it can be spoken to
	Suspected                  // it does not answer
	Away                       // it said that it goes
	Dead                       // nobody hears of it any more
)

// Witness hears what becomes of members. It must not block, nor call the package.
type Witness interface {
	Member(id ID, peer identity.PeerID, what Happening, cause string)
}

// tell is called under no lock of the group; memberlist may hold its own.
func (g *Group) tell(p identity.PeerID, what Happening, cause string) {
	if w := g.hub.cfg.Witness; w != nil {
		w.Member(g.id, p, what, cause)
	}
}

// tellOf tells who is a member in one state and not in another.
func (g *Group) tellOf(before, after *State) {
	for p, m := range after.view.members {
		if before.view.members[p] == nil {
			g.tell(p, Joined, "let in by "+m.By.String())
		}
	}
	for p := range before.view.members {
		switch {
		case after.view.members[p] != nil:
		case after.view.gone[p] == Expelled:
			g.tell(p, Removed, "expelled by an owner")
		default:
			g.tell(p, Left, "by its own word")
		}
	}
}

// goodbyes notes who said that it goes: memberlist calls a member dead either way.
func (g *Group) goodbyes(names []string, now time.Time) {
	for _, name := range names {
		if p, err := identity.ParsePeerID(name); err == nil {
			g.mu.Lock()
			if m := g.presenceLocked(p); m != nil {
				m.bye = now
			}
			g.mu.Unlock()
		}
	}
}

// came tells that a member is there, or why it is not, if that is new.
func (g *Group) came(p identity.PeerID, was, alive bool, bye time.Time) {
	switch {
	case was == alive:
	case alive:
		g.tell(p, There, "")
	case time.Since(bye) < byeTime:
		g.tell(p, Away, "it said that it goes")
	default:
		g.tell(p, Dead, "nobody heard of it any more")
	}
}

// What memberlist logs when a probe fails, before and after the name.
const (
	suspectBefore = "Suspect "
	suspectAfter  = " has failed, no acks received"
)

// suspects tells of a member by what memberlist logs, since v0.7 says so in no other way that is
// ours: its EventDelegate has joins, updates and leaves alone, Members gives suspected ones with the
// others, and the State in each is never set (that in use is in a struct of its own), PingDelegate
// hears of probes that went well, and its metrics are those of the process. To read what it gossips
// would be parsing too. TestWitness fails if the words change.
func (g *Group) suspects(line string) {
	name, ok := strings.CutPrefix(line, suspectBefore)
	if !ok {
		return
	}
	if name, ok = strings.CutSuffix(name, suspectAfter); !ok {
		return
	}
	p, err := identity.ParsePeerID(name)
	if err != nil {
		return
	}
	g.mu.Lock()
	m := g.presenceLocked(p)
	first := m != nil && m.alive && !m.suspected
	if first {
		m.suspected = true
	}
	g.mu.Unlock()
	if first {
		g.tell(p, Suspected, "it answers neither us nor those whom we asked to try")
	}
}
