package node_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"filbert/node"
	"filbert/node/doctor"
	"filbert/testnet/fabric"
)

// after returns what a node says of STUN after so long, and what the doctor does.
func (tn *town) after(c *citizen, d time.Duration) (node.STUNStatus, doctor.Check) {
	tn.t.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	<-timer.C
	s, err := c.Status(tn.t.Context())
	if err != nil {
		tn.t.Fatal(err)
	}
	checks, err := c.Examine(tn.t.Context())
	if err != nil {
		tn.t.Fatal(err)
	}
	return s.STUN, checks[slices.IndexFunc(checks, func(c doctor.Check) bool { return c.Name == "stun" })]
}

// serving is so many that answer STUN.
func (tn *town) serving(n int) (open []*citizen) {
	tn.t.Helper()
	for range n {
		open = append(open, tn.movesAs(nil, relaying, open...))
	}
	for _, c := range open {
		tn.answers(c)
	}
	return open
}

// movesBehind has a leaf move in with these for neighbors.
func (tn *town) movesBehind(open ...*citizen) *citizen {
	tn.t.Helper()
	anna := tn.movesAs(nil, func(cfg *node.Config) { asLeaf(cfg); cfg.Neighbors = len(open) }, open...)
	tn.linked(anna, len(open))
	return anna
}

// TestMeasuresLifetime: a leaf that nobody can connect to finds out how long its NAT keeps a binding, by the neighbors
// that answer STUN and within what they give.
func TestMeasuresLifetime(t *testing.T) {
	lives := func(box fabric.NATConfig, d time.Duration) fabric.NATConfig { box.Lifetime = d; return box }
	for _, test := range []struct {
		name  string
		box   fabric.NATConfig
		lives time.Duration
		level doctor.Level
		says  string
	}{
		{"port-restricted", fabric.PortRestricted(), 2 * time.Minute, doctor.OK, "; who was sent to gets in for 117 to 122 s"},
		{"half a minute", lives(fabric.PortRestricted(), 30*time.Second), 30 * time.Second, doctor.OK, "for 28 to 33 s"},
		{"ten seconds", lives(fabric.FullCone(), 10*time.Second), 10 * time.Second, doctor.Warn, "for 9 to 14 s"},
		{"for long", lives(fabric.PortRestricted(), time.Hour), time.Hour, doctor.OK, "for 300 s or more"},
		{"symmetric", lives(fabric.Symmetric(), time.Minute), time.Minute, doctor.Warn, "for 56 to 61 s"},
	} {
		t.Run(test.name, func(t *testing.T) {
			amongNATs(t, 3, test.box, func(t *testing.T, tn *town) {
				open := tn.serving(3)
				anna := tn.movesBehind(open...)
				if s, said := tn.after(anna, 10*time.Minute); s.Lasting.Known() || strings.Contains(said.Found, "gets in") {
					t.Errorf("at once it says %v, and %+v", s.Lasting, said)
				}
				s, said := tn.after(anna, 40*time.Minute)
				l := s.Lasting
				if !l.Known() || l.From > test.lives || l.To > 0 && l.To < test.lives-200*time.Millisecond || said.Level != test.level || !strings.Contains(said.Found, test.says) {
					t.Errorf("it found %v, and says %+v", l, said)
				}
				for _, c := range open {
					if s, err := c.Status(t.Context()); err != nil || s.STUN.Server.RefusedHost > 0 {
						t.Errorf("a server refuses: %+v, %v", s.STUN.Server, err)
					}
				}
			})
		})
	}
}

// TestMeasuresAnew: what is known of one address is not said of the next, and found out for that, too.
func TestMeasuresAnew(t *testing.T) {
	whileIdle(t, 3, fabric.PortRestricted(), func(t *testing.T, in *idlers) {
		anna := in.movesBehind(in.serving(3)...)
		before, _ := in.after(anna, 45*time.Minute)
		next := netip.MustParseAddr("9.50.1.1")
		in.net.At(time.Now(), fabric.Renumber{Box: before.Found.Report.Mapped.Addr(), To: next})
		moved, _ := in.after(anna, 10*time.Minute)
		if !before.Lasting.Known() || moved.Lasting.Known() || moved.Found.Report.Mapped.Addr() != next {
			t.Errorf("%v is known at first, then %v at %v", before.Lasting, moved.Lasting, moved.Found.Report.Mapped)
		}
		if after, _ := in.after(anna, 45*time.Minute); after.Lasting != before.Lasting {
			t.Errorf("%v is known elsewhere, %v was before", after.Lasting, before.Lasting)
		}
	})
}

// TestMeasuresNothing: who is reached by others asks nobody how long a binding lasts.
func TestMeasuresNothing(t *testing.T) {
	amongNATs(t, 4, fabric.NATConfig{}, func(t *testing.T, tn *town) {
		anna := tn.movesBehind(tn.serving(3)...)
		before, _ := tn.after(anna, 5*time.Minute)
		if s, said := tn.after(anna, time.Hour); s.Lasting.Known() || before.Found.At.IsZero() || strings.Contains(said.Found, "gets in") {
			t.Errorf("it found %v, and says %+v", s.Lasting, said)
		}
	})
}
