package oob

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"filbert/overlay/wire"
)

var (
	alice = netip.MustParseAddrPort("9.1.1.1:7001")
	bob   = netip.MustParseAddrPort("9.2.1.1:7002")
	start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
)

// desk is an Offers with a clock, and what it wants done in words.
type desk struct {
	*Offers
	t   *testing.T
	now time.Time
}

func newDesk(t *testing.T) *desk {
	return &desk{NewOffers(rand.New(rand.NewPCG(1, 1))), t, start}
}

func guid(n int) wire.GUID { return wire.GUID{0: byte(n), 1: byte(n >> 8), 8: 0xff} }

// records are n files of names of a given length.
func records(n, name int) []wire.Record {
	out := make([]wire.Record, n)
	for i := range out {
		out[i] = wire.Record{Index: uint32(i + 1), Size: 1, Name: strings.Repeat("x", name)}
	}
	return out
}

func (d *desk) offers(n int, to netip.AddrPort, r []wire.Record) Refusal {
	return d.Add(d.now, Answer{GUID: guid(n), To: to, Secure: true, Records: r})
}

func (d *desk) claims(n int, from netip.AddrPort, wanted uint8, proven bool) Refusal {
	return d.Claim(d.now, guid(n), from, wire.OOBClaim{Secure: true, Wanted: wanted, Token: []byte("tok")}, false, proven)
}

// pass lets time go by in seconds and returns what was to be done, as
// "seconds: what".
func (d *desk) pass(t time.Duration) (out []string) {
	began := d.now
	for ; !d.now.After(began.Add(t)); d.now = d.now.Add(time.Second) {
		for _, a := range d.Due(d.now) {
			out = append(out, fmt.Sprintf("%d: %v", d.now.Sub(began)/time.Second, a))
		}
	}
	d.now = began.Add(t)
	return out
}

func (a Action) String() string {
	name := [...]string{"offer", "ping", "hits", "in band"}[a.Kind]
	return fmt.Sprintf("%s of %d to %v", name, len(a.Records), a.To)
}

func (d *desk) want(got []string, want ...string) {
	d.t.Helper()
	if len(got) != len(want) {
		d.t.Errorf("did %q, want %q", got, want)
		return
	}
	for i := range got {
		if got[i] != want[i] {
			d.t.Errorf("did %q, want %q", got, want)
		}
	}
}

// TestUnclaimed repeats an offer and gives it up.
func TestUnclaimed(t *testing.T) {
	d := newDesk(t)
	d.offers(1, alice, records(3, 10))
	d.want(d.pass(100*time.Second), "20: offer of 3 to 9.1.1.1:7001", "40: offer of 3 to 9.1.1.1:7001")
	if d.Len() != 0 || d.held != 0 {
		t.Errorf("%d offers, %d bytes are kept", d.Len(), d.held)
	}
	if r := d.claims(1, alice, 3, true); r != Unknown {
		t.Errorf("a late claim: %v", r)
	}
}

// TestClaimed sends hits to a proven claimer, a packet at a time.
func TestClaimed(t *testing.T) {
	d := newDesk(t)
	d.offers(1, alice, records(12, 100)) // five of them to a packet
	other := netip.AddrPortFrom(alice.Addr(), 9999)
	if r := d.claims(1, other, 255, true); r != Taken { // a NAT may have changed the port
		t.Fatal(r)
	}
	acts := d.Due(d.now)
	if len(acts) != 1 || acts[0].Kind != Hits || acts[0].To != other || len(acts[0].Records) != 5 || !bytes.Equal(acts[0].Token, []byte("tok")) {
		t.Fatalf("did %v", acts)
	}
	rest := d.pass(20 * time.Second)
	if len(rest) != 2 || !strings.HasSuffix(rest[0], "hits of 5 to 9.1.1.1:9999") || !strings.HasSuffix(rest[1], "hits of 2 to 9.1.1.1:9999") {
		t.Errorf("did %q", rest)
	}
	if d.Len() != 0 || d.held != 0 || d.hosts[alice.Addr()].packets != 0 || d.hosts[alice.Addr()].offers != 0 {
		t.Errorf("%d offers, %d bytes, host %+v", d.Len(), d.held, d.hosts[alice.Addr()])
	}
}

// TestPacing holds the time between packets against its bounds.
func TestPacing(t *testing.T) {
	d := newDesk(t)
	d.offers(1, alice, records(20, 500)) // one to a packet
	d.offers(2, alice, records(20, 500))
	d.claims(1, alice, 255, true)
	d.claims(2, alice, 255, true)
	var last time.Time
	for end := d.now.Add(time.Minute); d.now.Before(end); d.now = d.now.Add(100 * time.Millisecond) {
		for _, a := range d.Due(d.now) {
			if gap := d.now.Sub(last); !last.IsZero() && (gap < packetPause || gap > packetPause+packetJitter+100*time.Millisecond) {
				t.Errorf("%v after %v", a, gap)
			}
			last = d.now
		}
	}
	d.now = d.now.Add(keep)
	d.Due(d.now)
	if d.Len() != 0 {
		t.Errorf("hits are kept beyond %v", keep)
	}
}

// TestChallenge pings a claimer of whom nothing is known.
func TestChallenge(t *testing.T) {
	t.Run("answers", func(t *testing.T) {
		d := newDesk(t)
		d.offers(1, alice, records(2, 10))
		d.claims(1, alice, 255, false)
		d.want(d.pass(4*time.Second), "0: ping of 0 to 9.1.1.1:7001")
		d.Proved(d.now, bob)
		d.want(d.pass(0))
		d.Proved(d.now, alice)
		d.want(d.pass(0), "0: hits of 2 to 9.1.1.1:7001")
	})
	t.Run("is silent", func(t *testing.T) {
		d := newDesk(t)
		d.offers(1, alice, records(2, 10))
		d.claims(1, alice, 255, false)
		ping := "ping of 0 to 9.1.1.1:7001"
		d.want(d.pass(time.Minute), "0: "+ping, "5: "+ping, "10: "+ping, "15: in band of 2 to 9.1.1.1:7001")
		if d.Len() != 0 {
			t.Error("the offer is kept")
		}
	})
}

// TestClaimIsRefused turns down claims that are not the querier's (THREATS T20).
func TestClaimIsRefused(t *testing.T) {
	d := newDesk(t)
	d.offers(1, alice, records(2, 10))
	if r := d.claims(2, alice, 1, true); r != Unknown {
		t.Errorf("another query: %v", r)
	}
	if r := d.claims(1, bob, 1, true); r != Elsewhere {
		t.Errorf("another host: %v", r)
	}
	if r := d.Claim(d.now, guid(1), alice, wire.OOBClaim{Wanted: 1}, false, true); r != Version {
		t.Errorf("another version: %v", r)
	}
	d.want(d.pass(0))
	if r := d.claims(1, alice, 1, true); r != Taken {
		t.Errorf("the querier: %v", r)
	}
	if r := d.claims(1, alice, 255, true); r != Again {
		t.Errorf("a repeated claim: %v", r)
	}
	d.want(d.pass(30*time.Second), "0: hits of 1 to 9.1.1.1:7001")
	d.offers(3, alice, records(2, 10))
	if r := d.claims(3, alice, 0, true); r != Taken || d.Len() != 0 {
		t.Errorf("a claim of nothing: %v, %d offers", r, d.Len())
	}
}

// TestOfferBounds fills every table.
func TestOfferBounds(t *testing.T) {
	to := func(i int) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 7000)
	}
	t.Run("of a host", func(t *testing.T) {
		d := newDesk(t)
		for i := range offersPerHost + 1 {
			want := Taken
			if i == offersPerHost {
				want = Busy
			}
			if r := d.offers(i, alice, records(1, 10)); r != want {
				t.Errorf("offer %d: %v", i+1, r)
			}
		}
		if r := d.offers(999, bob, records(1, 10)); r != Taken {
			t.Errorf("another host: %v", r)
		}
	})
	t.Run("of all", func(t *testing.T) {
		d := newDesk(t)
		for i := range maxOffers {
			if r := d.offers(i, to(i/2), records(1, 10)); r != Taken {
				t.Fatalf("offer %d: %v", i+1, r)
			}
		}
		if r := d.offers(maxOffers, to(maxOffers), records(1, 10)); r != Full {
			t.Errorf("beyond: %v", r)
		}
		d.pass(claimWait)
		if r := d.offers(maxOffers, to(maxOffers), records(1, 10)); r != Taken {
			t.Errorf("after all were given up: %v", r)
		}
	})
	t.Run("bytes", func(t *testing.T) {
		d := newDesk(t)
		big := records(50, 1000)
		taken := 0
		for i := range maxOffers {
			if d.offers(i, to(i), big) == Taken {
				taken++
			}
		}
		if d.held > maxHeld || taken < maxHeld/(50*1010)-1 {
			t.Errorf("%d offers, %d bytes are held", taken, d.held)
		}
	})
	t.Run("packets of a host", func(t *testing.T) {
		d := newDesk(t)
		d.offers(1, alice, records(49, 600))
		d.offers(2, alice, records(49, 600))
		d.offers(3, alice, records(49, 600))
		d.claims(1, alice, 255, true)
		d.claims(2, alice, 255, true)
		d.claims(3, alice, 255, true)
		if n := d.hosts[alice.Addr()].packets; n != packetsPerHost || d.Len() != 2 {
			t.Errorf("%d packets of %d offers wait", n, d.Len())
		}
	})
	t.Run("hosts", func(t *testing.T) {
		d := newDesk(t)
		for i := range 4 * maxHosts {
			d.offers(i, to(i), records(1, 10))
			if i%(maxHosts/2) == 0 {
				d.now = d.now.Add(2 * claimWait)
				d.Due(d.now)
			}
		}
		if len(d.hosts) > maxHosts {
			t.Errorf("%d hosts are remembered", len(d.hosts))
		}
	})
	if r := newDesk(t); r.offers(1, alice, nil) != Taken || r.offers(1, alice, nil) != Again {
		t.Error("one query was offered hits twice")
	}
}

// TestShunned refuses a host that leaves offers alone, for a while.
func TestShunned(t *testing.T) {
	d := newDesk(t)
	for i := range maxUnclaimed {
		if r := d.offers(i, alice, records(1, 10)); r != Taken {
			t.Fatalf("offer %d: %v", i+1, r)
		}
		d.pass(claimWait)
	}
	if r := d.offers(100, alice, records(1, 10)); r != Shunned {
		t.Errorf("after %d unclaimed ones: %v", maxUnclaimed, r)
	}
	d.pass(refusal)
	if r := d.offers(100, alice, records(1, 10)); r != Taken {
		t.Errorf("%v later: %v", refusal, r)
	}
}

// TestPackets cuts records into messages that fit.
func TestPackets(t *testing.T) {
	for _, test := range []struct{ n, name, want int }{
		{0, 10, 0}, {1, 10, 1}, {1, 2000, 1}, {5, 2000, 5}, {5, 100, 1}, {6, 100, 2}, {50, 10, 2},
	} {
		total := 0
		got := Packets(records(test.n, test.name))
		for _, p := range got {
			total += len(p)
			hit := wire.QueryHit{Records: p, Trailer: wire.NewTrailer(wire.VendorCode{'T', 'E', 'S', 'T'}, 0)}
			if size := wire.HeaderLen + len(hit.AppendTo(nil)); size > packetSize && len(p) > 1 {
				t.Errorf("a message of %d bytes", size)
			}
		}
		if len(got) != test.want || total != test.n {
			t.Errorf("%d records of %d bytes: %d packets with %d", test.n, test.name, len(got), total)
		}
	}
	if Refusal(200).String() != "Refusal(200)" || Elsewhere.String() != "elsewhere" {
		t.Error("names of refusals")
	}
}
