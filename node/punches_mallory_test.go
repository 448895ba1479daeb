package node_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"filbert/nat/proxy"
	"filbert/nat/punch"
	"filbert/node"
	"filbert/overlay/identity"
	"filbert/testnet/fabric"
)

// mallory plays a push proxy, or somebody who asks one, and keeps what she hears.
type mallory struct {
	*town
	network node.Network
	at      netip.AddrPort
	work    sync.WaitGroup

	mu    sync.Mutex     // Below.
	heard [][]byte       // words of who asks
	says  []byte         // what she answers to each
	to    netip.AddrPort // where she passes words on instead, if anywhere
}

// plan changes what she does from now on.
func (m *mallory) plan(says []byte, to netip.AddrPort) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.heard, m.says, m.to = nil, says, to
}

// words is what she heard.
func (m *mallory) words() [][]byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.heard
}

// mallory moves in on the next host.
func (tn *town) mallory() *mallory {
	tn.t.Helper()
	tn.count++
	network, listen := tn.host(tn.count)
	m := &mallory{town: tn, network: network, at: netip.MustParseAddrPort(listen)}
	l, err := network.Listen(tn.t.Context(), "tcp", listen)
	if err != nil {
		tn.t.Fatal(err)
	}
	tn.stops = append(tn.stops, func() { l.Close(); m.work.Wait() })
	m.work.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			m.work.Go(func() { m.serve(conn) })
		}
	})
	return m
}

// serve has one talk with somebody who takes her for a push proxy.
func (m *mallory) serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	hello, err := in.ReadString('\n')
	if err != nil {
		return
	}
	var beyond net.Conn
	m.mu.Lock()
	says, to := m.says, m.to
	m.mu.Unlock()
	if to.IsValid() {
		if beyond, err = m.network.DialContext(m.t.Context(), "tcp", to.String()); err != nil {
			return
		}
		defer beyond.Close()
		io.WriteString(beyond, hello)
		m.work.Go(func() { io.Copy(conn, beyond); conn.Close() })
	} else {
		conn.Write(proxy.AppendStatus(nil, proxy.OK))
	}
	for {
		word, err := readWord(in)
		if err != nil {
			return
		}
		m.mu.Lock()
		m.heard = append(m.heard, word)
		m.mu.Unlock()
		if beyond != nil {
			writeWord(beyond, word)
		} else {
			writeWord(conn, says)
		}
	}
}

func readWord(r io.Reader) ([]byte, error) {
	var n [2]byte
	if _, err := io.ReadFull(r, n[:]); err != nil {
		return nil, err
	}
	word := make([]byte, binary.BigEndian.Uint16(n[:]))
	_, err := io.ReadFull(r, word)
	return word, err
}

func writeWord(w io.Writer, word []byte) {
	w.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(word))), word...))
}

// probed is how many probes, and answers of STUN servers, came to a node.
func (tn *town) probed(c *citizen) uint64 {
	tn.t.Helper()
	s, err := c.Status(tn.t.Context())
	if err != nil {
		tn.t.Fatal(err)
	}
	return s.UDP.STUN.Received
}

// asks opens a talk with a servent at a push proxy, and returns what that says first.
func (m *mallory) asks(at netip.AddrPort, servent [16]byte) (net.Conn, *bufio.Reader, string) {
	m.t.Helper()
	conn, err := m.network.DialContext(m.t.Context(), "tcp", at.String())
	if err != nil {
		m.t.Fatal(err)
	}
	conn.Write(proxy.AppendHello(nil, servent))
	in := bufio.NewReader(conn)
	line, err := in.ReadString('\n')
	if err != nil {
		m.t.Fatal(err)
	}
	return conn, in, strings.TrimSpace(line)
}

// forges is an Answer as somebody else than the one who is asked can make it, with an address
// of a third.
func forges(t *testing.T, victim netip.AddrPort) []byte {
	t.Helper()
	id, err := identity.New(bytes.NewReader(bytes.Repeat([]byte{66}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	a, err := proxy.NewAsker(id.SealKey().PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	b, err := proxy.NewAsked(id.SealKey())
	if err != nil {
		t.Fatal(err)
	}
	offer, err := a.Seal(punch.Message{Type: punch.Offer, Round: 1}.AppendTo(nil))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Open(offer); err != nil {
		t.Fatal(err)
	}
	word, err := b.Seal(punch.Message{Type: punch.Answer, Round: 1, Candidates: []punch.Candidate{{Kind: punch.Reflexive, Addr: victim}}}.AppendTo(nil))
	if err != nil {
		t.Fatal(err)
	}
	return word
}

// TestProxyBetween: a push proxy of evil intent is not the servent that is asked for, has
// nobody send anything to a third, and makes nothing of words that it keeps; asked by many
// talks, an honest one passes on few.
func TestProxyBetween(t *testing.T) {
	amongNATs(t, 3, fabric.PortRestricted(), func(t *testing.T, tn *town) {
		boris := tn.movesAs(nil, asUltrapeer)
		bruno := tn.movesAs(nil, asUltrapeer, boris)
		m := tn.mallory()
		victim, err := m.network.ListenPacket(t.Context(), "udp", m.at.String())
		if err != nil {
			t.Fatal(err)
		}
		defer victim.Close()
		clara := tn.movesAs(fstest.MapFS{"Blue Song.ogg": file(noise(9_000))}, asLeaf, boris, bruno)
		anna := tn.movesAs(nil, asLeaf, boris, bruno)
		dora := tn.movesAs(nil, asLeaf, boris, bruno)
		tn.linked(anna, 2)
		tn.linked(dora, 2)
		tn.shares(clara, 1)
		tn.answers(boris)
		tn.answers(bruno)
		tn.punchable(anna, "blue song", 2)
		src := tn.finds(anna, "blue song", 1).Sources[0]
		tn.until("both know that nobody can connect to them", func() bool {
			return tn.explains(anna, src) == "helped: punch 0s" && tn.explains(dora, src) == "helped: punch 0s"
		})
		src.PunchProxies = []netip.AddrPort{m.at}

		// She answers in the place of clara.
		m.plan(forges(t, m.at), netip.AddrPort{})
		if conn, err := dora.Reach(t.Context(), src); err == nil {
			conn.Close()
			t.Error("somebody else is taken for clara")
		} else if len(m.words()) == 0 || !strings.Contains(err.Error(), "no signal") {
			t.Errorf("after %d words: %v", len(m.words()), err)
		}
		victim.SetReadDeadline(time.Now().Add(time.Second))
		if n, from, err := victim.ReadFrom(make([]byte, 2000)); err == nil {
			t.Errorf("%d bytes from %v went where a forged answer says", n, from)
		}

		// She passes words on and keeps them.
		m.plan(nil, boris.Addr())
		conn, err := anna.Reach(t.Context(), src)
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
		heard := m.words()
		if len(heard) != 2 || len(heard[0]) < 100 || len(heard[1]) > 50 {
			t.Fatalf("heard %x", heard)
		}
		offer, sync := heard[0], heard[1]
		for name, at := range map[string]netip.AddrPort{"anna": anna.Addr(), "her NAT": netip.MustParseAddrPort(fmt.Sprintf("9.%d.1.1:7000", 5))} {
			if bytes.Contains(offer, at.Addr().AsSlice()) {
				t.Errorf("the address of %s can be read on the way", name)
			}
		}

		// Later she says them again. Clara answers, and sends nothing to anna.
		before, probes := tn.paths(clara), tn.probed(anna)
		talk, in, status := m.asks(boris.Addr(), src.Servent)
		if status != "PUNCH/0.1 200 OK" {
			t.Fatalf("asked again: %s", status)
		}
		writeWord(talk, offer)
		if _, err := readWord(in); err != nil {
			t.Errorf("an Offer that was said before: %v", err)
		}
		writeWord(talk, sync)
		tn.until("clara has given it up", func() bool { return tn.paths(clara).Failed > before.Failed })
		if p := tn.paths(clara); p.Opened != before.Opened || tn.probed(anna) != probes {
			t.Errorf("clara has %+v, and had %+v; anna was sent %d probes", p, before, tn.probed(anna)-probes)
		}
		talk.Close()

		// She asks without an end, with noise. She is turned away, nobody is called, and clara
		// says nothing.
		for range 2 {
			began := time.Now()
			tn.until("half a minute is over", func() bool { return time.Since(began) > 30*time.Second })
		}
		taken, refused := 0, 0
		for range 60 {
			talk, in, status := m.asks(boris.Addr(), src.Servent)
			switch status {
			case "PUNCH/0.1 200 OK":
				taken++
				writeWord(talk, bytes.Repeat([]byte{1}, proxy.MaxWord))
				talk.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
				if word, err := readWord(in); err == nil {
					t.Errorf("noise is answered by %x", word)
				}
			case "PUNCH/0.1 429 too often":
				refused++
			default:
				t.Errorf("said %s", status)
			}
			talk.Close()
		}
		if taken == 0 || taken > 15 || taken+refused != 60 {
			t.Errorf("%d of 60 talks were passed on, %d refused", taken, refused)
		}
		if _, _, status := m.asks(boris.Addr(), [16]byte{1}); status != "PUNCH/0.1 404 no such servent here" && status != "PUNCH/0.1 429 too often" {
			t.Errorf("for a stranger: %s", status)
		}
	})
}
