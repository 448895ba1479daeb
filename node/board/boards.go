package board

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"

	"github.com/rs/zerolog"

	"filbert/node/database"
	"filbert/overlay/group"
	"filbert/overlay/identity"
)

// Lines opens lines to members.
type Lines interface {
	// Dial opens a line to the service "board" of a peer, which has proven its ID.
	Dial(ctx context.Context, peer identity.PeerID) (net.Conn, error)
}

// Config is what boards are made from.
type Config struct {
	Self  group.Signer
	Lines Lines
	Path  string // of the database; "" = in memory
	Rand  *rand.Rand
	Log   zerolog.Logger
}

// Boards is all boards of a node. The database is opened with the first of them.
type Boards struct {
	cfg Config

	mu     sync.Mutex
	closed bool
	store  *store
	boards map[group.ID]*Board
	served map[identity.PeerID]int // lines of others; maxServed in all
	total  int
}

// New prepares.
func New(cfg Config) *Boards {
	return &Boards{cfg: cfg, boards: map[group.ID]*Board{}, served: map[identity.PeerID]int{}}
}

// Open is the board of a group; it is opened if it is not open.
func (h *Boards) Open(g Group) (*Board, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, fmt.Errorf("board: open: %w", net.ErrClosed)
	}
	if b := h.boards[g.ID()]; b != nil {
		return b, nil
	}
	if err := h.openStoreLocked(); err != nil {
		return nil, err
	}
	shelves, err := h.store.load(g.ID())
	if err != nil {
		return nil, fmt.Errorf("board: open: %w", err)
	}
	b := newBoard(h, g, shelves, rand.New(rand.NewPCG(h.cfg.Rand.Uint64(), h.cfg.Rand.Uint64())))
	h.boards[g.ID()] = b
	b.wg.Go(b.loop)
	return b, nil
}

func (h *Boards) openStoreLocked() error {
	if h.store != nil {
		return nil
	}
	db, aside, err := database.Open(h.cfg.Path, schema)
	if err != nil {
		return fmt.Errorf("board: %s: %w", h.cfg.Path, err)
	}
	if aside != "" {
		h.cfg.Log.Warn().Str("kept_as", aside).Msg("the boards of groups were damaged; members have them")
	}
	h.store = &store{db}
	return nil
}

// Forget deletes the board of a group.
func (h *Boards) Forget(id group.ID) error {
	h.mu.Lock()
	b, s := h.boards[id], h.store
	delete(h.boards, id)
	h.mu.Unlock()
	if b != nil {
		b.close()
	}
	if s == nil {
		return nil
	}
	if err := s.forget(id); err != nil {
		return fmt.Errorf("board: forget: %w", err)
	}
	return nil
}

// Run waits for ctx to end, and closes all boards.
func (h *Boards) Run(ctx context.Context) error {
	<-ctx.Done()
	return h.Close()
}

// Close closes all boards and the database.
func (h *Boards) Close() error {
	h.mu.Lock()
	boards, s := h.boards, h.store
	h.boards, h.closed = nil, true
	h.mu.Unlock()
	if boards == nil || s == nil {
		return nil
	}
	for _, b := range boards {
		b.close()
	}
	return s.close()
}

// Serve has a line that a peer opened.
func (h *Boards) Serve(ctx context.Context, peer identity.PeerID, conn net.Conn) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	l := newLine(conn)
	b, err := h.serve(l, peer)
	if b != nil && err != nil && ctx.Err() == nil {
		b.log.Debug().Err(err).Stringer("peer", peer).Msg("board")
	}
}

func (h *Boards) serve(l *line, peer identity.PeerID) (*Board, error) {
	if !h.enter(peer) {
		return nil, refused(Busy)
	}
	defer h.leave(peer)
	kind, body, err := l.read()
	if err != nil || kind != frameAsk {
		return nil, errors.Join(err, refused(Malformed))
	}
	first, err := parseAsk(body)
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	b := h.boards[first.group]
	h.mu.Unlock()
	if b == nil {
		return nil, l.write(appendEnd(nil, false, NotMember))
	}
	last, err := b.give(l, peer, first)
	if err != nil || last == nil || !b.behind(last) {
		return b, err
	}
	return b, b.pull(l, peer)
}

// enter keeps a place for a line.
func (h *Boards) enter(peer identity.PeerID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.total >= maxServed || h.served[peer] >= servedEach {
		return false
	}
	h.served[peer]++
	h.total++
	return true
}

func (h *Boards) leave(peer identity.PeerID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.total--
	if h.served[peer]--; h.served[peer] == 0 {
		delete(h.served, peer)
	}
}
