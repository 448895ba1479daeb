package handshake

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// fullOffer says everything there is to say.
func fullOffer(role Role) Offer {
	o := ourOffer
	o.Role, o.Protocols, o.Deflate, o.TLS = role, AllProtocols(), true, true
	o.LiveSince = time.Date(2026, time.March, 4, 5, 6, 7, 0, time.UTC)
	return o
}

// tag is a Securer without cryptography: each side sends a tag, wants that of
// the other side, and then goes on below.
type tag struct{ fail error }

func (s tag) Client(_ context.Context, conn net.Conn, prefix []byte, _ time.Time) (net.Conn, error) {
	return s.greet(conn, prefix, "client!!", "server!!")
}

func (s tag) Server(_ context.Context, conn net.Conn, prefix []byte, _ time.Time) (net.Conn, error) {
	return s.greet(conn, prefix, "server!!", "client!!")
}

func (s tag) greet(conn net.Conn, prefix []byte, ours, theirs string) (net.Conn, error) {
	if s.fail != nil {
		return nil, s.fail
	}
	sent := make(chan error, 1)
	go func() { _, err := io.WriteString(conn, ours); sent <- err }()
	got := make([]byte, len(theirs))
	n := copy(got, prefix)
	if _, err := io.ReadFull(conn, got[n:]); err != nil || string(got) != theirs {
		return nil, fmt.Errorf("got %q, want %q: %w", got, theirs, err)
	}
	return tagged{conn}, <-sent
}

type tagged struct{ net.Conn }

func relayOffer() Offer {
	o := fullOffer(RoleUltrapeer)
	o.Protocols.Relay = Version{0, 1}
	return o
}

func stunOffer() Offer {
	o := relayOffer()
	o.Protocols.STUN = Version{0, 1}
	return o
}

// TestBlocks compares whole blocks, in either role: LimeWire wants this spelling.
func TestBlocks(t *testing.T) {
	remote := netip.MustParseAddr("198.51.100.7")
	common := "X-Query-Routing: 0.2\r\nX-Ultrapeer-Query-Routing: 0.1\r\nX-Dynamic-Querying: 0.1\r\nX-Ext-Probes: 0.1\r\n" +
		"Vendor-Message: 0.2\r\nX-Guess: 0.2\r\nX-Degree: 32\r\nX-Max-TTL: 4\r\nX-Requeries: False\r\nGGEP: 0.5\r\n" +
		"Pong-Caching: 0.1\r\nBye-Packet: 0.1\r\nGUID: 0100000000000000ff00000000000000\r\nX-Features: browse/1.0, IP/6.0, HSEP/0.2, tls/1.0\r\n" +
		"X-Live-Since: Wed, 04 Mar 2026 05:06:07 +0000\r\nAccept-Encoding: deflate\r\nUpgrade: TLS/1.0\r\n"
	start := "User-Agent: filbert/test\r\nListen-IP: 192.0.2.17:16346\r\nRemote-IP: 198.51.100.7\r\n"
	agreed := Terms{Role: RoleUltrapeer, DeflateOut: true, TLS: true}
	many := make([]netip.AddrPort, 10)
	for i := range many {
		many[i] = netip.MustParseAddrPort("[2001:db8:1111:2222:3333:4444:5555:6666]:16346")
	}
	accepted := Accepted()
	accepted.Needed = GuidanceLeaf
	accepted.Try = many[:1]
	for _, c := range []struct {
		name string
		got  Headers
		want string
	}{
		{"leaf's hello", fullOffer(RoleLeaf).hello(remote, true), start + "X-Ultrapeer: False\r\n" + common},
		{"relay's hello", relayOffer().hello(remote, true), start + "X-Ultrapeer: True\r\n" + strings.Replace(common, "tls/1.0\r", "tls/1.0, relay/0.1\r", 1)},
		{"STUN server's hello", stunOffer().hello(remote, true), start + "X-Ultrapeer: True\r\n" + strings.Replace(common, "tls/1.0\r", "tls/1.0, relay/0.1, stun/0.1\r", 1)},
		{"ultrapeer's hello", fullOffer(RoleUltrapeer).hello(remote, true), start + "X-Ultrapeer: True\r\n" + common},
		{"answer", fullOffer(RoleUltrapeer).answer(remote, accepted, agreed, true),
			start + "X-Ultrapeer: True\r\nX-Ultrapeer-Needed: False\r\n" + common +
				"Content-Encoding: deflate\r\nConnection: Upgrade\r\nX-Try-Ultrapeers: [2001:db8:1111:2222:3333:4444:5555:6666]:16346\r\n"},
		{"confirmation", fullOffer(RoleUltrapeer).confirmation(&Peer{}, Terms{Role: RoleLeaf, DeflateOut: true, TLS: true}),
			"X-Ultrapeer: False\r\nContent-Encoding: deflate\r\nConnection: Upgrade\r\n"},
		{"confirmation to the future", fullOffer(RoleUltrapeer).confirmation(&Peer{QueryRouting: Version{0, 3}}, Terms{Role: RoleUltrapeer}),
			"X-Query-Routing: 0.2\r\n"},
		{"bare hello", ourOffer.hello(netip.Addr{}, false), "User-Agent: filbert/test\r\nListen-IP: 192.0.2.17:16346\r\nX-Ultrapeer: True\r\n" +
			"X-Degree: 32\r\nX-Max-TTL: 4\r\nX-Requeries: False\r\nGGEP: 0.5\r\nPong-Caching: 0.1\r\nBye-Packet: 0.1\r\n" +
			"GUID: 0100000000000000ff00000000000000\r\nX-Features: IP/6.0\r\n"},
	} {
		if got := string(c.got.appendTo(nil)); got != c.want+"\r\n" {
			t.Errorf("%s is\n%s, want\n%s", c.name, got, c.want)
		}
	}

	accepted.Try = many
	largest := fullOffer(RoleUltrapeer)
	largest.Agent = strings.Repeat("a", maxAgent)
	answer := largest.answer(remote, accepted, agreed, true)
	if size := len(answer.appendTo(nil)); answer.Len() > 25 || size > 4<<10 {
		t.Errorf("the largest answer has %d headers in %d bytes", answer.Len(), size)
	}
}

// both lets our two sides meet.
func both(t *testing.T, initiator, acceptor Session, ours, theirs Offer, asks, judges Judge) (a, b *Established, errA, errB error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		x, y := net.Pipe()
		initiator.Conn, initiator.Reader, initiator.Deadline = x, bufio.NewReader(x), time.Now().Add(Timeout)
		acceptor.Conn, acceptor.Reader, acceptor.Deadline = y, bufio.NewReader(y), time.Now().Add(Timeout)
		done := make(chan struct{})
		go func() {
			defer close(done)
			if a, errA = Initiate(t.Context(), initiator, ours, asks); errA != nil {
				x.Close()
			}
		}()
		var line string
		if line, errB = readLine(acceptor.Reader, maxFirstLine); errB == nil {
			b, errB = Accept(t.Context(), acceptor, line, theirs, judges)
		}
		if errB != nil {
			y.Close()
		}
		<-done
		x.Close()
		y.Close()
	})
	return a, b, errA, errB
}

// TestTerms lets all kinds of servents meet: each way of a link is deflated if
// both want it, all of it is in TLS if both do and it is not already.
func TestTerms(t *testing.T) {
	for i := range 1 << 6 {
		bit := func(n int) bool { return i>>n&1 == 1 }
		ours, theirs := ourOffer, ourOffer
		ours.Deflate, theirs.Deflate, ours.TLS, theirs.TLS = bit(0), bit(1), bit(2), bit(3)
		secured, unable := bit(4), bit(5)
		s := Session{TLS: tag{}, Secured: secured}
		r := s
		if unable {
			r.TLS = nil
		}
		a, b, errA, errB := both(t, s, r, ours, theirs, &judge{verdict: Accepted()}, &judge{verdict: Accepted()})
		if err := errors.Join(errA, errB); err != nil {
			t.Fatalf("%06b: %v", i, err)
		}
		deflate := ours.Deflate && theirs.Deflate
		upgraded := ours.TLS && theirs.TLS && !secured && !unable
		want := Terms{Role: RoleUltrapeer, DeflateIn: deflate, DeflateOut: deflate, TLS: upgraded || secured}
		_, tagA := a.Conn.(tagged)
		_, tagB := b.Conn.(tagged)
		if a.Terms != want || b.Terms != want || tagA != upgraded || tagB != upgraded {
			t.Errorf("%06b: the initiator has %+v on %T, the acceptor %+v on %T, want %+v", i, a.Terms, a.Conn, b.Terms, b.Conn, want)
		}
	}
}

// TestOneWay plays peers that compress in one direction only.
func TestOneWay(t *testing.T) {
	offer := fullOffer(RoleUltrapeer)
	for _, c := range []struct {
		name    string
		hello   string // header of (1)
		answer  bool   // we are to compress
		confirm string // header of (3)
		want    Terms
	}{
		{"takes but sends plain", "Accept-Encoding: gzip, deflate", true, "X: 1", Terms{Role: RoleUltrapeer, DeflateOut: true}},
		{"sends but takes plain", "X: 1", false, "Content-Encoding: deflate", Terms{Role: RoleUltrapeer, DeflateIn: true}},
		{"both", "Accept-Encoding: deflate", true, "Content-Encoding: deflate, gzip", Terms{Role: RoleUltrapeer, DeflateIn: true, DeflateOut: true}},
		{"neither", "Accept-Encoding: gzip", false, "X: 1", Terms{Role: RoleUltrapeer}},
	} {
		e, err := meet(t, func(p *peer) {
			p.send(helloLines[0], "X-Ultrapeer: True", c.hello, "")
			h := p.want("GNUTELLA/0.6 200 OK")
			if got := h.Get("Content-Encoding"); (got == "deflate") != c.answer {
				t.Errorf("%s: our answer says Content-Encoding: %q", c.name, got)
			}
			if h.Get("Accept-Encoding") != "deflate" || h.Get("Connection") != "" {
				t.Errorf("%s: our answer says Accept-Encoding: %q, Connection: %q", c.name, h.Get("Accept-Encoding"), h.Get("Connection"))
			}
			p.send("GNUTELLA/0.6 200 OK", c.confirm, "")
		}, acceptWith(offer, nil))
		if err != nil || e.Terms != c.want {
			t.Errorf("%s: %+v, error %v, want %+v", c.name, e, err, c.want)
		}
	}
}

// acceptWith runs our side as acceptor with an offer.
func acceptWith(offer Offer, secure Securer) func(ctx context.Context, s Session) (*Established, error) {
	return func(ctx context.Context, s Session) (*Established, error) {
		s.TLS = secure
		line, err := readLine(s.Reader, maxFirstLine)
		if err != nil {
			return nil, err
		}
		return Accept(ctx, s, line, offer, &judge{verdict: Accepted()})
	}
}

// initiateWith runs our side as initiator with an offer.
func initiateWith(offer Offer, secure Securer) func(ctx context.Context, s Session) (*Established, error) {
	return func(ctx context.Context, s Session) (*Established, error) {
		s.TLS = secure
		return Initiate(ctx, s, offer, &judge{verdict: Accepted()})
	}
}

// TestUpgrade plays a peer byte by byte: TLS begins right after block (3), also
// when its first bytes came with it.
func TestUpgrade(t *testing.T) {
	e, err := meet(t, func(p *peer) {
		p.send(helloLines[0], "X-Ultrapeer: True", "Upgrade: foo/1, TLS/1.0", "")
		if h := p.want("GNUTELLA/0.6 200 OK"); h.Get("Upgrade") != "TLS/1.0" || h.Get("Connection") != "Upgrade" {
			t.Errorf("our answer says Upgrade: %q, Connection: %q", h.Get("Upgrade"), h.Get("Connection"))
		}
		io.WriteString(p.conn, "GNUTELLA/0.6 200 OK\r\nConnection: Upgrade\r\n\r\nclie")
		io.WriteString(p.conn, "nt!!")
		io.ReadFull(p.r, make([]byte, len("server!!")))
	}, acceptWith(fullOffer(RoleUltrapeer), tag{}))
	if err != nil || !e.TLS || len(e.Rest) > 0 {
		t.Errorf("accepted: %+v, error %v", e, err)
	}

	e, err = meet(t, func(p *peer) {
		if h := p.want("GNUTELLA CONNECT/0.6"); h.Get("Upgrade") != "TLS/1.0" || h.Get("Connection") != "" {
			t.Errorf("our hello says Upgrade: %q, Connection: %q", h.Get("Upgrade"), h.Get("Connection"))
		}
		p.send("GNUTELLA/0.6 200 OK", "X-Ultrapeer: True", "Upgrade: TLS/1.0", "Connection: Upgrade", "")
		if h := p.want("GNUTELLA/0.6 200 OK"); h.Get("Connection") != "Upgrade" {
			t.Errorf("our confirmation says Connection: %q", h.Get("Connection"))
		}
		io.ReadFull(p.r, make([]byte, len("client!!")))
		io.WriteString(p.conn, "server!!")
	}, initiateWith(fullOffer(RoleUltrapeer), tag{}))
	if err != nil || !e.TLS {
		t.Errorf("initiated: %+v, error %v", e, err)
	}

	// Offered by both, wanted by nobody, unconfirmed: plain.
	e, err = meet(t, func(p *peer) {
		p.send(helloLines[0], "X-Ultrapeer: True", "Upgrade: TLS/1.0", "")
		p.want("GNUTELLA/0.6 200 OK")
		p.send("GNUTELLA/0.6 200 OK", "", "first bytes")
	}, acceptWith(fullOffer(RoleUltrapeer), tag{}))
	if err != nil || e.TLS || string(e.Rest) != "first bytes\r\n" {
		t.Errorf("unconfirmed: %+v, error %v", e, err)
	}

	broken := errors.New("bad record")
	_, err = meet(t, func(p *peer) {
		p.send(helloLines[0], "X-Ultrapeer: True", "Upgrade: TLS/1.0", "")
		p.want("GNUTELLA/0.6 200 OK")
		p.send("GNUTELLA/0.6 200 OK", "Connection: Upgrade", "")
	}, acceptWith(fullOffer(RoleUltrapeer), tag{broken}))
	var failed *TLSError
	if !errors.As(err, &failed) || !errors.Is(err, broken) {
		t.Errorf("TLS fails: %v", err)
	}
}

// TestDisagreements are peers that take what was not offered.
func TestDisagreements(t *testing.T) {
	plain, full := ourOffer, fullOffer(RoleUltrapeer)
	for _, c := range []struct {
		name   string
		offer  Offer
		hello  []string // (1)
		answer string   // ours
		third  []string // (3)
	}{
		{"Connection without Upgrade", full, []string{"X-Ultrapeer: True", "Connection: Upgrade"}, "GNUTELLA/0.6 400 Connection: Upgrade without Upgrade", nil},
		{"TLS unasked", plain, []string{"X-Ultrapeer: True", "Upgrade: TLS/1.0"}, "GNUTELLA/0.6 200 OK", []string{"Connection: Upgrade"}},
		{"deflate unasked", plain, []string{"X-Ultrapeer: True", "Accept-Encoding: deflate"}, "GNUTELLA/0.6 200 OK", []string{"Content-Encoding: deflate"}},
		{"another encoding", full, []string{"X-Ultrapeer: True"}, "GNUTELLA/0.6 200 OK", []string{"Content-Encoding: br"}},
	} {
		_, err := meet(t, func(p *peer) {
			p.send(append(append([]string{helloLines[0]}, c.hello...), "")...)
			if h := p.want(c.answer); h.Get("Content-Encoding") != "" || h.Get("Connection") != "" {
				t.Errorf("%s: our answer says Content-Encoding: %q, Connection: %q", c.name, h.Get("Content-Encoding"), h.Get("Connection"))
			}
			if c.third != nil {
				p.send(append(append([]string{"GNUTELLA/0.6 200 OK"}, c.third...), "")...)
			}
		}, acceptWith(c.offer, tag{}))
		var turned *TurnedAwayError
		var broke *ProtocolError
		if errors.As(err, &turned) != (c.third == nil) || errors.As(err, &broke) != (c.third != nil) {
			t.Errorf("%s ends with %v", c.name, err)
		}
	}
	for _, c := range []struct {
		name, third string
		offer       Offer
		answer      []string
	}{
		{"Connection without Upgrade", "GNUTELLA/0.6 400 Connection: Upgrade without Upgrade", full, []string{"Connection: Upgrade"}},
		{"TLS unasked", "GNUTELLA/0.6 409 TLS was not offered", plain, []string{"Upgrade: TLS/1.0", "Connection: Upgrade"}},
	} {
		_, err := meet(t, func(p *peer) {
			p.want("GNUTELLA CONNECT/0.6")
			p.send(append(append([]string{"GNUTELLA/0.6 200 OK", "X-Ultrapeer: True"}, c.answer...), "")...)
			p.want(c.third)
		}, initiateWith(c.offer, tag{}))
		var turned *TurnedAwayError
		if !errors.As(err, &turned) {
			t.Errorf("%s as initiator ends with %v", c.name, err)
		}
	}
}

// TestGuidance: an ultrapeer that needs leaves guides another, which follows.
func TestGuidance(t *testing.T) {
	needs := Accepted()
	needs.Needed = GuidanceLeaf
	follows := Accepted()
	follows.Become = RoleLeaf
	asks, judges := &judge{verdict: follows}, &judge{verdict: needs}
	a, b, errA, errB := both(t, Session{}, Session{}, fullOffer(RoleUltrapeer), fullOffer(RoleUltrapeer), asks, judges)
	if err := errors.Join(errA, errB); err != nil {
		t.Fatal(err)
	}
	if asks.saw.Guidance != GuidanceLeaf || a.Role != RoleLeaf || a.Peer.Role != RoleUltrapeer {
		t.Errorf("the initiator was guided to %v, is a %v next to a %v", asks.saw.Guidance, a.Role, a.Peer.Role)
	}
	if judges.saw.Role != RoleUltrapeer || b.Role != RoleUltrapeer || b.Peer.Role != RoleLeaf {
		t.Errorf("the acceptor judged a %v, is a %v next to a %v", judges.saw.Role, b.Role, b.Peer.Role)
	}

	// Not followed, or never an ultrapeer: roles stay.
	asks.verdict = Accepted()
	a, b, errA, errB = both(t, Session{}, Session{}, fullOffer(RoleUltrapeer), fullOffer(RoleUltrapeer), asks, judges)
	if err := errors.Join(errA, errB); err != nil || a.Role != RoleUltrapeer || b.Peer.Role != RoleUltrapeer {
		t.Errorf("not followed: %+v, %+v, error %v", a, b, err)
	}
	a, b, errA, errB = both(t, Session{}, Session{}, fullOffer(RoleLeaf), fullOffer(RoleUltrapeer), asks, judges)
	if err := errors.Join(errA, errB); err != nil || a.Role != RoleLeaf || b.Peer.Role != RoleLeaf {
		t.Errorf("a leaf: %+v, %+v, error %v", a, b, err)
	}
}

// TestCrawler: it hears who our neighbors are, and that is all.
func TestCrawler(t *testing.T) {
	verdict := Accepted()
	verdict.Leaves = []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:6346"), netip.MustParseAddrPort("[2001:db8::5]:7000")}
	for i := range 1000 {
		verdict.Peers = append(verdict.Peers, netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, byte(i >> 8), byte(i)}), 6346))
	}
	_, err := meet(t, func(p *peer) {
		p.send(helloLines[0], "User-Agent: Crawl/1", "Crawler: 0.1", "")
		h := p.want("GNUTELLA/0.6 200 OK")
		for name, want := range map[string]string{"User-Agent": "filbert/test", "X-Ultrapeer": "True",
			"Leaves": "192.0.2.1:6346, [2001:db8::5]:7000", "X-Live-Since": "Wed, 04 Mar 2026 05:06:07 +0000", "GUID": ""} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		peers := h.Get("Peers")
		if got := parseHosts(peers, 1000); len(peers) > maxList || len(got) < 300 || got[0] != verdict.Peers[0] || !strings.HasSuffix(peers, ":6346") {
			t.Errorf("%d peers in %d bytes", len(got), len(peers))
		}
	}, func(ctx context.Context, s Session) (*Established, error) {
		line, err := readLine(s.Reader, maxFirstLine)
		if err != nil {
			return nil, err
		}
		return Accept(ctx, s, line, fullOffer(RoleUltrapeer), &judge{verdict: verdict})
	})
	if !errors.Is(err, ErrCrawled) {
		t.Errorf("ended with %v", err)
	}
}
