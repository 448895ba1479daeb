package process

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

const (
	messageHead = 23        // bytes: GUID, type, TTL, hops, length
	typeBye     = 0x02      // would end the link
	shoutBytes  = 256 << 10 // thrown over one connection
)

// heckler throws bytes at a node.
type heckler struct {
	addr   string
	rnd    *rand.Rand
	raw    [][]byte // real conversations: handshakes and messages, some deflated
	frames [][]byte // whole messages of them
	heads  [][]byte // real requests of HTTP
	thrown atomic.Int64
}

func newHeckler(addr string) *heckler { return &heckler{addr: addr, rnd: rand.New(rand.NewPCG(1, 2))} }

// learn reads the traffic that is mutated.
func (h *heckler) learn(t *testing.T) {
	t.Helper()
	read := func(pattern ...string) (all [][]byte) {
		names, err := filepath.Glob(filepath.Join(append([]string{"..", ".."}, pattern...)...))
		if err != nil || len(names) == 0 {
			t.Fatalf("no captures to mutate: %v", err)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, b)
		}
		return all
	}
	h.raw = read("overlay", "wire", "testdata", "captures", "*.bin")
	h.heads = read("transfer", "upload", "testdata", "*.bin")
	for _, pattern := range []string{"plain-gnet-*.bin", "push-gnet-*.bin"} {
		for _, b := range read("overlay", "wire", "testdata", "captures", pattern) {
			for bytes.HasPrefix(b, []byte("GNUTELLA")) { // blocks of the handshake
				_, b, _ = bytes.Cut(b, []byte("\r\n\r\n"))
			}
			for len(b) >= messageHead {
				n := messageHead + int(binary.LittleEndian.Uint32(b[19:]))
				if n > len(b) {
					break
				}
				if b[16] != typeBye {
					h.frames = append(h.frames, b[:n])
				}
				b = b[n:]
			}
		}
	}
	if len(h.frames) < 50 {
		t.Fatalf("only %d messages in the captures", len(h.frames))
	}
}

// noise is size bytes of pure chance.
func (h *heckler) noise(size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(h.rnd.Uint32())
	}
	return b
}

// scraps is size bytes of real conversations, cut anywhere, with some bits
// turned.
func (h *heckler) scraps(size int) []byte {
	var b []byte
	for len(b) < size {
		piece := h.raw[h.rnd.IntN(len(h.raw))]
		from := h.rnd.IntN(len(piece))
		b = append(b, piece[from:from+h.rnd.IntN(len(piece)-from)+1]...)
	}
	return h.flip(b[:size])
}

// messages is about size bytes of messages, each with a GUID of its own and some
// of its bytes changed, cut, repeated or spliced with another's; the length in
// its head is nearly always right, so that the stream can be read on.
func (h *heckler) messages(size int) []byte {
	var b []byte
	for len(b) < size {
		frame := h.frames[h.rnd.IntN(len(h.frames))]
		head, payload := bytes.Clone(frame[:messageHead]), bytes.Clone(frame[messageHead:])
		copy(head, h.noise(16))
		switch h.rnd.IntN(8) {
		case 0:
			payload = payload[:h.rnd.IntN(len(payload)+1)]
		case 1:
			other := h.frames[h.rnd.IntN(len(h.frames))][messageHead:]
			payload = append(payload, other[:h.rnd.IntN(len(other)+1)]...)
		case 2:
			payload = append(payload, h.noise(h.rnd.IntN(300))...)
		case 3:
			if head[16] = byte(h.rnd.Uint32()); head[16] == typeBye {
				head[16]++
			}
		case 4:
			head[17], head[18] = byte(h.rnd.IntN(8)), byte(h.rnd.IntN(8)) // TTL and hops
		}
		if len(payload) > 0 && h.rnd.IntN(4) > 0 {
			payload = h.flip(payload)
		}
		binary.LittleEndian.PutUint32(head[19:], uint32(len(payload)))
		b = append(append(b, head...), payload...)
	}
	return b
}

// requests is about size bytes of requests of HTTP, most of them mutated.
func (h *heckler) requests(size int) []byte {
	var b []byte
	for len(b) < size {
		head := bytes.Clone(h.heads[h.rnd.IntN(len(h.heads))])
		first := bytes.IndexByte(head, '\n') + 1
		if h.rnd.IntN(4) > 0 && first < len(head) {
			h.flip(head[first:])
		}
		b = append(b, head...)
	}
	return b
}

// flip turns up to 20 bits of b, in place.
func (h *heckler) flip(b []byte) []byte {
	for range 1 + h.rnd.IntN(20) {
		b[h.rnd.IntN(len(b))] ^= 1 << h.rnd.IntN(8)
	}
	return b
}

// shout opens a connection and throws bytes until the node has enough: as a
// neighbor, as a downloader, or without any manners.
func (h *heckler) shout(round int) {
	conn, err := net.DialTimeout("tcp", h.addr, time.Second)
	if err != nil {
		return
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Second)) // an error shows at the write
	var material []byte
	switch round % 6 {
	case 0, 1, 2:
		if h.greet(conn) != nil {
			return
		}
		if material = h.messages(shoutBytes); round%6 == 2 {
			material = h.scraps(shoutBytes)
		}
	case 3:
		material = h.requests(shoutBytes)
	case 4:
		material = h.scraps(shoutBytes)
	default:
		material = h.noise(shoutBytes)
	}
	drain := make(chan struct{})
	go func() { // one that does not listen is no neighbor for long
		defer close(drain)
		io.Copy(io.Discard, conn)
	}()
	n, _ := conn.Write(material) // it may be cut off
	h.thrown.Add(int64(n))
	if c, ok := conn.(*net.TCPConn); ok {
		c.CloseWrite()
	}
	<-drain
}

// greet makes the node take us for a neighbor.
func (h *heckler) greet(conn net.Conn) error {
	fmt.Fprintf(conn, "GNUTELLA CONNECT/0.6\r\nUser-Agent: heckler\r\nX-Ultrapeer: True\r\nGUID: %x\r\n\r\n", h.noise(16))
	r := bufio.NewReader(conn)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		if line == "\r\n" {
			break
		}
	}
	_, err := fmt.Fprint(conn, "GNUTELLA/0.6 200 OK\r\n\r\n")
	return err
}

// spray sends datagrams.
func (h *heckler) spray(n int) {
	conn, err := net.Dial("udp", h.addr)
	if err != nil {
		return
	}
	defer conn.Close()
	for range n {
		size := 1 + h.rnd.IntN(1400)
		var b []byte
		switch h.rnd.IntN(3) {
		case 0:
			b = h.noise(size)
		case 1:
			b = h.scraps(size)
		default:
			b = h.messages(1)
		}
		sent, _ := conn.Write(b) // lost ones do not matter
		h.thrown.Add(int64(sent))
	}
}
