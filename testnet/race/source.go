package race

import (
	"math"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"filbert/transfer/merkle"
	"filbert/transfer/urn"
)

// source serves one file on loopback at a limited rate, to anybody who speaks
// HTTP: to filbert by its hash, with its BLAKE3 tree as filberts have it or its
// Tiger tree as all have it, to others at any path.
type source struct {
	file cargo
	tree *merkle.Tree

	rate atomic.Int64 // bytes per second of all its answers together; 0: it is dead; unlimited: as fast as it goes
	sent atomic.Int64 // bytes

	listener net.Listener
	server   *http.Server
	running  sync.WaitGroup

	mu  sync.Mutex
	due time.Time // guarded by mu: when the next byte may go
}

const (
	// piece is how much is sent at a time (bytes).
	piece = 16 << 10

	// catchUp is how much lost time a source may make up for (time): a busy
	// machine shall not make it slower than it is said to be.
	catchUp = 100 * time.Millisecond

	// unlimited is the rate of a source that gives what it can.
	unlimited = math.MaxInt64

	// sendBuffer is how much may be on its way to a client that has gone (bytes).
	sendBuffer = 128 << 10
)

func open(file cargo, tree *merkle.Tree, rate int64) (*source, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &source{file: file, tree: tree, listener: l}
	s.rate.Store(rate)
	s.server = &http.Server{Handler: s, ConnState: func(c net.Conn, state http.ConnState) {
		if tcp, ok := c.(*net.TCPConn); ok && state == http.StateNew && rate != unlimited {
			tcp.SetWriteBuffer(sendBuffer) // an error shows in the figures only
		}
	}}
	s.due = time.Now()
	s.running.Go(func() { s.server.Serve(l) })
	return s, nil
}

func (s *source) host() string { return s.listener.Addr().String() }
func (s *source) url() string  { return "http://" + s.host() + "/cargo.bin" }

// close ends it, and whatever it is answering.
func (s *source) close() {
	s.rate.Store(0)
	s.server.Close()
	s.running.Wait()
}

// ServeHTTP implements http.Handler.
func (s *source) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	root := s.tree.Root()
	switch r.URL.Path {
	case "/uri-res/N2B":
		w.Write(s.tree.AppendNodes(nil))
		return
	case "/uri-res/N2X":
		w.Write(merkle.AppendTHEX(nil, s.tree))
		return
	}
	if s.tree.Kind() == merkle.Tiger {
		w.Header()["X-Thex-URI"] = []string{"/uri-res/N2X?" + s.file.sha1.URN() + ";" + urn.Tiger(root[:len(urn.Tiger{})]).String()}
	} else {
		w.Header()["X-Tree-URI"] = []string{"/uri-res/N2B?" + s.file.sha1.URN() + ";" + urn.Blake3(root).String()}
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	f, err := os.Open(s.file.path)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer f.Close()
	if s.rate.Load() != unlimited { // else the system sends by itself
		w = limited{w, s}
	}
	http.ServeContent(w, r, "", time.Time{}, f)
}

// limited writes as fast as its source may.
type limited struct {
	http.ResponseWriter
	s *source
}

func (l limited) Write(b []byte) (n int, err error) {
	for n < len(b) {
		part := b[n:min(len(b), n+piece)]
		if !l.s.wait(len(part)) {
			panic(http.ErrAbortHandler)
		}
		got, err := l.ResponseWriter.Write(part)
		l.s.sent.Add(int64(got))
		n += got
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// wait waits until n bytes may go. It reports false when the source is dead.
func (s *source) wait(n int) bool {
	rate := s.rate.Load()
	if rate == 0 {
		return false
	}
	s.mu.Lock()
	if oldest := time.Now().Add(-catchUp); s.due.Before(oldest) {
		s.due = oldest
	}
	at := s.due
	s.due = s.due.Add(time.Duration(float64(n) / float64(rate) * float64(time.Second)))
	s.mu.Unlock()
	time.Sleep(time.Until(at))
	return true
}
