package space

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"

	"github.com/rs/zerolog"

	"filbert/node/board"
	"filbert/node/state"
	"filbert/overlay/group"
	"filbert/overlay/identity"
	"filbert/transfer/download"
	"filbert/transfer/library"
	"filbert/transfer/limit"
)

// Errors of spaces.
var (
	// ErrNotMember: the peer is no member of the group.
	ErrNotMember = errors.New("the peer is no member of the group")
	// ErrPublic: the folder overlaps one that is shared with everybody.
	ErrPublic = errors.New("folder overlaps one that everybody gets")
	// ErrPrivate: the folder overlaps a group's.
	ErrPrivate = errors.New("folder overlaps one that is for members of a group")
	// ErrGuest: we are a guest of the group.
	ErrGuest = errors.New("guests of a group share nothing with it")
	// ErrManyShares: as many folders as may be are shared with the group.
	ErrManyShares = errors.New("too many folders are shared with the group")
	// ErrNoDownloads: there is no folder for what members give.
	ErrNoDownloads = errors.New("nothing can be fetched from members")
)

// Config is what the spaces of a node stand on.
type Config struct {
	Self  identity.PeerID
	State *state.DB

	// Dial opens a line to Service of a peer.
	Dial func(ctx context.Context, peer identity.PeerID) (net.Conn, error)

	// Board is what members of a group tell each other.
	Board func(*group.Group) (*board.Board, error)

	// Folder has the folders of the groups, made as they are needed; "" = nothing can be
	// fetched. Public is the folders that are shared with everybody, absolute.
	Folder string
	Public func() []string

	Library  library.Config // of each; without Shares
	Up, Down *limit.Limit   // of the bytes per second, shared with the rest of the node
	Slots    int            // files sent to members of a group at a time; default 8
	Agent    string         // the servent's name and version
	Version  string
	Rand     *rand.Rand // belongs to the spaces
	Witness  Witness    // nil: nobody hears how downloads end, and what goes wrong
	Log      zerolog.Logger
}

// Witness hears what download.Witness does, and how downloads from members end. It must not
// block.
type Witness interface {
	download.Witness
	Over(in *group.Group, st download.Status)
}

// Spaces is those of all groups of a node. Safe for concurrent use.
type Spaces struct {
	cfg    Config
	ctx    context.Context // ends when Run begins to end
	end    context.CancelFunc
	served atomic.Int64 // lines of members

	changing sync.Mutex // held while a space begins or ends, and while folders are shared

	mu   sync.Mutex
	open map[group.ID]*Space
}

// New makes spaces. Some can be opened when Run was called.
func New(cfg Config) *Spaces {
	if cfg.Slots <= 0 {
		cfg.Slots = defaultSlots
	}
	s := &Spaces{cfg: cfg, open: map[group.ID]*Space{}}
	s.ctx, s.end = context.WithCancel(context.Background())
	return s
}

// Run lets spaces be open until ctx ends.
func (s *Spaces) Run(ctx context.Context) error {
	<-ctx.Done()
	s.end() // none is opened from here on
	var err error
	for _, sp := range s.all() {
		err = errors.Join(err, s.Close(sp.ID()))
	}
	return err
}

// Open begins the space of a group.
func (s *Spaces) Open(g *group.Group) (*Space, error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	if s.ctx.Err() != nil {
		return nil, fmt.Errorf("space: %w", net.ErrClosed)
	}
	if sp := s.Of(g.ID()); sp != nil {
		return sp, nil
	}
	b, err := s.cfg.Board(g)
	if err != nil {
		return nil, err
	}
	sp := s.newSpace(g, b)
	sp.start()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[g.ID()] = sp
	return sp, nil
}

// Of is the space of a group, nil if it is not open.
func (s *Spaces) Of(id group.ID) *Space {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open[id]
}

// Close ends the space of a group, if it is open, and returns when all of it has ended.
func (s *Spaces) Close(id group.ID) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	s.mu.Lock()
	sp := s.open[id]
	delete(s.open, id)
	s.mu.Unlock()
	if sp == nil {
		return nil
	}
	return sp.close()
}

// Forget closes the space of a group and forgets what was shared with it, and its quota. No
// file is removed.
func (s *Spaces) Forget(id group.ID) error {
	return errors.Join(s.Close(id), s.kept().Delete(id.String()), s.keptQuotas().Delete(id.String()))
}

func (s *Spaces) all() []*Space {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*Space, 0, len(s.open))
	for _, sp := range s.open {
		list = append(list, sp)
	}
	return list
}

// Retry has members that failed asked again at once: it may have been for us that they did.
func (s *Spaces) Retry() {
	for _, sp := range s.all() {
		if sp.downloads != nil {
			sp.downloads.Retry()
		}
	}
}

// Moved is the bytes of files that went to members and came from them since the start of
// the spaces that are open.
func (s *Spaces) Moved() (n uint64) {
	for _, sp := range s.all() {
		n += sp.uploads.Sent()
		if sp.downloads != nil {
			n += sp.downloads.Received()
		}
	}
	return n
}
