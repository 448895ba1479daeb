package punch

import (
	"bytes"
	"context"
	"crypto/ed25519"
	crand "crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/quic-go/quic-go"

	"filbert/testnet/fabric"
)

// oneWay is half a round trip of 80 ms.
const oneWay = 40 * time.Millisecond

// world is a network in a bubble.
type world struct {
	*testing.T
	net *fabric.Net
}

func inWorld(t *testing.T, cfg fabric.Config, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		if cfg.Latency == nil {
			cfg.Latency = fabric.Constant(oneWay)
		}
		cfg.Settle = synctest.Wait
		w := &world{t, fabric.New(cfg)}
		defer w.net.Close()
		f(w)
	})
}

// wait lets virtual time pass.
func (w *world) wait(d time.Duration) { time.Sleep(d) }

// peer is a node with a socket.
type peer struct {
	*Puncher
	transport *quic.Transport
	socket    net.PacketConn
	local     Local
}

// peer starts a node at an address with a port.
func (w *world) peer(addr string) *peer {
	w.Helper()
	at := netip.MustParseAddrPort(addr)
	sock, err := w.net.Host(at.Addr()).ListenPacket(w.Context(), "udp", addr)
	if err != nil {
		w.Fatal(err)
	}
	p := newPeer(w.T, sock)
	p.local = Local{Candidates: []Candidate{{Host, at}}}
	return p
}

func newPeer(t testing.TB, sock net.PacketConn) *peer {
	t.Helper()
	tr := &quic.Transport{Conn: sock}
	cfg := certificate(t)
	p, err := New(Config{Transport: tr, Client: cfg, Server: cfg})
	if err != nil {
		t.Fatal(err)
	}
	return &peer{Puncher: p, transport: tr, socket: sock}
}

func (p *peer) close() {
	p.Puncher.Close()
	p.transport.Close()
	p.socket.Close()
}

// certificate is valid at the time of a bubble, and now.
func certificate(t testing.TB) *tls.Config {
	t.Helper()
	public, private, err := ed25519.GenerateKey(crand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0)}
	der, err := x509.CreateCertificate(crand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: private}}}
}

// wire is one end of a signal that takes its time.
type wire struct {
	in, out chan []byte
	delay   time.Duration
	change  func([]byte) []byte // of what is sent; nil loses it
}

func wires(delay time.Duration) (a, b *wire) {
	x, y := make(chan []byte, 64), make(chan []byte, 64)
	return &wire{in: x, out: y, delay: delay}, &wire{in: y, out: x, delay: delay}
}

func (s *wire) Send(_ context.Context, b []byte) error {
	b = bytes.Clone(b)
	if s.change != nil {
		b = s.change(b)
	}
	if b != nil {
		time.AfterFunc(s.delay, func() { s.out <- b })
	}
	return nil
}

func (s *wire) Receive(ctx context.Context) ([]byte, error) {
	select {
	case b := <-s.in:
		return b, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// end is what one side has in the end.
type end struct {
	conn *Conn
	out  Outcome
	err  error
}

// punch has a initiate and b respond.
func (w *world) punch(a, b *peer, sa, sb Signal) (ea, eb end) {
	ctx, cancel := context.WithTimeout(w.Context(), time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() { eb.conn, eb.out, eb.err = b.Respond(ctx, sb, b.local, nil) })
	wg.Go(func() {
		ea.conn, ea.out, ea.err = a.Initiate(ctx, sa, a.local)
		if ea.err != nil {
			cancel()
		}
	})
	wg.Wait()
	return ea, eb
}

// wantBytes sends some from each end to the other.
func (w *world) wantBytes(from, to *Conn) {
	w.Helper()
	data := bytes.Repeat([]byte("filbert "), 32<<10)
	var wg sync.WaitGroup
	wg.Go(func() {
		s, err := to.Accept(w.Context())
		if err != nil {
			w.Error(err)
			return
		}
		defer s.Close()
		if _, err := io.Copy(s, s); err != nil {
			w.Error("echo:", err)
		}
	})
	wg.Go(func() {
		s, err := from.Open(w.Context())
		if err != nil {
			w.Error(err)
			return
		}
		defer s.Close()
		wg.Go(func() {
			s.Write(data)
			s.(interface{ CloseWrite() error }).CloseWrite()
		})
		if got, err := io.ReadAll(s); err != nil || !bytes.Equal(got, data) {
			w.Errorf("got %d bytes of %d, %v", len(got), len(data), err)
		}
	})
	wg.Wait()
}

func (w *world) wantConnected(ea, eb end) {
	w.Helper()
	if ea.err != nil || eb.err != nil {
		w.Fatalf("initiator: %v (%v)\nresponder: %v (%v)", ea.err, ea.out, eb.err, eb.out)
	}
	w.wantBytes(ea.conn, eb.conn)
	ea.conn.Close()
	<-eb.conn.Done()
}

const (
	aliceAddr = "203.0.113.1:6346"
	bobAddr   = "203.0.113.2:6346"
)

func TestOpenHosts(t *testing.T) {
	for name, addrs := range map[string][2]string{
		"IPv4": {aliceAddr, bobAddr}, "IPv6": {"[2001:db8::1]:6346", "[2001:db8::2]:6346"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, fabric.Config{}, func(w *world) {
				a, b := w.peer(addrs[0]), w.peer(addrs[1])
				defer a.close()
				defer b.close()
				sa, sb := wires(oneWay)
				ea, eb := w.punch(a, b, sa, sb)
				w.wantConnected(ea, eb)
				if ea.out.Winner.Addr.String() != addrs[1] || eb.out.Winner.Addr.String() != addrs[0] || ea.out.Rounds != 1 {
					w.Errorf("initiator %v, responder %v", ea.out, eb.out)
				}
				// Offer and Answer 80 ms, half of that, a probe and its echo 80, QUIC 80, the word 80.
				if ea.out.RTT != 2*oneWay || ea.out.Took > 400*time.Millisecond {
					w.Errorf("round trip %v, took %v", ea.out.RTT, ea.out.Took)
				}
			})
		})
	}
}

// TestFirstPacketsLost loses the first datagrams of one side, or of both.
func TestFirstPacketsLost(t *testing.T) {
	alice := netip.MustParseAddrPort(aliceAddr).Addr()
	for name, lose := range map[string]func(fabric.Draw) bool{
		"of the initiator": func(d fabric.Draw) bool { return d.From == alice && d.N < 3 },
		"of the responder": func(d fabric.Draw) bool { return d.From != alice && d.N < 3 },
		"of both":          func(d fabric.Draw) bool { return d.N < 5 },
		"some":             fabric.LossRate(0.2),
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, fabric.Config{Loss: lose, Seed: 1}, func(w *world) {
				a, b := w.peer(aliceAddr), w.peer(bobAddr)
				defer a.close()
				defer b.close()
				sa, sb := wires(oneWay)
				ea, eb := w.punch(a, b, sa, sb)
				w.wantConnected(ea, eb)
				if ea.out.Took > 3*time.Second {
					w.Errorf("took %v", ea.out.Took)
				}
			})
		})
	}
}

// TestLostMessages loses what is said in the first round.
func TestLostMessages(t *testing.T) {
	for _, lost := range []Type{Offer, Answer, Sync} {
		t.Run(lost.String(), func(t *testing.T) {
			inWorld(t, fabric.Config{}, func(w *world) {
				a, b := w.peer(aliceAddr), w.peer(bobAddr)
				defer a.close()
				defer b.close()
				sa, sb := wires(oneWay)
				sa.change = func(b []byte) []byte {
					if m, _ := Parse(b); m.Type == lost && m.Round == 1 {
						return nil
					}
					return b
				}
				sb.change = sa.change
				ea, eb := w.punch(a, b, sa, sb)
				w.wantConnected(ea, eb)
				if ea.out.Rounds > 2 {
					w.Errorf("took %d rounds", ea.out.Rounds)
				}
			})
		})
	}
}

// TestWrongKeys has somebody who carries the messages put another key into them.
func TestWrongKeys(t *testing.T) {
	for _, forged := range []Type{Offer, Answer} {
		t.Run(forged.String(), func(t *testing.T) {
			inWorld(t, fabric.Config{}, func(w *world) {
				a, b := w.peer(aliceAddr), w.peer(bobAddr)
				defer a.close()
				defer b.close()
				sa, sb := wires(oneWay)
				sa.change = func(b []byte) []byte {
					m, _ := Parse(b)
					if m.Type == forged {
						m.Key[0] ^= 1
					}
					return m.AppendTo(nil)
				}
				sb.change = sa.change
				ea, eb := w.punch(a, b, sa, sb)
				if ea.conn != nil || eb.conn != nil || ea.out.Reason != WrongKey {
					w.Errorf("initiator %v, %v, responder %v, %v", ea.out, ea.err, eb.out, eb.err)
				}
			})
		})
	}
}

// TestLiars has a peer name addresses of others: nobody gets anything that may not,
// and no more than the budget allows.
func TestLiars(t *testing.T) {
	inWorld(t, fabric.Config{}, func(w *world) {
		a, b := w.peer(aliceAddr), w.peer(bobAddr)
		defer a.close()
		defer b.close()
		victim, err := w.net.Host(netip.MustParseAddr("203.0.113.9")).ListenPacket(w.Context(), "udp", ":7000")
		if err != nil {
			w.Fatal(err)
		}
		var got, large int
		var wg sync.WaitGroup
		wg.Go(func() {
			p := make([]byte, 2000)
			for {
				n, _, err := victim.ReadFrom(p)
				if err != nil {
					return
				}
				got++
				if n > probeSize {
					large++
				}
			}
		})
		b.local.Candidates = []Candidate{
			{Mapped, at("203.0.113.9:7000")}, {Mapped, at("127.0.0.1:7000")}, {Host, at("10.0.0.1:7000")}, {Host, at("224.0.0.1:7000")},
			{Reflexive, at("203.0.113.9:53")}, {Reflexive, at("203.0.113.9:0")},
		}
		a.local.Candidates = []Candidate{{Host, at("198.51.100.77:7000")}} // nobody
		sa, sb := wires(oneWay)
		ea, eb := w.punch(a, b, sa, sb)
		if ea.err == nil || eb.err == nil || ea.out.Reason != Silent || ea.out.Rounds != maxRounds {
			w.Errorf("initiator %v, %v, responder %v, %v", ea.out, ea.err, eb.out, eb.err)
		}
		why := map[Reason]int{}
		for _, f := range ea.out.Failed {
			why[f.Reason]++
		}
		if why[LoopbackAddress] != 1 || why[PrivateAddress] != 1 || why[MulticastAddress] != 1 || why[ServicePort] != 2 || why[Silent] != 1 {
			w.Errorf("failures %v", ea.out.Failed)
		}
		time.Sleep(time.Second)
		victim.Close()
		wg.Wait()
		if got == 0 || got > maxPackets*maxRounds || large > 0 {
			w.Errorf("the victim got %d packets, %d of them large", got, large)
		}
	})
}

// TestNobodyExpected has a stranger dial without having said anything.
func TestNobodyExpected(t *testing.T) {
	inWorld(t, fabric.Config{}, func(w *world) {
		a, b := w.peer(aliceAddr), w.peer(bobAddr)
		defer a.close()
		defer b.close()
		ctx, cancel := context.WithTimeout(w.Context(), time.Minute)
		defer cancel()
		conn, err := a.transport.Dial(ctx, b.socket.LocalAddr(), pin(a.cfg.Client, func(Fingerprint) bool { return true }), quicConfig())
		if err == nil {
			conn.CloseWithError(0, "")
			w.Error("a stranger was taken")
		}
	})
}

// TestSeveralAtOnce has one node respond to three peers.
func TestSeveralAtOnce(t *testing.T) {
	inWorld(t, fabric.Config{}, func(w *world) {
		b := w.peer(bobAddr)
		defer b.close()
		var wg sync.WaitGroup
		for _, addr := range []string{"203.0.113.11:6346", "203.0.113.12:6346", "203.0.113.13:6346"} {
			a := w.peer(addr)
			wg.Go(func() {
				defer a.close()
				sa, sb := wires(oneWay)
				ea, eb := w.punch(a, b, sa, sb)
				if ea.err != nil || eb.err != nil || ea.conn.RemoteAddr().String() != bobAddr {
					w.Errorf("%v: %v, %v", addr, ea.err, eb.err)
					return
				}
				w.wantBytes(eb.conn, ea.conn)
				eb.conn.Close()
				<-ea.conn.Done()
			})
		}
		wg.Wait()
		if len(b.waiting)+len(b.byID) != 0 {
			w.Errorf("%d attempts left behind", len(b.waiting)+len(b.byID))
		}
	})
}

// TestDelivered has somebody else read the sockets, and hand the probes over.
func TestDelivered(t *testing.T) {
	inWorld(t, fabric.Config{}, func(w *world) {
		var reading sync.WaitGroup
		ctx, cancel := context.WithCancel(w.Context())
		var peers []*peer
		for _, addr := range []string{aliceAddr, bobAddr} {
			sock, err := w.net.Host(at(addr).Addr()).ListenPacket(w.Context(), "udp", addr)
			if err != nil {
				w.Fatal(err)
			}
			tr, cfg := &quic.Transport{Conn: sock}, certificate(w.T)
			p, err := New(Config{Transport: tr, Client: cfg, Server: cfg, Deliver: true})
			if err != nil {
				w.Fatal(err)
			}
			if p.Deliver([]byte("no probe"), at(bobAddr)) || p.Deliver(probe{id: ID{1}}.appendTo(nil, roundKey{}), at(bobAddr)) {
				w.Error("took what belongs to no attempt")
			}
			reading.Go(func() {
				b := make([]byte, 2000)
				for {
					n, from, err := tr.ReadNonQUICPacket(ctx, b)
					if err != nil {
						return
					}
					p.Deliver(b[:n], addrPort(from, netip.AddrPort{}))
				}
			})
			peers = append(peers, &peer{p, tr, sock, Local{Candidates: []Candidate{{Host, at(addr)}}}})
		}
		sa, sb := wires(oneWay)
		ea, eb := w.punch(peers[0], peers[1], sa, sb)
		w.wantConnected(ea, eb)
		cancel()
		reading.Wait()
		for _, p := range peers {
			p.close()
		}
	})
}
