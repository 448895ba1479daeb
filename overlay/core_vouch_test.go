package overlay

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"filbert/overlay/hostcache"
	"filbert/overlay/identity"
	"filbert/overlay/oob"
	"filbert/overlay/wire"
)

// signer makes an identity.
func signer(t testing.TB) *identity.Identity {
	t.Helper()
	id, err := identity.New(rand.NewChaCha8([32]byte{1}))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// vouchedBy reports whether a hit of ours is signed by id; one that is signed wrongly is an
// error.
func vouchedBy(t *testing.T, hit *wire.QueryHit, id *identity.Identity) bool {
	t.Helper()
	v, ok := hit.Trailer.Vouched()
	if ok && (v.Peer != id.PeerID() || !id.PeerID().Signed(wire.AppendSigned(nil, hit.Servent, hit.Records), v.Signature[:])) {
		t.Errorf("the signature is not ours: %+v", v)
	}
	return ok
}

// TestSignsHits: who has an identity vouches for what it has, so often in a second.
func TestSignsHits(t *testing.T) {
	id := signer(t)
	w := newWorld(t, Config{Identity: id})
	w.step(&Sharing{Files: 1})
	a := w.joins(alice)
	if hit := a.answered(guidOf(1)); !vouchedBy(t, hit, id) {
		t.Errorf("not signed: %+v", hit.Trailer)
	}
	bare := newWorld(t, Config{})
	bare.step(&Sharing{Files: 1})
	if hit := bare.joins(alice).answered(guidOf(1)); vouchedBy(t, hit, id) {
		t.Error("signed by nobody")
	}

	// More than may be go unsigned, and are sent all the same.
	record := []wire.Record{{Index: 1, Size: 1, Name: "x"}}
	signed := 0
	for range signBurst + 10 {
		w.step(&Matched{Link: a.id, GUID: guidOf(1), Records: record})
		if vouchedBy(t, hitOf(t, a.want(wire.TypeQueryHit)), id) {
			signed++
		}
	}
	if signed != signBurst-1 {
		t.Errorf("%d of %d are signed, want %d", signed, signBurst+10, signBurst-1)
	}
	w.now = w.now.Add(time.Second)
	w.step(&Matched{Link: a.id, GUID: guidOf(1), Records: record})
	if !vouchedBy(t, hitOf(t, a.want(wire.TypeQueryHit)), id) {
		t.Error("a second later it is not signed")
	}
}

// TestSignsDatagrams: a hit by UDP is signed if there is room for that.
func TestSignsDatagrams(t *testing.T) {
	id := signer(t)
	w := newWorld(t, Config{Hosts: hostcache.Config{}, External: ours.Addr(), Identity: id})
	w.joins(bob)
	w.proves(dave)
	for name, want := range map[string]bool{"short": true, strings.Repeat("x", maxDatagramSent-150): false} {
		since := len(w.mails)
		w.core.out.reset()
		w.core.hitsTo(w.now, oob.Action{GUID: guidOf(1), To: dave, Records: []wire.Record{{Size: 1, Name: name}}}, nil)
		for _, effect := range w.core.out.list {
			if r, ok := effect.(*Reply); ok {
				w.mails = append(w.mails, mail{r.To, r.Frame, r.Aside})
			}
		}
		got := w.posted(since, dave)
		if len(got) != 1 || len(got[0]) > maxDatagramSent || vouchedBy(t, hitOf(t, got[0]), id) != want {
			t.Errorf("%.5s: %d datagrams, want one that is signed: %t", name, len(got), want)
		}
	}
}

// BenchmarkVouch is what signing a hit of ten files costs.
func BenchmarkVouch(b *testing.B) {
	w := NewCore(Config{Identity: signer(b)}, rand.New(rand.NewPCG(1, 1)))
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	records := files(10)
	for b.Loop() {
		now = now.Add(time.Second)
		if w.vouch(now, records) == nil {
			b.Fatal("not signed")
		}
	}
}
