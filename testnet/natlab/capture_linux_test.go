package natlab

import (
	"cmp"
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const (
	captureBuffer = 64 << 20               // bytes that the kernel may hold of packets
	capturePoll   = 100 * time.Millisecond // how long the capture waits until it looks whether it shall end
	packetBytes   = 1 << 17                // more than a packet has, those that a network card would cut included
)

// capture is all IPv4 packets that come to a namespace from outside, with the time.
type capture struct {
	work sync.WaitGroup
	stop chan struct{}

	mu      sync.Mutex
	packets []captured
}

type captured struct {
	at time.Time
	b  []byte // from the IP header on
}

// from is what comes after an offset.
func (t *tape) from(offset int) *tape {
	out := &tape{data: t.data[offset:]}
	for i, end := range t.ends {
		if end > offset {
			out.ends, out.at = append(out.ends, end-offset), append(out.at, t.at[i])
		}
	}
	return out
}

// listenIn begins to capture what comes to a namespace. Of what passes through a router each packet is there once.
func listenIn(t *testing.T, s *space) *capture {
	t.Helper()
	c := &capture{stop: make(chan struct{})}
	var fd int
	err := s.in(func() (err error) {
		ip := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, unix.ETH_P_IP))
		fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, int(ip))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	wait := unix.NsecToTimeval(capturePoll.Nanoseconds())
	if err := errors.Join(unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, captureBuffer),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait)); err != nil {
		t.Fatal(err)
	}
	c.work.Go(func() {
		defer unix.Close(fd)
		c.read(fd)
	})
	return c
}

func (c *capture) read(fd int) {
	b := make([]byte, packetBytes)
	for {
		select {
		case <-c.stop:
			return
		default:
		}
		n, from, err := unix.Recvfrom(fd, b, 0)
		if err != nil {
			continue // nothing came, or a signal
		}
		if ll, ok := from.(*unix.SockaddrLinklayer); ok && ll.Pkttype == unix.PACKET_HOST {
			c.mu.Lock()
			c.packets = append(c.packets, captured{time.Now(), slices.Clone(b[:n])})
			c.mu.Unlock()
		}
	}
}

// end stops it.
func (c *capture) end() {
	close(c.stop)
	c.work.Wait()
}

// flow is one direction of a TCP connection.
type flow struct{ from, to netip.AddrPort }

func (f flow) back() flow { return flow{f.to, f.from} }

// segment is a part of a flow.
type segment struct {
	seq  uint32
	syn  bool
	at   time.Time
	data []byte
}

// tape is what was sent in one direction, in order, and when each part of it came.
type tape struct {
	data []byte
	ends []int // of each part
	at   []time.Time
}

// when tells when the byte before an offset came.
func (t *tape) when(end int) time.Time {
	i, _ := slices.BinarySearch(t.ends, end)
	return t.at[min(i, len(t.at)-1)]
}

// tapes puts the flows together whose beginning was captured, each up to its first gap.
func (c *capture) tapes() map[flow]*tape {
	c.mu.Lock()
	packets := c.packets
	c.mu.Unlock()
	segments := map[flow][]segment{}
	for _, p := range packets {
		if f, s, ok := parseSegment(p); ok {
			segments[f] = append(segments[f], s)
		}
	}
	out := map[flow]*tape{}
	for f, all := range segments {
		first := slices.IndexFunc(all, func(s segment) bool { return s.syn })
		if first < 0 {
			continue
		}
		start := all[first].seq + 1
		slices.SortStableFunc(all, func(a, b segment) int { return cmp.Compare(int32(a.seq-start), int32(b.seq-start)) })
		t := new(tape)
		for _, s := range all {
			offset := int(int32(s.seq - start))
			if s.syn || offset > len(t.data) || offset < 0 || offset+len(s.data) <= len(t.data) {
				continue
			}
			t.data = append(t.data, s.data[len(t.data)-offset:]...)
			t.ends, t.at = append(t.ends, len(t.data)), append(t.at, s.at)
		}
		out[f] = t
	}
	return out
}

func parseSegment(p captured) (f flow, s segment, ok bool) {
	const ipHeader, tcpHeader, syn = 20, 20, 2
	b := p.b
	if len(b) < ipHeader || b[9] != unix.IPPROTO_TCP {
		return f, s, false
	}
	head, total := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
	from, to := netip.AddrFrom4([4]byte(b[12:])), netip.AddrFrom4([4]byte(b[16:]))
	if total == 0 || total > len(b) { // larger than the field can tell
		total = len(b)
	}
	if b = b[min(head, total):total]; len(b) < tcpHeader {
		return f, s, false
	}
	f = flow{netip.AddrPortFrom(from, binary.BigEndian.Uint16(b)), netip.AddrPortFrom(to, binary.BigEndian.Uint16(b[2:]))}
	data := int(b[12]>>4) * 4
	return f, segment{binary.BigEndian.Uint32(b[4:]), b[13]&syn != 0, p.at, b[min(data, len(b)):]}, true
}
