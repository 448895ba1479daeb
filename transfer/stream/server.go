package stream

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"filbert/transfer"
	"filbert/transfer/ranges"
)

// ErrStopped is the error of Add when the server has ended, or does not run.
var ErrStopped = errors.New("nothing can be played: the node stops")

// Server answers players on a loopback port of its own. Who knows a file's URL
// may read it, and nothing else can be done there: a page of elsewhere can
// neither guess the URL nor, as it is told no other host's name, read by it.
type Server struct {
	files Files
	wants chan struct{}      // asks Run to listen
	added chan transfer.File // asks Run for the ends of a file
	ready chan struct{}      // closed when host is known
	ended chan struct{}      // closed when Run ends
	work  sync.WaitGroup

	mu      sync.Mutex
	host    string    // guarded by mu: the address that requests must name
	err     error     // guarded by mu: why nothing listens
	streams []*stream // guarded by mu, at most maxStreams
	readers int       // guarded by mu, at most maxReaders
}

// stream is a file with a URL.
type stream struct {
	file  transfer.File
	token string
	used  time.Time // guarded by Server.mu
	kind  string    // guarded by Server.mu; "" until it is known

	given   ranges.Set // guarded by Server.mu: what was read
	readers int        // guarded by Server.mu
}

// Status is a file with a URL, and how far it was read.
type Status struct {
	File    transfer.File
	URL     string
	Read    int64 // bytes of the file that were given out at least once
	Readers int   // requests being answered
}

// NewServer builds a server. It listens nowhere before Run and the first Add.
func NewServer(files Files) *Server {
	return &Server{files: files, wants: make(chan struct{}, 1), added: make(chan transfer.File, maxStreams), ready: make(chan struct{}), ended: make(chan struct{})}
}

// Run serves until ctx ends. It is called once.
func (s *Server) Run(ctx context.Context) error {
	defer s.work.Wait()
	defer close(s.ended)
	select {
	case <-s.wants:
	case <-ctx.Done():
		return nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	s.mu.Lock()
	if err != nil {
		s.err = fmt.Errorf("stream: %w", err)
	} else {
		s.host = l.Addr().String()
	}
	s.mu.Unlock()
	close(s.ready)
	if err != nil {
		<-ctx.Done() // the node does without
		return nil
	}
	return s.serve(ctx, l)
}

func (s *Server) serve(ctx context.Context, l net.Listener) error {
	server := http.Server{
		Handler: s, ReadHeaderTimeout: headTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHead,
		BaseContext: func(net.Listener) context.Context { return ctx }, // ends waits
	}
	ended := make(chan error, 1)
	s.work.Go(func() { ended <- server.Serve(l) })
	for ctx.Err() == nil {
		select {
		case err := <-ended:
			return fmt.Errorf("stream: %w", err)
		case file := <-s.added:
			s.work.Go(func() { s.edges(ctx, file) }) // whoever reads there meets the error
		case <-ctx.Done():
		}
	}
	soon, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if server.Shutdown(soon) != nil {
		server.Close()
	}
	return nil
}

// Add gives a file a URL, the same one as before if it has one, and has both of
// its ends fetched first. It waits until the server listens.
func (s *Server) Add(ctx context.Context, file transfer.File) (Status, error) {
	select {
	case s.wants <- struct{}{}:
	default:
	}
	select {
	case <-s.ready:
	case <-s.ended:
		return Status{}, ErrStopped
	case <-ctx.Done():
		return Status{}, ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return Status{}, s.err
	}
	i := slices.IndexFunc(s.streams, func(st *stream) bool { return st.file.SHA1 == file.SHA1 })
	if i < 0 {
		token := make([]byte, tokenBytes)
		rand.Read(token) // never fails
		st := &stream{file: file, token: hex.EncodeToString(token), kind: kindOf(file.Name)}
		if i = len(s.streams); i == maxStreams {
			i = s.unusedLocked()
			s.streams[i] = st
		} else {
			s.streams = append(s.streams, st)
		}
		select {
		case s.added <- file:
		default: // it is fetched in order then
		}
	}
	s.streams[i].used = time.Now()
	return s.statusLocked(s.streams[i]), nil
}

// unusedLocked is the stream that nobody asked for during the longest time.
func (s *Server) unusedLocked() int {
	oldest := 0
	for i, st := range s.streams {
		if st.used.Before(s.streams[oldest].used) {
			oldest = i
		}
	}
	return oldest
}

// List is the files that have a URL, in the order in which they got it.
func (s *Server) List() []Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Status
	for _, st := range s.streams {
		list = append(list, s.statusLocked(st))
	}
	return list
}

func (s *Server) statusLocked(st *stream) Status {
	u := url.URL{Scheme: "http", Host: s.host, Path: "/" + st.token + "/" + transfer.SafeName(st.file.Name)}
	return Status{File: st.file, URL: u.String(), Read: st.given.Len(), Readers: st.readers}
}

// edges has both ends of a file fetched and returns when they are here. They are
// asked for at once: what a player reads ahead from the beginning comes after both.
func (s *Server) edges(ctx context.Context, file transfer.File) error {
	err := s.files.Await(ctx, file.SHA1,
		ranges.Range{Start: 0, End: min(edgeBytes, file.Size)}, ranges.Range{Start: max(0, file.Size-edgeBytes), End: file.Size})
	if err != nil {
		return fmt.Errorf("stream: wait for the ends of %s: %w", file.SHA1, err)
	}
	return nil
}
