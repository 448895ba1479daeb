package upload

import (
	"context"
	"errors"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"sync"

	"github.com/rs/zerolog"

	"filbert/transfer/library"
	"filbert/transfer/limit"
	"filbert/transfer/merkle"
	"filbert/transfer/queue"
	"filbert/transfer/urn"
)

// Library is where shared files come from. Lookups must not block; Open may
// wait for the disk. *library.Library is one.
type Library interface {
	// BySHA1 finds a file by its hash. The error is library.ErrGone for one that
	// was shared lately, library.ErrNotShared for others.
	BySHA1(sum urn.SHA1) (*library.Entry, error)
	// ByID finds a file by its number in query hits, with the same errors.
	ByID(id uint32) (*library.Entry, error)
	// Open opens a file that still is what was hashed, else the error wraps
	// library.ErrChanged. The caller closes it.
	Open(e *library.Entry) (library.File, error)
	// Len is how many files there are.
	Len() int
	// Tree is a hash tree of a file. The error wraps library.ErrNoTree.
	Tree(e *library.Entry, k merkle.Kind) (*merkle.Tree, error)
}

// Config sets up a Server.
type Config struct {
	Library Library // required
	Agent   string  // the servent's name and version, "filbert/0.1"

	Features string       // X-Features of the first answer of a connection; "" = none
	Root     http.Handler // answers GET and HEAD of "/"; nil = a line about the servent

	Slots           int // uploads at a time; default 4
	SlotsPerHost    int // of them to one host; default 2
	SlotsPerNetwork int // of them to one network; default 3
	ConnsPerHost    int // connections of one host; default 8

	// Arriving finds a file that is being fetched, of which something is verified;
	// nil = such files are not shared. It is called from many goroutines at once.
	Arriving func(sum urn.SHA1) (Partial, bool)

	Mesh Mesh // other sources; nil = none are named or heard of

	Rand *rand.Rand // chooses among parts that were given equally often; nil = one of its own

	Limit *limit.Limit // of the bytes per second of all files together; nil = none

	Log zerolog.Logger
}

func (c Config) withDefaults() Config {
	if c.Slots <= 0 {
		c.Slots = defaultSlots
	}
	if c.Rand == nil {
		c.Rand = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	if c.SlotsPerHost <= 0 {
		c.SlotsPerHost = defaultSlotsPerHost
	}
	if c.SlotsPerNetwork <= 0 {
		c.SlotsPerNetwork = defaultSlotsPerNetwork
	}
	if c.ConnsPerHost <= 0 {
		c.ConnsPerHost = defaultConnsPerHost
	}
	return c
}

// Server answers requests for shared files. Its zero value is of no use.
type Server struct {
	cfg     Config
	http    http.Server
	closing chan struct{} // closed by Shutdown

	mu      sync.Mutex
	conns   quota                          // guarded by mu
	queue   *queue.Queue                   // guarded by mu
	held    map[*queue.Place]chan struct{} // guarded by mu: closed when it is granted a slot
	uploads map[*upload]struct{}           // guarded by mu, at most one per slot
	given   []given                        // guarded by mu, at most maxGiven, the last one first
	stats   Stats                          // guarded by mu
}

// connKey is under which a request's context has its *conn.
type connKey struct{}

// New makes a server.
func New(cfg Config) *Server {
	cfg = cfg.withDefaults()
	s := &Server{
		cfg:     cfg,
		conns:   quota{max: maxConns, perHost: cfg.ConnsPerHost, full: RefusedConns, hostFull: RefusedHostConns},
		closing: make(chan struct{}),
		queue:   queue.New(queue.Config{Slots: cfg.Slots, PerHost: cfg.SlotsPerHost, PerNetwork: cfg.SlotsPerNetwork, Lane: laneSlots, NewID: newPlaceID}),
		held:    map[*queue.Place]chan struct{}{},
		uploads: map[*upload]struct{}{},
		stats:   newStats(),
	}
	s.http = http.Server{
		Handler:                      s,
		DisableGeneralOptionsHandler: true,
		ReadTimeout:                  requestTimeout,
		IdleTimeout:                  idleTimeout,
		MaxHeaderBytes:               maxHeader - netHTTPSlop,
		ErrorLog:                     log.New(cfg.Log, "", 0),
		Protocols:                    new(http.Protocols),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, c.(interface{ base() *conn }).base())
		},
	}
	s.http.Protocols.SetHTTP1(true)
	s.http.RegisterOnShutdown(sync.OnceFunc(func() { close(s.closing) }))
	return s
}

// Serve answers on the connections of l until Shutdown, when it returns nil, or
// until l fails. It closes l. Connections that implement io.ReaderFrom, as TCP
// connections do, can be sent files without copying them.
func (s *Server) Serve(l net.Listener) error {
	err := s.http.Serve(listener{l, s})
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Shutdown takes no more requests and waits for those that are being answered.
// If ctx ends first it closes their connections and returns the error of ctx.
func (s *Server) Shutdown(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		s.http.Close() // its error is of no interest: all is closed
	}
	return err
}

// enter lets a connection in if there is room.
func (s *Server) enter(host netip.Prefix) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	reason := s.conns.take(host)
	if reason != Granted {
		s.stats.Refused[reason]++
	}
	return reason == Granted
}

func (s *Server) leave(host netip.Prefix) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns.give(host)
}
