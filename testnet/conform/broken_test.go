package conform

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"filbert/overlay/wire"
)

// fault is one thing that a servent does wrong. What is nil is done right.
type fault struct {
	ours   func(b *block)              // spoils a block of ours before the servent has it
	theirs func(b *block)              // spoils a block of the servent
	send   func(f wire.Frame) []frame  // what becomes of a frame of ours
	recv   func(f wire.Frame) []frame  // what becomes of a frame of the servent's
	keep   bool                        // connections stay when the servent closes
	body   func(b []byte) []byte       // spoils what follows the servent's HTTP head
	reply  func(first string) []string // lines it says to a first line instead of anything else
}

// frame is a frame on its way through a broken servent.
type frame struct {
	wire.Frame
	way way
}

// way is where a frame goes.
type way int

const (
	onward    way = iota // where it was going
	back                 // to where it came from
	elsewhere            // to all other connections
)

func pass(f wire.Frame) []frame { return []frame{{f, onward}} }

// broken is a servent with a fault: a sound one behind a proxy that spoils what
// passes. It listens at another loopback address, with the port of the sound
// one, so that addresses in messages stay right.
type broken struct {
	fault fault
	to    string
	work  sync.WaitGroup
	mu    sync.Mutex
	ends  map[*spoiled]bool
}

// spoiled is one connection through it.
type spoiled struct {
	client, servent net.Conn
	mu              sync.Mutex // on writes to client
}

func (s *spoiled) tell(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.client.Write(b)
}

// spoil starts a broken servent in front of a sound one.
func spoil(t *testing.T, sound netip.AddrPort, f fault) netip.AddrPort {
	t.Helper()
	l := twin(t, sound)
	s := &broken{fault: f, to: sound.String(), ends: map[*spoiled]bool{}}
	s.work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.work.Go(func() { s.serve(c) })
		}
	})
	t.Cleanup(func() { // runs when the test is over
		l.Close()
		s.mu.Lock()
		for e := range s.ends {
			e.client.Close()
			e.servent.Close()
		}
		s.mu.Unlock()
		s.work.Wait()
	})
	return netip.MustParseAddrPort(l.Addr().String())
}

// twin listens at another loopback address, with the port of one.
func twin(t *testing.T, one netip.AddrPort) net.Listener {
	t.Helper()
	for i := byte(2); ; i++ {
		l, err := net.Listen("tcp", netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 1, i}), one.Port()).String())
		switch {
		case err == nil:
			return l
		case i < 255 && errors.Is(err, syscall.EADDRINUSE):
		case os.Getenv("FILBERT_REQUIRE_ALL") == "":
			t.Skipf("there is no second loopback address here: %v", err)
		default:
			t.Fatal(err)
		}
	}
}

func (s *broken) serve(client net.Conn) {
	servent, err := net.Dial("tcp", s.to)
	if err != nil {
		client.Close()
		return
	}
	e := &spoiled{client: client, servent: servent}
	s.mu.Lock()
	s.ends[e] = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.ends, e)
		s.mu.Unlock()
		client.Close()
		servent.Close()
	}()
	ours, theirs := bufio.NewReaderSize(client, maxLine), bufio.NewReaderSize(servent, maxLine)
	hello, err := readBlock(ours)
	if err != nil {
		return
	}
	if s.fault.reply != nil {
		if lines := s.fault.reply(hello.first); lines != nil {
			e.tell([]byte(strings.Join(lines, "\r\n") + "\r\n\r\n"))
			io.Copy(io.Discard, client)
			return
		}
	}
	if !strings.HasPrefix(hello.first, "GNUTELLA") {
		s.web(e, hello, ours, theirs)
		return
	}
	plain(&hello)
	servent.Write(hello.spoilt(s.fault.ours))
	answer, err := readBlock(theirs)
	if err != nil {
		s.stay(client)
		return
	}
	plain(&answer)
	e.tell(answer.spoilt(s.fault.theirs))
	if !answer.welcome() {
		s.stay(client)
		return
	}
	third, err := readBlock(ours)
	if err != nil {
		return
	}
	servent.Write(third.spoilt(s.fault.ours))
	s.work.Go(func() {
		s.frames(theirs, s.fault.recv, func(b []byte) { e.tell(b) }, func(b []byte) { servent.Write(b) }, e)
		s.stay(client)
		client.Close()
	})
	s.frames(ours, s.fault.send, func(b []byte) { servent.Write(b) }, e.tell, e)
	s.stay(client)
}

// plain takes back what would hide frames from the proxy.
func plain(b *block) {
	for _, name := range []string{"Accept-Encoding", "Upgrade", "Connection"} {
		drop(name)(b)
	}
	for i, line := range b.lines {
		b.lines[i] = strings.ReplaceAll(line, ", tls/1.0", "")
	}
}

// stay holds a connection open that should be closed.
func (s *broken) stay(client net.Conn) {
	if s.fault.keep {
		io.Copy(io.Discard, client)
	}
}

// frames passes frames on until the end.
func (s *broken) frames(src io.Reader, spoil func(wire.Frame) []frame, onto, backTo func([]byte), e *spoiled) {
	if spoil == nil {
		spoil = pass
	}
	frames := wire.NewReader(src)
	for {
		batch, err := frames.ReadBatch()
		if err != nil {
			return
		}
		for len(batch) > 0 {
			f, rest, err := wire.SplitFrame(batch)
			if err != nil {
				return
			}
			batch = rest
			for _, out := range spoil(append(wire.Frame(nil), f...)) {
				switch out.way {
				case onward:
					onto(out.Frame)
				case back:
					backTo(out.Frame)
				case elsewhere:
					s.others(e, out.Frame)
				}
			}
		}
	}
}

func (s *broken) others(from *spoiled, f wire.Frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for e := range s.ends {
		if e != from {
			e.tell(f)
		}
	}
}

// web passes HTTP on, one answer after the other.
func (s *broken) web(e *spoiled, request block, ours, theirs *bufio.Reader) {
	for {
		method, _, _ := strings.Cut(request.first, " ")
		e.servent.Write(request.spoilt(s.fault.ours))
		r := &response{}
		var err error
		if r.block, err = readBlock(theirs); err != nil {
			s.stay(e.client)
			return
		}
		if n := r.length(); n > 0 && method != "HEAD" {
			r.body = make([]byte, n)
			if _, err := io.ReadFull(theirs, r.body); err != nil {
				return
			}
		}
		if s.fault.body != nil {
			r.body = s.fault.body(r.body)
		}
		e.tell(append(r.spoilt(s.fault.theirs), r.body...))
		if r.lists("Connection", "close") || strings.HasSuffix(request.first, " HTTP/1.0") {
			s.stay(e.client)
			return
		}
		if request, err = readBlock(ours); err != nil {
			return
		}
	}
}

// spoilt is the block as bytes, with a fault.
func (b block) spoilt(spoil func(*block)) []byte {
	if spoil != nil {
		spoil(&b)
	}
	return []byte(strings.Join(append([]string{b.first}, b.lines...), "\r\n") + "\r\n\r\n")
}

// drop takes the lines of a header away, replace puts others in their place.
func drop(name string) func(*block) { return replace(name) }

func replace(name string, lines ...string) func(*block) {
	return func(b *block) {
		var kept []string
		for _, line := range b.lines {
			if !strings.HasPrefix(strings.ToLower(line), strings.ToLower(name)+":") {
				kept = append(kept, line)
			}
		}
		b.lines = append(kept, lines...)
	}
}

// first changes the first line of a block.
func first(from, to string) func(*block) {
	re := regexp.MustCompile(from)
	return func(b *block) { b.first = re.ReplaceAllString(b.first, to) }
}

// when changes frames of one type and passes the others on.
func when(kind wire.Type, change func(f wire.Frame) []frame) func(wire.Frame) []frame {
	return func(f wire.Frame) []frame {
		if f.Type() != kind {
			return pass(f)
		}
		return change(f)
	}
}

// the ways a frame goes wrong.
var (
	lost   = func(wire.Frame) []frame { return nil }
	twice  = func(f wire.Frame) []frame { return []frame{{f, onward}, {f, onward}} }
	echoed = func(f wire.Frame) []frame { return []frame{{f, onward}, {f, back}} }
	spread = func(f wire.Frame) []frame { return []frame{{f, onward}, {f, elsewhere}} }
	ttl    = func(ttl wire.TTL) func(wire.Frame) []frame {
		return func(f wire.Frame) []frame { f.SetTTL(ttl, f.Hops()); return pass(f) }
	}
	hops = func(h wire.Hops) func(wire.Frame) []frame {
		return func(f wire.Frame) []frame { f.SetTTL(f.TTL(), h); return pass(f) }
	}
	flip = func(at int) func(wire.Frame) []frame {
		return func(f wire.Frame) []frame { f[at] ^= 0x55; return pass(f) }
	}
	flipEnd = func(f wire.Frame) []frame { f[len(f)-1] ^= 0x55; return pass(f) }
)
