package relay

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"filbert/testnet/fabric"
)

const oneWay = 40 * time.Millisecond

var (
	relayAt = netip.MustParseAddrPort("10.9.0.1:6346")
	aliceAt = netip.MustParseAddr("10.1.0.1")
	bobAt   = netip.MustParseAddr("10.2.0.1")
)

// lab is a relay, alice who wants to reach bob, and bob, in virtual time.
type lab struct {
	*testing.T
	net        *fabric.Net
	ctx        context.Context
	server     *Server
	stopRelay  context.CancelFunc
	work       sync.WaitGroup
	alice, bob *peer

	mu     sync.Mutex
	served []error
	seen   bytes.Buffer // what the relay read of its peers, if tap
	tap    bool
}

// peer is one who uses the relay.
type peer struct {
	lab    *lab
	host   *fabric.Host
	key    Key
	client *Client
	mu     sync.Mutex
	dialed []netip.AddrPort
}

func inLab(t *testing.T, config ServerConfig, f func(l *lab)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := fabric.New(fabric.Config{Latency: fabric.Constant(oneWay), Settle: synctest.Wait})
		ctx, cancel := context.WithCancel(t.Context())
		l := &lab{T: t, net: n, ctx: ctx, server: NewServer(config), stopRelay: cancel}
		l.alice, l.bob = l.peer(aliceAt, 1), l.peer(bobAt, 2)
		l.serve(ctx, relayAt)
		defer n.Close()
		defer func() {
			cancel()
			l.work.Wait()
			st := l.server.Stats()
			if st.Handshakes != 0 || st.Reservations != 0 || st.Circuits != 0 || len(l.server.circuits) != 0 || len(l.server.reservations) != 0 {
				t.Errorf("the relay keeps %+v", st)
			}
			if b := l.server.budget; len(b.hosts)+len(b.networks)+len(b.peers) != 0 {
				t.Errorf("the budget keeps %v %v %v", b.hosts, b.networks, b.peers)
			}
		}()
		f(l)
	})
}

// keyOf is the key number n.
func keyOf(n int) Key {
	seed := make([]byte, ed25519.SeedSize)
	seed[0], seed[1] = byte(n), byte(n>>8)
	return Key(ed25519.NewKeyFromSeed(seed))
}

func (l *lab) peer(at netip.Addr, n int) *peer {
	p := &peer{lab: l, host: l.net.Host(at), key: keyOf(n)}
	p.client = NewClient(func(ctx context.Context, a netip.AddrPort) (net.Conn, error) {
		p.mu.Lock()
		p.dialed = append(p.dialed, a)
		p.mu.Unlock()
		return p.host.DialContext(ctx, "tcp", a.String())
	}, p.key)
	return p
}

// serve accepts what the node's port would hand over.
func (l *lab) serve(ctx context.Context, at netip.AddrPort) {
	l.Helper()
	ln, err := l.net.Host(at.Addr()).Listen(ctx, "tcp", at.String())
	if err != nil {
		l.Fatal(err)
	}
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	l.work.Go(func() {
		defer stop()
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			l.work.Go(func() { l.handle(ctx, conn) })
		}
	})
}

func (l *lab) handle(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	if l.tap {
		conn = &tapped{conn, l}
	}
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	conn.SetDeadline(time.Now().Add(HandshakeTime))
	r := bufio.NewReaderSize(conn, 4096)
	line, err := readLine(r)
	if err != nil {
		return
	}
	err = l.server.Serve(ctx, conn, r, line)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.served = append(l.served, err)
}

// tapped is a connection the relay reads along.
type tapped struct {
	net.Conn
	lab *lab
}

func (c *tapped) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.lab.mu.Lock()
	c.lab.seen.Write(p[:n])
	c.lab.mu.Unlock()
	return n, err
}

func (c *tapped) CloseWrite() error { return closeWrite(c.Conn) }

// certificate is self-signed by the peer's own key.
func certificate(key Key) tls.Certificate {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Date(2049, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	private := ed25519.PrivateKey(key)
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}
}

var errPin = errors.New("another key")

// pinning is a configuration that lets one peer pass, or with nil any.
func pinning(own Key, other *PeerID) *tls.Config {
	c := &tls.Config{
		Certificates: []tls.Certificate{certificate(own)}, InsecureSkipVerify: true, ClientAuth: tls.RequireAnyClientCert,
		SessionTicketsDisabled: true,
	}
	c.VerifyConnection = func(s tls.ConnectionState) error {
		key, ok := s.PeerCertificates[0].PublicKey.(ed25519.PublicKey)
		if other != nil && (!ok || PeerID(key) != *other) {
			return errPin
		}
		return nil
	}
	return c
}

func (p *peer) listen() *Listener {
	p.lab.Helper()
	ln, err := p.tryListen()
	if err != nil {
		p.lab.Fatal(err)
	}
	return ln
}

func (p *peer) tryListen() (*Listener, error) {
	return p.client.Listen(p.lab.ctx, relayAt, ListenConfig{TLS: pinning(p.key, nil)})
}

func (p *peer) dial(to *peer) (*Conn, error) {
	id := to.key.Peer()
	return p.client.Dial(p.lab.ctx, relayAt, id, pinning(p.key, &id))
}

// meet returns both ends of a circuit.
func (l *lab) meet(ln *Listener) (a *Conn, b net.Conn) {
	l.Helper()
	a, err := l.alice.dial(l.bob)
	if err != nil {
		l.Fatal(err)
	}
	if b, err = ln.Accept(); err != nil {
		l.Fatal(err)
	}
	return a, b
}

// raw says lines to the relay and returns the connection.
func (p *peer) raw(text string) net.Conn {
	p.lab.Helper()
	conn, err := p.host.DialContext(p.lab.ctx, "tcp", relayAt.String())
	if err != nil {
		p.lab.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		p.lab.Fatal(err)
	}
	return conn
}

func connectLine(to *peer) string { return fmt.Sprintf("RELAY/0.1 CONNECT %v\r\n\r\n", to.key.Peer()) }

// wantAnswer reads the status of an answer.
func (l *lab) wantAnswer(conn net.Conn, want Status) *bufio.Reader {
	l.Helper()
	r := bufio.NewReader(conn)
	line, err := readLine(r)
	if err != nil {
		l.Fatalf("read an answer: %v, want %v", err, want)
	}
	status, _, err := parseStatus(line)
	if err != nil || status != want {
		l.Errorf("answer %q, want %v", line, want)
	}
	if _, err := readBlock(r); err != nil {
		l.Error(err)
	}
	return r
}

func (l *lab) wantStatus(err error, want Status) {
	l.Helper()
	if status := (*StatusError)(nil); !errors.As(err, &status) || status.Code != want {
		l.Errorf("error %v, want %d %v", err, int(want), want)
	}
}

// settle lets what is under way arrive.
func (l *lab) settle() { l.pass(time.Second + time.Millisecond) }

// pass lets virtual time pass.
func (l *lab) pass(d time.Duration) { time.Sleep(d) }

func wantBytes(t testing.TB, r io.Reader, want []byte) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("read %d bytes of %d: %v", n, len(want), err)
	}
}
