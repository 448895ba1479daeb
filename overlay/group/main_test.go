package group

import (
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"go.uber.org/goleak"

	"filbert/overlay/identity"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is when the stories of the pure part happen.
var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// seeded returns random bytes that are the same each time.
func seeded(n int) io.Reader { return rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), 1}) }

// newPeer makes the identity of a peer in a story.
func newPeer(t testing.TB, n int) *identity.Identity {
	t.Helper()
	id, err := identity.New(seeded(n))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func newPeers(t testing.TB, n int) []*identity.Identity {
	t.Helper()
	out := make([]*identity.Identity, n)
	for i := range out {
		out[i] = newPeer(t, i)
	}
	return out
}

// found makes a group of which the first peer is the founder and the others are members.
func found(t testing.TB, peers ...*identity.Identity) *State {
	t.Helper()
	return foundAt(t, noon, peers...)
}

func foundAt(t testing.TB, now time.Time, peers ...*identity.Identity) *State {
	t.Helper()
	s, err := Found(peers[0], "lab", seeded(1000), now)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range peers[1:] {
		want(t, s)(s.add(peers[0], NewCard(p, s.ID()), Ordinary, Hash{}, now))
	}
	return s
}

// want checks that a record was made.
func want(t testing.TB, _ *State) func(*Record, error) *Record {
	t.Helper()
	return func(r *Record, err error) *Record {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
}

// wantRefused checks that something was refused for a reason.
func wantRefused(t testing.TB, err error, why Reason) {
	t.Helper()
	if got := ReasonOf(err); got != why {
		t.Errorf("refused because %v (%v), want %v", got, err, why)
	}
}

// tell merges all records of one state into another.
func tell(t testing.TB, from, to *State) {
	t.Helper()
	if _, why := to.Merge(from.Records()...); why != Fine {
		t.Errorf("records refused: %v", why)
	}
}
