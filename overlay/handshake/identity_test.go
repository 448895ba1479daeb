package handshake

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"filbert/overlay/identity"
)

// citizen is a side with an identity.
func citizen(t *testing.T, seed byte) (*identity.Identity, Offer) {
	t.Helper()
	id, err := identity.New(rand.NewChaCha8([32]byte{seed}))
	if err != nil {
		t.Fatal(err)
	}
	o := fullOffer(RoleUltrapeer)
	o.GUID, o.Proves = id.GUID(), true
	return id, o
}

// idTLS is TLS in which IDs are proven, without the bounds of tlslink.
type idTLS struct{ id *identity.Identity }

func (s idTLS) secure(ctx context.Context, conn net.Conn, side func(net.Conn, *tls.Config) *tls.Conn) (net.Conn, error) {
	config, err := s.id.LinkTLS()
	if err != nil {
		return nil, err
	}
	secured := side(conn, config)
	return secured, secured.HandshakeContext(ctx)
}

func (s idTLS) Client(ctx context.Context, conn net.Conn, _ []byte, _ time.Time) (net.Conn, error) {
	return s.secure(ctx, conn, tls.Client)
}

func (s idTLS) Server(ctx context.Context, conn net.Conn, _ []byte, _ time.Time) (net.Conn, error) {
	return s.secure(ctx, conn, tls.Server)
}

// TestIDs lets two sides meet of which each proves its ID or not: both know the other if
// both do, and TLS is the ordinary one otherwise.
func TestIDs(t *testing.T) {
	anna, annas := citizen(t, 1)
	boris, borises := citizen(t, 2)
	clara, _ := citizen(t, 3)
	ok := &judge{verdict: Accepted()}
	meets := func(a, b Offer) (x, y *Established, errA, errB error) {
		return both(t, Session{TLS: tag{}, IDs: idTLS{anna}}, Session{TLS: tag{}, IDs: idTLS{boris}}, a, b, ok, ok)
	}
	for i := range 4 {
		a, b := annas, borises
		a.Proves, b.Proves = i&1 != 0, i&2 != 0
		x, y, errA, errB := meets(a, b)
		if err := errors.Join(errA, errB); err != nil {
			t.Fatalf("%02b: %v", i, err)
		}
		hers, his := y.ID, x.ID
		if i == 3 && (hers != anna.PeerID() || his != boris.PeerID()) || i != 3 && (hers != identity.PeerID{} || his != identity.PeerID{}) {
			t.Errorf("%02b: %v and %v", i, hers, his)
		}
		if _, ordinary := x.Conn.(tagged); ordinary != (i != 3) || !x.TLS || !y.TLS {
			t.Errorf("%02b: on a %T", i, x.Conn)
		}
	}

	// Somebody else's GUID, whoever asks.
	for i := range 2 {
		a, b := annas, borises
		[]*Offer{&a, &b}[i].GUID = clara.GUID()
		_, _, errA, errB := meets(a, b)
		var told *IdentityError
		if err := []error{errB, errA}[i]; !errors.As(err, &told) || !strings.Contains(err.Error(), "GUID is not that of its ID") {
			t.Errorf("another's GUID: %v, %v", errA, errB)
		}
	}

	// The one that is expected, another, one that proves nothing, and one without TLS.
	for _, test := range []struct {
		name   string
		expect *identity.Identity
		change func(b *Offer)
		want   string
	}{
		{"boris", boris, func(*Offer) {}, ""},
		{"boris in place of clara", clara, func(*Offer) {}, "it is another peer"},
		{"he proves nothing", boris, func(b *Offer) { b.Proves = false }, "403 ID not proven"},
		{"he has no TLS", boris, func(b *Offer) { b.TLS = false }, "403 ID not proven"},
	} {
		a, b := annas, borises
		a.Expect = test.expect.PeerID()
		test.change(&b)
		x, _, errA, _ := meets(a, b)
		if test.want == "" {
			if errA != nil || x.ID != a.Expect {
				t.Errorf("%s: %v", test.name, errA)
			}
		} else if errA == nil || !strings.Contains(errA.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, errA, test.want)
		}
	}
}

// TestBrokenPromises plays peers that promise to prove an ID and do not.
func TestBrokenPromises(t *testing.T) {
	anna, offer := citizen(t, 1)
	promise := []string{"X-Ultrapeer: True", "GUID: c1c2c3c4c5c6c7c8ffcacbcccdcecf00", "X-Features: HSEP/0.2, id/0.1"}
	hello := func(more ...string) []string {
		return append(append([]string{helloLines[0]}, promise...), append(more, "")...)
	}
	answer := func(more ...string) []string {
		return append(append([]string{"GNUTELLA/0.6 200 OK"}, promise...), append(more, "")...)
	}
	accepts := func(ctx context.Context, s Session) (*Established, error) {
		s.IDs = idTLS{anna}
		return acceptWith(offer, tag{})(ctx, s)
	}
	initiates := func(ctx context.Context, s Session) (*Established, error) {
		s.IDs = idTLS{anna}
		return initiateWith(offer, tag{})(ctx, s)
	}
	plainTLS := func(p *peer, side func(net.Conn, *tls.Config) *tls.Conn) {
		cert, err := anna.Certificate()
		if err != nil {
			t.Fatal(err)
		}
		conn := side(buffered{p.conn, p.r}, &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{cert}})
		conn.Read(make([]byte, 1)) // the other side hangs up
	}
	for _, test := range []struct {
		name string
		ours func(context.Context, Session) (*Established, error)
		play func(p *peer)
		want string
	}{
		{"a hello without Upgrade", accepts, func(p *peer) {
			p.send(hello()...)
			p.want("GNUTELLA/0.6 400 ID promised, and no TLS to prove it in")
		}, "400 ID promised"},
		{"an answer that stays in the clear", initiates, func(p *peer) {
			p.want("GNUTELLA CONNECT/0.6")
			p.send(answer("Upgrade: TLS/1.0")...)
			p.want("GNUTELLA/0.6 400 ID promised, and no TLS to prove it in")
		}, "400 ID promised"},
		{"a confirmation that stays in the clear", accepts, func(p *peer) {
			p.send(hello("Upgrade: TLS/1.0")...)
			p.want("GNUTELLA/0.6 200 OK")
			p.send("GNUTELLA/0.6 200 OK", "")
		}, "does not go on in TLS"},
		{"TLS without proof of who asks", accepts, func(p *peer) {
			p.send(hello("Upgrade: TLS/1.0")...)
			p.want("GNUTELLA/0.6 200 OK")
			p.send("GNUTELLA/0.6 200 OK", "Connection: Upgrade", "")
			plainTLS(p, tls.Client)
		}, "another purpose"},
		{"TLS without proof of who is asked", initiates, func(p *peer) {
			p.want("GNUTELLA CONNECT/0.6")
			p.send(answer("Upgrade: TLS/1.0", "Connection: Upgrade")...)
			p.want("GNUTELLA/0.6 200 OK")
			plainTLS(p, tls.Server)
		}, "another purpose"},
	} {
		_, err := meet(t, test.play, test.ours)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
		if test.name != "a hello without Upgrade" && test.name != "an answer that stays in the clear" {
			var told *IdentityError
			if !errors.As(err, &told) {
				t.Errorf("%s: a %T", test.name, err)
			}
		}
	}
}

// buffered is a connection of which something was read ahead.
type buffered struct {
	net.Conn
	r *bufio.Reader
}

func (c buffered) Read(b []byte) (int, error) { return c.r.Read(b) }

var _ io.Reader = buffered{}
