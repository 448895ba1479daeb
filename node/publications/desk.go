package publications

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"filbert/node/board"
	"filbert/node/state"
	"filbert/overlay/group"
	"filbert/overlay/identity"
	"filbert/transfer"
	"filbert/transfer/download"
	"filbert/transfer/publication"
)

// Errors of desks.
var (
	// ErrUnknown: nobody in the group publishes that, or it is not followed here.
	ErrUnknown = errors.New("no such publication")
	// ErrGuest: guests do not publish.
	ErrGuest = errors.New("guests of a group do not publish")
	// ErrMany: maxUnits are published or followed.
	ErrMany = errors.New("too many publications")
	// ErrTaken: the folder is that of another publication.
	ErrTaken = errors.New("the folder is that of another publication")
	// ErrFollowed: it is followed already, to another folder.
	ErrFollowed = errors.New("it is followed already")
	// ErrOwn: it is our own.
	ErrOwn = errors.New("it is published here")
	// ErrNothing: the folder is as it was when it was published last.
	ErrNothing = errors.New("nothing has changed since the last version")
)

// Board is what the members of the group tell one another. *board.Board is one.
type Board interface {
	Put(topic, name string, value []byte) error
	Delete(topic, name string) error
	Items(topic string) ([]board.Item, error)
	Changed() <-chan struct{}
}

// Space is where members fetch from one another. *space.Space is one.
type Space interface {
	// Folder is where files go, "" if nothing can be fetched.
	Folder() string
	// Fetch begins to fetch a file from those whom Desk.Holders names.
	Fetch(r download.Request) (download.Status, error)
	// Downloads is what Fetch added to; nil if nothing can be fetched.
	Downloads() *download.Manager
	// Present is the other members that are there now.
	Present() []identity.PeerID
}

// Config is what a Desk stands on.
type Config struct {
	Self  identity.PeerID
	State *state.DB
	Group *group.Group
	Board Board
	Space Space
	// Source is a member as a source.
	Source func(identity.PeerID) transfer.Source
	Log    zerolog.Logger
}

// Desk is what is published and followed in one group. Its methods may be called by several
// goroutines.
type Desk struct {
	cfg  Config
	log  zerolog.Logger
	ctx  context.Context // ends with Close
	end  context.CancelFunc
	work sync.WaitGroup

	publishing sync.Mutex // held while a folder is read

	mu        sync.Mutex
	units     map[ID]*unit                    // at most maxUnits
	announced map[ID]announcement             // by members that may publish
	haves     map[ID]map[identity.PeerID]have // of members
	changed   chan struct{}                   // closed and replaced when something changed
}

// unit is a publication that is published or followed here.
type unit struct {
	ID
	own  bool
	base string        // where its versions are laid out; our own: the folder that is published
	wake chan struct{} // its follower is to look again; holds one
	stop context.CancelFunc
	done chan struct{} // closed when its follower has ended

	// Guarded by Desk.mu.
	held    []*version         // oldest first; replaced, not changed
	next    *version           // on its way
	abandon context.CancelFunc // ends the work on next
	now     progress
	told    have
	look    time.Time // when the files of the newest may be looked at again
}

// version is one version that is here, or on its way.
type version struct {
	number   uint64
	manifest stored
	files    *publication.Manifest // nil: it is not here yet
	folder   *publication.Folder   // nil: it is not laid out
	name     string                // of the folder, in that of the unit; "" of our own
}

// progress is how far a follower is.
type progress struct {
	stage  Stage
	here   int64 // bytes of the bundle
	rate   int64
	reused int64 // bytes that were taken from older versions
	reason string
}

// Open takes up what is published and followed in a group. Close must follow, before the
// space ends.
func Open(cfg Config) *Desk {
	d := &Desk{
		cfg: cfg, log: cfg.Log, changed: make(chan struct{}),
		units: map[ID]*unit{}, announced: map[ID]announcement{}, haves: map[ID]map[identity.PeerID]have{},
	}
	d.ctx, d.end = context.WithCancel(context.Background())
	if cfg.Space.Folder() != "" {
		d.load()
	}
	for _, u := range d.units {
		d.start(u)
	}
	d.work.Go(d.run)
	return d
}

// Close ends all work, and waits until it has.
func (d *Desk) Close() {
	d.end()
	d.work.Wait()
}

// run reads the board whenever it changes.
func (d *Desk) run() {
	for d.ctx.Err() == nil {
		changed := d.cfg.Board.Changed()
		d.refresh()
		select {
		case <-time.After(refreshEvery):
		case <-d.ctx.Done():
		}
		select {
		case <-changed:
		case <-d.ctx.Done():
		}
	}
}

// refresh takes up what the board says.
func (d *Desk) refresh() {
	st := d.cfg.Group.State()
	announced := map[ID]announcement{}
	items, err := d.cfg.Board.Items(Announcements)
	for _, item := range items {
		id := ID{item.Author, item.Name}
		if m, ok := st.Member(item.Author); !ok || m.Role == group.Guest || publication.CheckName(id.Name) != nil {
			continue
		}
		if a, err := parseAnnouncement(item.Value); err == nil {
			announced[id] = a
		}
	}
	haves := map[ID]map[identity.PeerID]have{}
	told, err2 := d.cfg.Board.Items(Haves)
	for _, item := range told {
		id, ok := parseID(item.Name)
		if !ok {
			continue
		}
		if h, ok := parseHave(item.Value); ok {
			if haves[id] == nil {
				haves[id] = map[identity.PeerID]have{}
			}
			haves[id][item.Author] = h
		}
	}
	if err := errors.Join(err, err2); err != nil {
		d.log.Warn().Err(err).Msg("the board of the group cannot be read")
		return
	}
	d.mu.Lock()
	d.announced, d.haves = announced, haves
	for _, u := range d.units {
		if u.next != nil && u.next.manifest.sum != announced[u.ID].SHA1 {
			u.abandon()
		}
		u.kick()
	}
	d.tellLocked()
	d.mu.Unlock()
	d.recruit()
}

// kick has a follower look again.
func (u *unit) kick() {
	select {
	case u.wake <- struct{}{}:
	default:
	}
}

// tellLocked tells whoever waits for a change.
func (d *Desk) tellLocked() {
	close(d.changed)
	d.changed = make(chan struct{})
}

// Changed is closed at the next change of anything that List tells.
func (d *Desk) Changed() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.changed
}

// newest is the newest version that is held, nil if there is none.
func (u *unit) newest() *version {
	if len(u.held) == 0 {
		return nil
	}
	return u.held[len(u.held)-1]
}

// private is the folder of a publication in that of the space.
func (d *Desk) private(id ID) string {
	return filepath.Join(d.cfg.Space.Folder(), privateFolder, folderOf(id))
}

// ready is why nothing can be published or followed.
func (d *Desk) ready() error {
	if d.cfg.Space.Folder() == "" || d.cfg.Space.Downloads() == nil {
		return errors.New("publications: there is no folder for what members give")
	}
	return nil
}

// add makes a unit known and starts it.
func (d *Desk) add(u *unit) error {
	if err := os.MkdirAll(d.private(u.ID), 0o700); err != nil {
		return fmt.Errorf("publications: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ctx.Err() != nil {
		return d.ctx.Err()
	}
	if len(d.units) >= maxUnits {
		return fmt.Errorf("publications: %w: %d", ErrMany, maxUnits)
	}
	for _, o := range d.units {
		if o.base == u.base && !(o.own && u.own) {
			return fmt.Errorf("publications: %s: %w: %s", u.base, ErrTaken, o.Name)
		}
	}
	d.units[u.ID] = u
	d.start(u)
	d.tellLocked()
	return nil
}

// start lets a follower work.
func (d *Desk) start(u *unit) {
	u.wake = make(chan struct{}, 1)
	u.done = make(chan struct{})
	ctx, stop := context.WithCancel(d.ctx)
	u.stop = stop
	d.work.Go(func() {
		defer close(u.done)
		if u.own {
			d.tend(ctx, u)
		} else {
			d.follow(ctx, u)
		}
	})
}
