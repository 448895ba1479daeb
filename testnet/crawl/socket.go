package crawl

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"filbert/overlay/wire"
)

// socket asks hosts by UDP. A reader goroutine gives each answer to the visit
// that asked.
type socket struct {
	pc   net.PacketConn
	work sync.WaitGroup

	mu      sync.Mutex
	waiting map[wire.GUID]question
}

// question is a visit that waits for an answer.
type question struct {
	to     netip.AddrPort
	answer chan Report // has room for one
}

func openSocket(ctx context.Context, n Network) (*socket, error) {
	pc, err := n.ListenPacket(ctx, "udp", ":0")
	if err != nil {
		return nil, fmt.Errorf("crawl: %w", err)
	}
	s := &socket{pc: pc, waiting: make(map[wire.GUID]question)}
	s.work.Go(s.read)
	return s, nil
}

// close ends the socket and waits for its reader.
func (s *socket) close() {
	s.pc.Close()
	s.work.Wait()
}

func (s *socket) read() {
	buf := make([]byte, maxDatagram)
	for {
		n, from, err := s.pc.ReadFrom(buf)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			continue // an ICMP error of an earlier question, say
		}
		if addr, ok := from.(*net.UDPAddr); ok {
			s.received(unmap(addr.AddrPort()), buf[:n])
		}
	}
}

// received takes one datagram: the answer to a question has its GUID, and comes
// from the host that was asked.
func (s *socket) received(from netip.AddrPort, payload []byte) {
	frame, rest, err := wire.SplitFrame(payload)
	if err != nil || len(rest) != 0 || frame.Type() != wire.TypeVendor {
		return
	}
	s.mu.Lock()
	q, ok := s.waiting[frame.GUID()]
	s.mu.Unlock()
	if !ok || q.to.Addr() != from.Addr() {
		return
	}
	m, err := wire.Parse(frame.Type(), frame.Payload())
	v, isVendor := m.(*wire.Vendor)
	if err != nil || !isVendor || v.ID != wire.VendorCrawlerPong {
		return
	}
	report, err := parseCrawlerPong(v.Data)
	if err != nil {
		return
	}
	select {
	case q.answer <- report:
	default: // it answered before
	}
}

// ask asks one host and waits for its answer.
func (s *socket) ask(ctx context.Context, to netip.AddrPort, guid wire.GUID) (Report, error) {
	ctx, cancel := context.WithTimeout(ctx, datagramWait)
	defer cancel()
	q := question{to, make(chan Report, 1)}
	s.mu.Lock()
	s.waiting[guid] = q
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.waiting, guid)
	}()
	if _, err := s.pc.WriteTo(crawlerPing(guid), net.UDPAddrFromAddrPort(to)); err != nil {
		return Report{}, err
	}
	select {
	case r := <-q.answer:
		return r, nil
	case <-ctx.Done():
		return Report{}, errSilent
	}
}

var errSilent = errors.New("no answer to a crawler ping")
