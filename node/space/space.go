package space

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
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
	"filbert/transfer/fetched"
	"filbert/transfer/library"
	"filbert/transfer/limit"
	"filbert/transfer/store"
	"filbert/transfer/upload"
	"filbert/transfer/urn"
)

// folderLock keeps two nodes out of one folder, as in that of the node's own downloads.
const folderLock = ".filbert.lock"

// Provider gives members files that are in no shared folder.
type Provider interface {
	// Part is what is here of a file. It is called from many goroutines at once.
	Part(sum urn.SHA1) (upload.Partial, bool)
	// Holders is the members that have something of a file; known is false if it is none of
	// the provider's.
	Holders(sum urn.SHA1) (peers []identity.PeerID, known bool)
}

// Space is what one group shares. Its methods may be called by several goroutines.
type Space struct {
	spaces *Spaces
	group  *group.Group
	log    zerolog.Logger

	library   *library.Library
	barred    []library.Status // of shares that were kept, and cannot be shared now
	uploads   *upload.Server
	up        *limit.Limit // of what members get
	listener  *listener
	folder    string            // for what is fetched, "" if nothing can be
	why       error             // nothing can be
	downloads *download.Manager // nil then
	disk      *store.Disk
	claim     *state.Held
	ended     chan download.Status
	fetched   fetched.Files

	board   *board.Board
	listing *listing
	taken   int           // shares that were kept, and began again
	changed chan struct{} // what is here is not what members were told; holds one

	end  context.CancelFunc
	work sync.WaitGroup

	mu        sync.Mutex
	providers []Provider // at most maxProviders
	shares    []keptShare
	quota     Quota
}

// newSpace prepares the space of a group. Called with changing held.
func (s *Spaces) newSpace(g *group.Group, b *board.Board) *Space {
	sp := &Space{
		spaces: s, group: g, log: s.cfg.Log.With().Str("group", g.ID().String()[:idPrefix]).Logger(),
		board: b, listing: newListing(), changed: make(chan struct{}, 1), listener: newListener(), ended: make(chan download.Status),
	}
	if sp.why = sp.openFolder(); sp.why != nil {
		sp.log.Warn().Err(sp.why).Msg("nothing can be fetched from members")
	}
	cfg := s.cfg.Library
	cfg.Shares, cfg.Log = sp.takeShares(), sp.log
	sp.taken = len(cfg.Shares)
	sp.library = library.New(cfg)
	sp.quota = sp.takeQuota()
	sp.up = s.cfg.Up.Child(sp.quota.Up)
	sp.uploads = upload.New(upload.Config{
		Library: sp.library, Agent: s.cfg.Agent, Arriving: sp.arriving, Limit: sp.up, Rand: s.child(), Log: sp.log,
		// Who is a member counts, and not where it is: many may come over one relay.
		Slots: sp.slots(sp.quota), SlotsPerHost: maxServed, SlotsPerNetwork: maxServed, ConnsPerHost: maxServed,
	})
	return sp
}

// child is a source of randomness for a part of a space. Called with changing held.
func (s *Spaces) child() *rand.Rand {
	return rand.New(rand.NewPCG(s.cfg.Rand.Uint64(), s.cfg.Rand.Uint64()))
}

// openFolder makes the folder of the group and the downloads in it.
func (sp *Space) openFolder() (err error) {
	cfg := sp.spaces.cfg
	if cfg.Folder == "" {
		return ErrNoDownloads
	}
	dir := filepath.Join(cfg.Folder, transfer.SafeName(sp.group.State().Name()+"-"+sp.group.ID().String()[:idPrefix]))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("%w: %w", ErrNoDownloads, err)
	}
	for _, public := range cfg.Public() {
		if Overlap(dir, public) {
			return fmt.Errorf("%w: %s: %w: %s", ErrNoDownloads, dir, ErrPublic, public)
		}
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("%w: %w", ErrNoDownloads, err), sp.closeFolder())
		}
	}()
	if sp.claim, err = state.Lock(filepath.Join(dir, folderLock)); err != nil {
		return err
	}
	if sp.disk, err = store.OpenDisk(dir); err != nil {
		return err
	}
	files, err := store.New(store.Config{FS: sp.disk, Folder: dir})
	if err != nil {
		return err
	}
	sp.folder = dir
	sp.downloads = download.New(download.Config{
		Store: files, Connector: connector{sp}, Finder: finder{sp}, Limit: cfg.Down, Ended: sp.ended, Version: cfg.Version,
		Transfers: transfers, Rand: sp.spaces.child(), Witness: cfg.Witness, Log: sp.log,
	})
	return nil
}

func (sp *Space) closeFolder() (err error) {
	if sp.disk != nil {
		err = sp.disk.Close()
	}
	if sp.claim != nil {
		err = errors.Join(err, sp.claim.Release())
	}
	return err
}

// start begins all that runs.
func (sp *Space) start() {
	ctx, end := context.WithCancel(context.Background())
	sp.end = end
	sp.work.Go(func() {
		if err := sp.library.Run(ctx); err != nil {
			sp.log.Error().Err(err).Msg("library")
		}
	})
	sp.work.Go(func() { sp.serve(ctx) })
	sp.change()
	sp.work.Go(func() {
		for range sp.library.Changes(ctx) {
			sp.change()
		}
	})
	sp.work.Go(func() { sp.tell(ctx) })
	sp.work.Go(func() { sp.read(ctx) })
	if sp.downloads == nil {
		return
	}
	over := make(chan struct{})
	sp.work.Go(func() { defer close(over); sp.downloads.Run(ctx) })
	sp.work.Go(func() { sp.takeEnded(over) })
	sp.work.Go(func() { sp.watch(ctx) })
	sp.work.Go(func() { sp.tellArriving(ctx) })
	sp.work.Go(func() { sp.recruit(ctx) })
}

// close ends all that runs.
func (sp *Space) close() error {
	sp.end()
	sp.work.Wait()
	return sp.closeFolder()
}

// serve answers members until ctx ends.
func (sp *Space) serve(ctx context.Context) {
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() {
		if err := sp.uploads.Serve(sp.listener); err != nil && !errors.Is(err, net.ErrClosed) {
			sp.log.Error().Err(err).Msg("members are not served")
		}
	})
	<-ctx.Done()
	soon, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := sp.uploads.Shutdown(soon); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		sp.log.Debug().Err(err).Msg("members")
	}
}

// takeEnded gives on what is complete, until all downloads have stopped.
func (sp *Space) takeEnded(over <-chan struct{}) {
	for {
		select {
		case st := <-sp.ended:
			if w := sp.spaces.cfg.Witness; w != nil {
				w.Over(sp.group, st)
			}
			if st.State == download.Complete {
				if err := sp.fetched.Add(st.File, st.Path, sp.downloads.Tree(st.File.SHA1)); err != nil {
					sp.log.Warn().Err(err).Msg("a fetched file is not given on")
				}
				sp.change()
			}
		case <-over:
			return
		}
	}
}

// watch has members that come asked for what is missing, until ctx ends.
func (sp *Space) watch(ctx context.Context) {
	tick := time.NewTicker(presenceEvery)
	defer tick.Stop()
	there := map[identity.PeerID]bool{}
	for {
		now, came := map[identity.PeerID]bool{}, map[identity.PeerID]bool{}
		for _, p := range sp.Present() {
			if now[p] = true; !there[p] {
				came[p] = true
			}
		}
		there = now
		sp.ask(came)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// ask offers those who came to the downloads that have not ended.
func (sp *Space) ask(came map[identity.PeerID]bool) {
	if len(came) == 0 {
		return
	}
	for _, st := range sp.downloads.List() {
		if st.State.Final() {
			continue
		}
		var sources []transfer.Source
		for _, p := range sp.holders(st.File.SHA1) {
			if came[p] {
				sources = append(sources, SourceOf(p))
			}
		}
		if len(sources) > 0 {
			sp.downloads.AddSources(st.File.SHA1, sources) // it may have ended meanwhile
		}
	}
}

// ID is the group's.
func (sp *Space) ID() group.ID { return sp.group.ID() }

// Group is whose the space is.
func (sp *Space) Group() *group.Group { return sp.group }

// Library is what is shared with the group. Folders are shared with Share.
func (sp *Space) Library() *library.Library { return sp.library }

// Folder is where what is fetched goes, "" if nothing can be fetched.
func (sp *Space) Folder() string { return sp.folder }

// Downloads is what is fetched from members, nil if nothing can be. Fetch adds to it.
func (sp *Space) Downloads() *download.Manager { return sp.downloads }

// Uploads is the server of what members fetch.
func (sp *Space) Uploads() *upload.Server { return sp.uploads }

// Serve lets a provider give files to members, for as long as the space is open.
func (sp *Space) Serve(p Provider) error {
	sp.mu.Lock()
	defer sp.mu.Unlock()
	if len(sp.providers) == maxProviders {
		return fmt.Errorf("space: more than %d providers", maxProviders)
	}
	sp.providers = append(sp.providers, p)
	return nil
}

func (sp *Space) provided() []Provider {
	sp.mu.Lock()
	defer sp.mu.Unlock()
	return sp.providers
}

// Fetch begins to fetch a file from members: from those that are named, and those that are
// there and may have it. The error wraps ErrNoDownloads, ErrPublic if it is to go where
// everybody gets it, or is one of the downloads.
func (sp *Space) Fetch(r download.Request) (download.Status, error) {
	if sp.downloads == nil {
		return download.Status{}, fmt.Errorf("space: fetch: %w", sp.why)
	}
	if r.Output != "" {
		for _, public := range sp.spaces.cfg.Public() {
			if within(filepath.Dir(r.Output), public) {
				return download.Status{}, fmt.Errorf("space: fetch to %s: %w: %s", r.Output, ErrPublic, public)
			}
		}
	}
	here := map[identity.PeerID]bool{}
	for _, p := range sp.Present() {
		here[p] = true
	}
	for _, p := range sp.holders(r.File.SHA1) {
		if here[p] {
			r.Sources = append(r.Sources, SourceOf(p))
		}
	}
	return sp.downloads.Add(r)
}

// arriving finds a file that is being fetched, or was, or that a provider has.
func (sp *Space) arriving(sum urn.SHA1) (upload.Partial, bool) {
	if sp.downloads != nil {
		if s, ok := sp.downloads.Shared(sum); ok {
			return upload.Partial{File: s.File, Tree: s.Tree, Have: s.Have(), ReaderAt: s}, true
		}
	}
	soon, promised := upload.Partial{}, false
	for _, p := range sp.provided() { // before what was fetched, which they may have moved
		part, ok := p.Part(sum)
		switch {
		case ok && part.Have.Len() > 0:
			return part, true
		case ok:
			soon, promised = part, true
		}
	}
	if file, tree, r, ok := sp.fetched.Open(sum); ok {
		return upload.Whole(file, tree, r), true
	}
	return soon, promised
}
