package fabric

import (
	"context"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"
)

// chatter is a small node: it talks to its neighbors over TCP, answers, forwards, and sends datagrams to anybody. One
// loop owns its state; each connection has a reader goroutine.
type chatter struct {
	host  *Host
	rng   *rand.Rand
	all   []netip.Addr // every host
	peers []netip.Addr // those to dial
	inbox chan any     // net.Conn: a new neighbor; message: from one
	links []net.Conn
	heard map[uint64]bool // messages seen

	restless bool // closes a connection now and then
}

// message is what chatters send each other: an identity, and how far it still goes.
type message struct {
	id  uint64
	ttl uint64
}

const (
	chatterPort = 6346
	messageSize = 16
)

func (m message) bytes() []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, m.id), m.ttl)
}

func parseMessage(b []byte) message {
	return message{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}
}

func (c *chatter) address(a netip.Addr) string { return netip.AddrPortFrom(a, chatterPort).String() }

// run chats until ctx ends. Every period it floods a new message as far as ttl hops, and sends a datagram.
func (c *chatter) run(ctx context.Context, period time.Duration, ttl uint64) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	l, err := c.host.Listen(ctx, "tcp", c.address(c.host.addr))
	if err != nil {
		return err
	}
	defer l.Close()
	udp, err := c.host.ListenPacket(ctx, "udp", c.address(c.host.addr))
	if err != nil {
		return err
	}
	defer udp.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			c.post(ctx, conn)
		}
	})
	wg.Go(func() { c.answer(udp) })
	for _, p := range c.peers { // all at once
		wg.Go(func() {
			conn, err := c.host.DialContext(ctx, "tcp", c.address(p))
			if err == nil {
				c.post(ctx, conn)
			}
		})
	}
	c.loop(ctx, &wg, udp, period, ttl)
	for _, conn := range c.links {
		conn.Close()
	}
	return nil
}

func (c *chatter) post(ctx context.Context, event any) {
	select {
	case c.inbox <- event:
	case <-ctx.Done():
		if conn, ok := event.(net.Conn); ok {
			conn.Close()
		}
	}
}

func (c *chatter) loop(ctx context.Context, wg *sync.WaitGroup, udp net.PacketConn, period time.Duration, ttl uint64) {
	tick := time.NewTicker(period)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			c.flood(message{c.rng.Uint64(), ttl})
			to := c.all[c.rng.IntN(len(c.all))]
			udp.WriteTo(message{c.rng.Uint64(), 1}.bytes(), net.UDPAddrFromAddrPort(netip.AddrPortFrom(to, chatterPort)))
			if c.restless && c.rng.IntN(8) == 0 && len(c.links) > 0 {
				c.links[c.rng.IntN(len(c.links))].Close()
			}
		case event := <-c.inbox:
			switch event := event.(type) {
			case net.Conn:
				c.links = append(c.links, event)
				wg.Go(func() { c.read(ctx, event) })
			case message:
				if !c.heard[event.id] && event.ttl > 0 {
					c.flood(message{event.id, event.ttl - 1})
				}
			}
		}
	}
}

// flood sends a message to all neighbors, in two writes each.
func (c *chatter) flood(m message) {
	c.heard[m.id] = true
	b := m.bytes()
	for _, conn := range c.links {
		conn.Write(b[:messageSize/2])
		conn.Write(b[messageSize/2:])
	}
}

func (c *chatter) read(ctx context.Context, conn net.Conn) {
	p := make([]byte, messageSize)
	for {
		if _, err := io.ReadFull(conn, p); err != nil {
			return
		}
		c.post(ctx, parseMessage(p))
	}
}

// answer echoes datagrams once.
func (c *chatter) answer(udp net.PacketConn) {
	p := make([]byte, messageSize)
	for {
		n, from, err := udp.ReadFrom(p)
		if err != nil {
			return
		}
		if m := parseMessage(p[:n]); m.ttl > 0 {
			udp.WriteTo(message{m.id, m.ttl - 1}.bytes(), from)
		}
	}
}

// hostsOf returns the addresses of the hosts numbered from to below to.
func hostsOf(from, to int) []netip.Addr {
	var all []netip.Addr
	for i := from; i < to; i++ {
		all = append(all, netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}))
	}
	return all
}

// chat runs hosts chatters of a ring, each with links connections, for a time, and returns when they ended. It must
// be called in a bubble. At half time it calls middle.
func chat(n *Net, hosts, links int, d, period time.Duration, ttl uint64, restless bool, middle func()) {
	all := hostsOf(0, hosts)
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	for i, addr := range all {
		c := &chatter{
			host: n.Host(addr), rng: rand.New(rand.NewPCG(n.cfg.Seed, uint64(i))), all: all,
			inbox: make(chan any), heard: make(map[uint64]bool), restless: restless,
		}
		for j := range links / 2 {
			c.peers = append(c.peers, all[(i+1+j*j)%hosts])
		}
		wg.Go(func() {
			if err := c.run(ctx, period, ttl); err != nil {
				panic(err)
			}
		})
	}
	<-time.After(d / 2)
	middle()
	<-time.After(d / 2)
	cancel()
	wg.Wait()
}
