package flood

import (
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"filbert/overlay"
	"filbert/overlay/identity"
	"filbert/overlay/wire"
)

func citizen(t testing.TB, seed byte) *identity.Identity {
	t.Helper()
	id, err := identity.New(rand.NewChaCha8([32]byte{seed}))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// signedHit is a hit with two files, for which id vouches.
func signedHit(id *identity.Identity) *overlay.Hit {
	hit := wire.QueryHit{Servent: id.GUID(), Records: []wire.Record{
		{Size: 1, Name: "Blue Sky.ogg", Ext: wire.AppendSHA1(nil, [20]byte{1})}, {Size: 2, Name: "Red Sky.ogg", Ext: wire.AppendSHA1(nil, [20]byte{2})},
	}}
	v := wire.Vouched{Peer: id.PeerID()}
	copy(v.Signature[:], id.Sign(wire.AppendSigned(nil, hit.Servent, hit.Records)))
	hit.Trailer = wire.NewTrailer(overlay.Vendor(), 0, v.Extension())
	return &overlay.Hit{QueryHit: hit}
}

// TestVouching: whoever changes anything of what is vouched for is noticed.
func TestVouching(t *testing.T) {
	anna, boris := citizen(t, 1), citizen(t, 2)
	for name, test := range map[string]struct {
		change func(h *overlay.Hit)
		want   VouchStats
	}{
		"as it was signed": {func(*overlay.Hit) {}, VouchStats{Good: 1}},
		"from elsewhere":   {func(h *overlay.Hit) { h.Hops, h.Speed = 3, 7 }, VouchStats{Good: 1}},
		"another name":     {func(h *overlay.Hit) { h.Records[1].Name = "Red Sky.exe" }, VouchStats{Wrong: 1}},
		"another size":     {func(h *overlay.Hit) { h.Records[0].Size++ }, VouchStats{Wrong: 1}},
		"another hash":     {func(h *overlay.Hit) { h.Records[0].Ext = wire.AppendSHA1(nil, [20]byte{9}) }, VouchStats{Wrong: 1}},
		"one file more":    {func(h *overlay.Hit) { h.Records = append(h.Records, wire.Record{Name: "x"}) }, VouchStats{Wrong: 1}},
		"another servent":  {func(h *overlay.Hit) { h.Servent = boris.GUID() }, VouchStats{Wrong: 1}},
		"another's key": {func(h *overlay.Hit) {
			v, _ := h.Trailer.Vouched()
			v.Peer, h.Servent = boris.PeerID(), boris.GUID()
			h.Trailer = wire.NewTrailer(overlay.Vendor(), 0, v.Extension())
		}, VouchStats{Wrong: 1}},
		"nobody": {func(h *overlay.Hit) { h.Trailer = wire.NewTrailer(overlay.Vendor(), 0) }, VouchStats{}},
	} {
		hit := signedHit(anna)
		hit.Records = slices.Clone(hit.Records)
		test.change(hit)
		v := &Vouching{}
		peer, ok := v.of(hit)
		if v.Stats() != test.want || ok != (test.want.Good == 1) || ok && peer != anna.PeerID() || !ok && peer != (identity.PeerID{}) {
			t.Errorf("%s: %v %t, %+v", name, peer, ok, v.Stats())
		}
	}
	if _, ok := (*Vouching)(nil).of(signedHit(anna)); ok {
		t.Error("nothing is verified, and somebody vouches")
	}
}

// TestVouchingIsBounded: a flood of signatures costs so much in a second and no more.
func TestVouchingIsBounded(t *testing.T) {
	anna := citizen(t, 1)
	wrong := signedHit(anna)
	wrong.Records[0].Size++
	synctest.Test(t, func(t *testing.T) {
		v := &Vouching{}
		time.Sleep(time.Second)
		for range 3 * vouchBurst {
			v.of(wrong)
		}
		if got := v.Stats(); got != (VouchStats{Wrong: vouchBurst, Unchecked: 2 * vouchBurst}) {
			t.Errorf("%+v", got)
		}
		time.Sleep(time.Second)
		for range vouchRate {
			if _, ok := v.of(signedHit(anna)); !ok {
				t.Fatal("a second later one is not verified")
			}
		}
		if _, ok := v.of(signedHit(anna)); ok {
			t.Error("one more is verified")
		}
	})
}

// BenchmarkVouching is what verifying a hit of two files costs.
func BenchmarkVouching(b *testing.B) {
	hit := signedHit(citizen(b, 1))
	for b.Loop() {
		v := &Vouching{} // its bound is not what is measured
		if _, ok := v.of(hit); !ok {
			b.Fatal("it does not verify")
		}
	}
}
