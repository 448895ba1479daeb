package download

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/rs/zerolog"

	"filbert/transfer"
	"filbert/transfer/limit"
	"filbert/transfer/merkle"
	"filbert/transfer/store"
	"filbert/transfer/urn"
)

// Finder searches for sources of a file, by its hash or by its name: not everybody
// who has it can be asked for a hash. Find blocks until the search is over or ctx
// ends, and returns what it found by then, also with an error. It is called from many
// goroutines at once.
type Finder interface {
	Find(ctx context.Context, file transfer.File, byName bool) ([]transfer.Source, error)
}

// Witness hears of hosts that are not asked for anything for a while, and of errors of the disk.
// It must not block.
type Witness interface {
	Barred(host netip.Addr, why string)
	Disk(file transfer.File, err error)
}

// Config is what a Manager stands on.
type Config struct {
	Store     *store.Store
	Connector transfer.Connector
	Finder    Finder         // searches when sources run out; nil: nobody does
	Rand      *rand.Rand     // decides between equal sources; nil: seeded at random
	Log       zerolog.Logger // zero: silent
	Version   string         // of this program, for the User-Agent header
	Transfers int            // downloads that fetch at a time; 0: DefaultTransfers
	Mesh      Mesh           // other sources; nil: none are named or heard of
	Limit     *limit.Limit   // of the bytes per second of all files together; nil: none
	Witness   Witness        // hears what goes wrong; nil: nobody
	Ended     chan<- Status  // each download that is over, for somebody who takes it soon; nil: nobody does
}

func (c Config) withDefaults() Config {
	if c.Rand == nil {
		c.Rand = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	if c.Transfers == 0 {
		c.Transfers = DefaultTransfers
	}
	return c
}

// Request asks for a file.
type Request struct {
	File    transfer.File
	Sources []transfer.Source
	Output  string // absolute path, "" for the download folder
	Terms
}

// Manager is all downloads. Safe for concurrent use.
type Manager struct {
	cfg        Config
	agent      string
	transfers  chan struct{} // holds one for each transfer going on
	resting    chan struct{} // holds one for each file that is open and waits
	adding     chan struct{} // holds one while Add is at the disk
	stopped    chan struct{} // closed when Run ends
	received   atomic.Uint64 // bytes of files
	quarantine quarantine
	loops      sync.WaitGroup

	mu        sync.Mutex
	ctx       context.Context // of Run: the life of all loops; nil before
	downloads map[urn.SHA1]*download
	ended     []*download // in the order they ended
	count     uint64      // downloads so far
}

// New makes a Manager with no downloads. Run makes it work.
func New(cfg Config) *Manager {
	cfg = cfg.withDefaults()
	return &Manager{
		cfg:       cfg,
		agent:     agentName + cfg.Version,
		transfers: make(chan struct{}, cfg.Transfers),
		resting:   make(chan struct{}, maxResting),
		adding:    make(chan struct{}, 1),
		stopped:   make(chan struct{}),
		downloads: map[urn.SHA1]*download{},
	}
}

// Run takes up the partial files in the store, runs all downloads until ctx
// ends, and returns when each has stopped and flushed what arrived. It is
// called once.
func (m *Manager) Run(ctx context.Context) {
	defer close(m.stopped)
	m.adding <- struct{}{}
	entries, err := m.cfg.Store.List()
	if err != nil {
		m.cfg.Log.Warn().Err(err).Msg("some partial files cannot be taken up")
	}
	m.mu.Lock()
	m.ctx = ctx
	for _, d := range m.inOrder() {
		m.start(d)
	}
	for _, e := range entries {
		switch {
		case m.downloads[e.File.SHA1] != nil: // added before Run
		case len(m.downloads) >= MaxDownloads:
			m.cfg.Log.Warn().Stringer("sha1", e.File.SHA1).Err(ErrTooMany).Msg("download not taken up")
		default:
			d := m.register(e.File, e.Output, e.Have, parseTerms(e.Note))
			d.log.Info().Int64("have", e.Have).Int64("size", e.File.Size).Msg("download taken up")
			m.start(d)
		}
	}
	m.mu.Unlock()
	<-m.adding
	<-ctx.Done()
	m.adding <- struct{}{} // an Add that began before has its loop now
	<-m.adding
	m.loops.Wait()
}

// Add starts a download, or hands the sources to the one of the same file that
// there is. When it returns the request is on disk and survives a restart.
//
// The error wraps ErrTooMany, ErrConflict or ErrStopped, or is one of
// store.Open: a store.ErrNoSpace if the file does not fit. An ErrTerms says that the
// terms cannot be met. Terms that are given for a download that there is hold from now
// on, and are on disk soon.
func (m *Manager) Add(r Request) (Status, error) {
	m.adding <- struct{}{}
	defer func() { <-m.adding }()
	s, err := m.add(r)
	if err != nil {
		return Status{}, fmt.Errorf("download: add %s: %w", r.File.SHA1, err)
	}
	return s, nil
}

func (m *Manager) add(r Request) (Status, error) {
	if err := r.Terms.check(); err != nil {
		return Status{}, err
	}
	d, ended, err := m.check(r)
	switch {
	case err != nil:
		return Status{}, err
	case ended: // or is being cancelled
		<-d.done
	case d != nil:
		d.change(r.Terms)
		d.offer(r.Sources)
		s, _ := d.snapshot()
		return s, nil
	}
	p, err := m.cfg.Store.Open(r.File, r.Output)
	if err != nil {
		return Status{}, err
	}
	have, terms := p.Written(), parseTerms(p.Note())
	if terms.roots().denies(r.Terms.roots()) {
		return Status{}, errors.Join(fmt.Errorf("%w: what is here of it has other hash trees", ErrConflict), p.Close())
	}
	terms.take(r.Terms) // what was asked for before a cancel holds too
	if err := errors.Join(p.SetNote(terms.note()), p.Close()); err != nil {
		return Status{}, err
	}
	if ended {
		m.forget(d)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	d = m.register(r.File, r.Output, have, terms)
	d.offer(r.Sources)
	m.start(d)
	s, _ := d.snapshot()
	return s, nil
}

// check holds a request against what there is: the download it joins, or the one
// it takes the place of, nil if there is none.
func (m *Manager) check(r Request) (d *download, ended bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.over() {
		return nil, false, ErrStopped
	}
	if d = m.downloads[r.File.SHA1]; d == nil {
		if len(m.downloads)-len(m.ended) >= MaxDownloads {
			return nil, false, ErrTooMany
		}
		return nil, false, nil
	}
	if s, _ := d.snapshot(); s.State.Final() || d.ending != keepGoing {
		return d, true, nil
	}
	if d.file.Size != r.File.Size || d.output != r.Output || d.denies(r.Terms.roots()) {
		return nil, false, ErrConflict
	}
	return d, false, nil
}

// lookup is the download with that hash, nil if there is none.
func (m *Manager) lookup(id urn.SHA1) *download {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.downloads[id]
}

// over reports whether Run ends or has. Called with mu held.
func (m *Manager) over() bool { return m.ctx != nil && m.ctx.Err() != nil }

// register makes a download known. Called with mu held.
func (m *Manager) register(f transfer.File, output string, have int64, terms Terms) *download {
	m.count++
	d := &download{
		manager: m,
		file:    f,
		output:  output,
		number:  m.count,
		log:     m.cfg.Log.With().Stringer("sha1", f.SHA1).Logger(),
		wake:    make(chan struct{}, 1),
		done:    make(chan struct{}),
		changed: make(chan struct{}),
		wrong:   map[merkle.Hash]bool{},
		status:  Status{File: f, Output: output, Have: have},
		terms:   terms,
		limit:   limit.New(terms.Rate, true),
		sources: sources{rng: rand.New(rand.NewPCG(m.cfg.Rand.Uint64(), m.cfg.Rand.Uint64()))},
	}
	d.status.tellTerms(terms)
	d.status.tellPending(terms)
	m.downloads[f.SHA1] = d
	return d
}
