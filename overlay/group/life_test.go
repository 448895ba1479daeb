package group

import (
	"fmt"
	"testing"
	"time"

	"filbert/overlay/identity"
)

// TestCap: an owner that has signed nearly all it can lets nobody in any more, but takes invites, roles and keys away;
// another owner goes on.
func TestCap(t *testing.T) {
	p := newPeers(t, 6)
	founder, anna, bert, clara := p[0], p[1], p[2], p[3]
	s := found(t, founder, anna, bert)
	open, _, err := s.Invite(founder, Ordinary, time.Hour, nil, seeded(1), noon)
	if err != nil {
		t.Fatal(err)
	}
	if used := s.Used(founder.PeerID()); used <= 0 || used > 0.01 {
		t.Errorf("used: %v", used)
	}
	if s.Used(anna.PeerID()) != 0 {
		t.Error("who is no owner has signed something")
	}
	c := s.chains[founder.PeerID()]
	c.bytes = maxChainBytes - maxChainBytes/keptShare // as if it had signed that much
	_, err = s.Admit(founder, request(t, clara, open, founder), noon)
	wantRefused(t, err, TooMany)
	_, _, err = s.Invite(founder, Ordinary, time.Hour, nil, seeded(2), noon)
	wantRefused(t, err, TooMany)
	want(t, s)(s.Revoke(founder, s.Invites(noon)[0].Record, noon))
	want(t, s)(s.Rotate(founder, seeded(3), noon))
	want(t, s)(s.Expel(founder, bert.PeerID(), seeded(4), noon))
	want(t, s)(s.SetRole(founder, anna.PeerID(), Owner, noon))
	other, _, err := s.Invite(anna, Ordinary, time.Hour, nil, seeded(5), noon)
	if err != nil {
		t.Fatal(err)
	}
	want(t, s)(s.Admit(anna, request(t, clara, other, anna), noon))

	c.bytes = maxChainBytes
	before := s.Digest()
	_, err = s.Rotate(founder, seeded(6), noon)
	wantRefused(t, err, TooMany)
	if s.Digest() != before {
		t.Error("what was refused is there")
	}
	want(t, s)(s.Rotate(anna, seeded(7), noon))
}

// BenchmarkLife: how many changes one owner can make of a group. Once is enough: -benchtime 1x.
func BenchmarkLife(b *testing.B) {
	for _, size := range []int{5, 50, maxMembers} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			for b.Loop() {
				live(b, newPeers(b, size))
			}
		})
	}
}

// live makes each kind of change until no more can be made.
func live(b *testing.B, p []*identity.Identity) {
	owner, last := p[0], p[len(p)-1]
	s := found(b, p...)
	report := func(n int, what string, s *State) {
		b.ReportMetric(float64(n), what)
		began := time.Now()
		s.settle()
		b.Logf("%d %s: %d KiB, %v to find what follows from them", n, what, len(s.Encode())>>10, time.Since(began))
	}
	n := 0
	for rotated := s.Clone(); ; n++ {
		if _, err := rotated.Rotate(owner, seeded(n), noon); err != nil {
			report(n, "rotations", rotated)
			break
		}
	}
	// One of them is expelled and let in again.
	for n = 0; ; n++ {
		_, err := s.Expel(owner, last.PeerID(), seeded(n), noon)
		var i Invite
		if err == nil {
			i, _, err = s.Invite(owner, Ordinary, time.Hour, nil, seeded(n), noon)
		}
		if err == nil {
			_, err = s.Admit(owner, NewJoinRequest(last, i, owner.PeerID()), noon)
		}
		if err != nil {
			report(n, "expelled-and-joined", s)
			break
		}
	}
	for n = 0; ; n++ { // as long as there is room
		if _, err := s.Rotate(owner, seeded(n), noon); err != nil {
			report(n, "rotations-left", s)
			return
		}
	}
}
