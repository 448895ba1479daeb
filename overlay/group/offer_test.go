package group

import (
	"testing"
	"time"
)

// TestRevoke: an invite that was taken back lets nobody in, at any owner that has heard of it.
func TestRevoke(t *testing.T) {
	p := newPeers(t, 6)
	owner, second, anna, bert, clara := p[0], p[1], p[2], p[3], p[4]
	s := found(t, owner, second)
	want(t, s)(s.SetRole(owner, second.PeerID(), Owner, noon))
	first, record, err := s.Invite(owner, Guest, time.Hour, nil, seeded(1), noon)
	if err != nil {
		t.Fatal(err)
	}
	later, _, err := s.Invite(second, Ordinary, 2*time.Hour, nil, seeded(2), noon)
	if err != nil {
		t.Fatal(err)
	}
	open := s.Invites(noon)
	if len(open) != 2 || open[0].Record != record.Hash() || open[0].By != owner.PeerID() || !open[0].Time.Equal(noon) {
		t.Fatalf("open: %+v", open)
	}
	away := s.Clone() // an owner that does not hear of what follows

	// It is named by its text or the beginning of its ID.
	for _, text := range []string{first.String(), open[0].ID(), " " + open[0].ID()[:minInviteID] + "\n"} {
		if o, err := s.FindInvite(text); err != nil || o != open[0] {
			t.Errorf("%q: %+v, %v", text, o, err)
		}
	}
	alien := first
	alien.Group[0]++
	for _, text := range []string{"", open[0].ID()[:minInviteID-1], "zzzzzzzz", alien.String(), Invite{Group: s.ID(), Token: Token{1}}.String()} {
		_, err := s.FindInvite(text)
		wantRefused(t, err, UnknownInvite)
	}
	_, err = s.Revoke(anna, open[0].Record, noon)
	wantRefused(t, err, NotOwner)
	_, err = s.Revoke(owner, Hash{1}, noon)
	wantRefused(t, err, UnknownInvite)
	_, err = s.Revoke(owner, open[0].Record, noon.Add(time.Hour+time.Second))
	wantRefused(t, err, ExpiredInvite)

	// An owner takes back what another opened.
	taken := want(t, s)(s.Revoke(second, open[0].Record, noon.Add(time.Minute)))
	if taken.Body.kind() != KindOffer {
		t.Error("the record is of a kind that some do not know")
	}
	if left := s.Invites(noon); len(left) != 1 || left[0].Record != open[1].Record {
		t.Errorf("left: %+v", left)
	}
	_, err = s.Revoke(owner, open[0].Record, noon)
	wantRefused(t, err, RevokedInvite)
	_, err = s.Admit(owner, request(t, anna, first, owner), noon)
	wantRefused(t, err, RevokedInvite)
	want(t, s)(s.Admit(second, request(t, bert, later, second), noon))
	_, err = s.Revoke(owner, open[1].Record, noon)
	wantRefused(t, err, UsedInvite)

	// Who was admitted by one that had not heard of it stays, for all.
	want(t, away)(away.Admit(owner, request(t, clara, first, owner), noon))
	tell(t, s, away)
	tell(t, away, s)
	if _, ok := s.Member(clara.PeerID()); !ok || s.Digest() != away.Digest() {
		t.Error("the two do not agree")
	}
	joins := s.Joins()
	if len(joins) != 2 || joins[0].Used != clara.PeerID() || joins[1].Used != bert.PeerID() || !joins[0].Joined.Equal(noon) {
		t.Errorf("joins: %+v", joins)
	}
}
