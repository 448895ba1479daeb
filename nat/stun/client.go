package stun

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/pion/stun/v2"
)

// Errors of Bind, besides those of writing and of the context.
var (
	ErrTimeout = errors.New("stun: no answer")
	ErrBusy    = errors.New("stun: too many transactions")
	ErrNothing = errors.New("stun: the answer has no address")
)

// StatusError is an answer that refuses.
type StatusError struct{ Code int }

func (e *StatusError) Error() string { return fmt.Sprintf("stun: refused with %d", e.Code) }

// Config says how a Client asks. The zero value is what RFC 8489 says.
type Config struct {
	RTO   time.Duration // first wait for an answer, doubled each time
	Sends int           // how often a request is sent at most

	// Random gives transaction IDs; nil is crypto/rand. It is read by one goroutine at
	// a time.
	Random io.Reader
}

func (c Config) withDefaults() Config {
	if c.RTO <= 0 {
		c.RTO = defaultRTO
	}
	if c.Sends <= 0 {
		c.Sends = defaultSends
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	return c
}

// wait is how long an answer is waited for after the send number i, from 0 on.
func (c Config) wait(i int) time.Duration {
	d := c.RTO << min(i, 20)
	if i == c.Sends-1 {
		d = min(d, lastWait*c.RTO)
	}
	return d
}

// Client asks servers from one socket.
type Client struct {
	cfg   Config
	write func(b []byte, to netip.AddrPort) error
	conn  net.PacketConn // read by the client; nil if others do
	done  chan struct{}
	wg    sync.WaitGroup

	// knocks tells of a request that came, for the hairpin test; nil if nobody asks.
	knocks chan transactionID

	mu      sync.Mutex
	closed  bool
	pending map[transactionID]*transaction
	stats   ClientStats
}

// ClientStats is what came that was of no use.
type ClientStats struct {
	Unasked   uint64 `json:"unasked"`   // to no transaction that is pending
	Strangers uint64 `json:"strangers"` // to one, from who was not asked
	Malformed uint64 `json:"malformed"`
}

// transaction waits for one answer.
type transaction struct {
	from   []netip.AddrPort // who may answer
	answer chan arrival
}

type arrival struct {
	message
	from netip.AddrPort
}

// New returns a client for a socket that others read: they call Receive.
func New(write func(b []byte, to netip.AddrPort) error, cfg Config) *Client {
	return &Client{
		cfg: cfg.withDefaults(), write: write, done: make(chan struct{}),
		pending: map[transactionID]*transaction{},
	}
}

// Open returns a client that reads a socket by itself, and closes it in the end.
func Open(conn net.PacketConn, cfg Config) *Client {
	c := New(writer(conn), cfg)
	c.start(conn)
	return c
}

func (c *Client) start(conn net.PacketConn) {
	c.conn = conn
	c.wg.Go(func() {
		readLoop(conn, c.done, func(b []byte, from netip.AddrPort) { c.Receive(b, from) })
	})
}

// Close ends all transactions, and the socket if the client reads it.
func (c *Client) Close() error {
	c.mu.Lock()
	closed := c.closed
	c.closed = true
	c.mu.Unlock()
	if closed {
		return net.ErrClosed
	}
	close(c.done)
	var err error
	if c.conn != nil {
		err = c.conn.Close()
	}
	c.wg.Wait()
	return err
}

// Stats returns a copy of the counters.
func (c *Client) Stats() ClientStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats
}

// Receive takes a datagram, and reports whether it was the answer to a transaction
// that is pending, from who was asked. It does not block and keeps nothing of b.
func (c *Client) Receive(b []byte, from netip.AddrPort) bool {
	kind, id, ok := peek(b)
	if !ok {
		c.count(func(s *ClientStats) { s.Malformed++ })
		return false
	}
	from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
	switch kind {
	case stun.BindingSuccess.Value(), stun.BindingError.Value():
	case stun.BindingRequest.Value():
		select {
		case c.knocks <- id:
		default:
		}
		return false
	default:
		return false
	}
	if !c.awaits(id, from) {
		return false
	}
	m, err := parse(b)
	if err != nil {
		c.count(func(s *ClientStats) { s.Malformed++ })
		return false
	}
	c.mu.Lock()
	t := c.pending[id]
	delete(c.pending, id)
	c.mu.Unlock()
	if t == nil { // meanwhile it ended
		return false
	}
	t.answer <- arrival{m, from} // has room for one, and one is all it gets
	return true
}

// awaits reports whether an answer may come from somewhere.
func (c *Client) awaits(id transactionID, from netip.AddrPort) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.pending[id]
	switch {
	case t == nil:
		c.stats.Unasked++
	case !slices.Contains(t.from, from):
		c.stats.Strangers++
	default:
		return true
	}
	return false
}

func (c *Client) count(f func(*ClientStats)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.stats)
}

// begin makes a transaction known to Receive; end must follow.
func (c *Client) begin(from ...netip.AddrPort) (transactionID, *transaction, error) {
	t := &transaction{from: from, answer: make(chan arrival, 1)}
	var id transactionID
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return id, nil, net.ErrClosed
	case len(c.pending) >= maxPending:
		return id, nil, ErrBusy
	}
	if _, err := io.ReadFull(c.cfg.Random, id[:]); err != nil {
		return id, nil, fmt.Errorf("stun: draw a transaction: %w", err)
	}
	if c.pending[id] != nil {
		return id, nil, ErrBusy
	}
	c.pending[id] = t
	return id, t, nil
}

func (c *Client) end(id transactionID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pending, id)
}
