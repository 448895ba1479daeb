package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"filbert/nat"
	"filbert/nat/portmap"
	"filbert/nat/socket"
	"filbert/node/board"
	"filbert/node/contacts"
	"filbert/node/events"
	"filbert/node/hook"
	"filbert/node/space"
	"filbert/node/state"
	"filbert/overlay"
	"filbert/overlay/hostcache"
	"filbert/overlay/tlslink"
	"filbert/overlay/wire"
	"filbert/query"
	"filbert/query/flood"
	"filbert/query/index"
	"filbert/transfer/download"
	"filbert/transfer/fetched"
	"filbert/transfer/library"
	"filbert/transfer/store"
	"filbert/transfer/stream"
	"filbert/transfer/upload"
)

// Node is one servent. Open builds it and takes its port, Run runs it.
type Node struct {
	cfg      Config
	log      zerolog.Logger
	listener net.Listener
	socket   *socket.Socket // UDP
	ids      *socket.IDs    // of QUIC connections on it
	addr     netip.AddrPort
	started  time.Time

	overlay    *overlay.Overlay
	layer      *tlslink.Layer // nil when no TLS is spoken
	shaking    *tlslink.Layer // that one, or one whose turns alone are made use of
	vouching   flood.Vouching
	library    *library.Library
	hashes     *hashCache
	index      *index.Index
	browse     *flood.Browse
	contacts   *contacts.Book
	changed    atomic.Int64 // when the index last changed, nanoseconds since 1970
	uploads    *upload.Server
	web        *webListener
	pushes     *pushes
	relays     *relays
	punches    *punches
	asked      *asked
	punchProxy *punchProxy
	stuns      *stuns
	ladder     *nat.Ladder
	router     *nat.Router
	public     publicity
	upkeep     upkeep
	rehomed    atomic.Bool // this machine is on another network than keepMapping knows
	dials      *nat.Dialer // of all transfers
	mux        *mux
	lines      *lines
	spaces     *space.Spaces
	desks      *desks
	groups     *groups
	boards     *board.Boards
	counts     muxCounts
	disk       *store.Disk          // nil when nothing can be fetched
	claim      *state.Held          // on the download folder; likewise
	downloads  *download.Manager    // likewise
	ended      chan download.Status // what the manager says, for the hooks
	hooks      *hook.Runner
	folders    *folders // nil when nothing can be fetched
	lists      *lists
	fetched    fetched.Files
	routing    routing
	moved      moved
	limits     *limits
	streams    *stream.Server
	mesh       *meshTable
	searcher   query.Searcher
	named      []string // seeds whose names are looked up
	finding    finding
	mapper     *portmap.Mapper // nil when the router is not asked

	events events.Log

	mu       sync.Mutex
	results  *query.Results
	askedNew time.Time // when the newest files were last asked for
}

// Open builds a node and takes its port. Close or Run must follow.
func Open(ctx context.Context, cfg Config) (_ *Node, err error) {
	if cfg, err = cfg.faced(); err != nil {
		return nil, fmt.Errorf("node: %w", err)
	}
	n := &Node{cfg: cfg, log: cfg.Log, results: query.NewResults(), ladder: nat.NewLadder(), index: index.New()}
	n.routing.wake = make(chan struct{}, 1)
	if err := hook.Check(cfg.OnComplete); err != nil {
		return nil, fmt.Errorf("node: command for complete downloads: %w", err)
	}
	if n.limits, err = newLimits(cfg); err != nil {
		return nil, err
	}
	var ids *tlslink.Layer
	if n.layer, ids, err = cfg.layers(); err != nil {
		return nil, err
	}
	if n.shaking = n.layer; n.shaking == nil {
		n.shaking = tlslink.New(tls.Certificate{})
	}
	n.openRouter()
	n.dials = nat.NewDialer(n.router.DialContext, func(a netip.Addr) bool { return hostcache.Class(a).Local() })
	n.ended, n.hooks = make(chan download.Status), hook.New(cfg.OnComplete, cfg.Log)
	defer func() {
		if err != nil {
			n.Close()
		}
	}()
	var packets net.PacketConn
	if n.listener, packets, err = bind(ctx, cfg, routed{n.router, cfg.Network}); err != nil {
		return nil, err
	}
	n.addr = addrPortOf(n.listener.Addr())
	n.web = newWebListener(n.listener.Addr())
	if err := n.openSocket(packets); err != nil {
		return nil, err
	}
	n.pushes = newPushes(cfg, n.dials, n.log, &n.counts)
	if err := n.openRelays(); err != nil {
		return nil, err
	}
	n.openPunches()
	n.openContacts()
	n.mesh = newMeshTable(cfg.Hosts, n.addr, cfg.External, cfg.child())
	if err := n.openDownloads(); err != nil {
		return nil, err
	}
	known, err := cfg.State.Bucket(stateHosts).Get(keyHosts)
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		n.log.Warn().Err(err).Msg("known hosts are lost")
	}
	seeds, named, err := splitSeeds(cfg.Seeds)
	if err != nil {
		return nil, err
	}
	n.named = named
	n.openFinding(len(known) > 0)
	n.hashes = newHashCache(cfg.State, n.log, happened{&n.events})
	if err := n.openLists(); err != nil {
		return nil, err
	}
	n.library = library.New(n.shelf(n.cfg.Shares))
	n.changed.Store(time.Now().UnixNano())
	n.browse = flood.NewBrowse(flood.BrowseConfig{
		Index: n.index, Self: self{n}, Agent: cfg.agent(), On: cfg.Browse, Changed: n.lastChange, Rand: cfg.child(),
	})
	n.uploads = upload.New(upload.Config{
		Library: n.library, Agent: cfg.agent(), Slots: cfg.UploadSlots, SlotsPerHost: cfg.SlotsPerHost, SlotsPerNetwork: cfg.SlotsPerNet, Log: n.log,
		Root: n.browse, Features: cfg.features(), Mesh: n.mesh, Limit: n.limits.up, Arriving: n.arriving, Rand: cfg.child(),
	})
	answerer := flood.NewAnswerer(n.index, cfg.child())
	answerer.Mesh, answerer.Roots, answerer.Fetched = n.mesh, n.roots, n.givenOn
	n.overlay = overlay.New(overlay.Options{
		Config: overlay.Config{
			GUID: wire.GUID(cfg.face.GUID()), Port: n.addr.Port(), External: cfg.External,
			Mode: cfg.Mode, Want: cfg.Neighbors, Max: cfg.MaxLinks, MaxLeaves: cfg.MaxLeaves, Flood: cfg.Flood, GUESS: cfg.GUESS, InBand: cfg.InBand,
			Hasher: &flood.Hasher{}, Holder: holder{n}, MaxTTL: cfg.TTL, Speed: cfg.Speed, Seeds: seeds, Hosts: cfg.Hosts,
			Identity: cfg.signer(), Face: cfg.face.PeerID(), HostCache: cfg.BeHostCache, OnlyIPv6: onlyIPv6(n.addr.Addr()), Browse: cfg.Browse, Relay: cfg.Relay, STUN: true,
		},
		Agent:   cfg.agent(),
		Dialer:  n.router.Links(),
		Deflate: cfg.Deflate,
		Patient: onSystem(cfg.Network),
		TLS:     n.layer,
		IDs:     ids,
		Bouncer: n.contacts,
		Matcher: answerer,
		Caller:  n.pushes,
		Punches: wordsTaken{n},
		Witness: happened{&n.events},
		Known:   known,
		Pongs:   n.finding.pongs(),
		Packets: n.socket.PacketConn(socket.Gnutella),
		Aside:   n.router,
		Rand:    cfg.child(),
		Log:     n.log,
	})
	n.searcher = query.Searcher{Locators: []query.Locator{&flood.Locator{Network: n.overlay, Leaf: n.isLeaf, Vouch: &n.vouching}}}
	n.streams = stream.NewServer(playable{n})
	n.openMapping()
	n.pushes.overlay, n.relays.overlay, n.stuns.overlay = n.overlay, n.overlay, n.overlay
	n.asked.overlay, n.punchProxy.overlay = n.overlay, n.overlay
	n.openLines(ids)
	if err := n.openSpaces(); err != nil {
		return nil, err
	}
	n.openGroups()
	n.openBoards()
	n.desks = newDesks(n)
	n.pushes.serve, n.relays.lines = n.serveConn, n.lines
	n.mux = newMux(n.log, n.overlay, n.layer, n.web, n.pushes, n.relays, n.punchProxy, n.lines, &n.counts)
	return n, nil
}

// Close gives up a node that was opened and never run.
func (n *Node) Close() error {
	var errs []error
	if n.boards != nil {
		errs = append(errs, n.boards.Close())
	}
	if n.listener != nil {
		errs = append(errs, n.listener.Close())
	}
	if n.socket != nil {
		errs = append(errs, n.socket.Close())
	}
	if n.disk != nil {
		errs = append(errs, n.disk.Close())
	}
	if n.claim != nil {
		errs = append(errs, n.claim.Release())
	}
	return errors.Join(errs...)
}

// Run runs the node until ctx ends or a part of it fails. It says BYE, saves
// what must be saved and returns within seconds. It is called once.
func (n *Node) Run(ctx context.Context) error {
	n.started = time.Now()
	n.log.Info().Stringer("listen", n.addr).Stringer("guid", wire.GUID(n.cfg.face.GUID())).Msg("node starts")
	if outlook := n.Outlook(); outlook != "" {
		n.log.Info().Msg(outlook)
	}
	parts := []part{
		{"limits", n.limits.run},
		{"hashes", n.hashes.run},
		{"library", n.library.Run},
		{"index", n.fillIndex},
		{"hosts", n.keepHosts},
		{"pushes", n.pushes.run},
		{"overlay", n.overlay.Run},
		{"paths", n.punches.run},
		{"relays", n.relays.run},
		{"seeds", n.lookUpSeeds},
		{"uploads", n.serveFiles},
	}
	if n.downloads != nil {
		parts = append(parts, part{"hooks", n.hooks.Run}, part{"ended downloads", n.takeEnded}, part{"folders", n.folders.run})
		parts = append(parts, part{"downloads", func(ctx context.Context) error { n.downloads.Run(ctx); return nil }})
	}
	parts = append(parts,
		part{"streams", n.streams.Run},
		part{"routing", n.keepRouting},
		part{"datagrams", n.serveDatagrams},
		part{"stun datagrams", n.stuns.read},
		part{"stun", n.stuns.run},
		part{"boards", n.boards.Run},
		part{"spaces", n.spaces.Run},
		part{"upkeep", n.keepUpkeep},
		part{"whereabouts", n.keepWhereabouts},
		part{"publications", n.desks.run},
		part{"port", func(ctx context.Context) error { return n.mux.serve(ctx, n.listener) }},
		part{"groups", n.groups.run}, // ends before the port: members are told over lines that others opened, too
	)
	parts = append(parts, n.finding.parts()...)
	if n.mapper != nil {
		parts = append(parts, part{"port mapping", n.keepMapping})
	}
	err := runParts(ctx, parts)
	n.log.Info().Msg("node ends")
	return errors.Join(err, n.closeQuietly())
}

// closeQuietly closes what Run leaves open; the listener is closed already.
func (n *Node) closeQuietly() error {
	if err := n.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// Addr is where the node listens, TCP and UDP.
func (n *Node) Addr() netip.AddrPort { return n.addr }

// openDownloads opens the download folder, which is created for the user.
func (n *Node) openDownloads() error {
	if n.cfg.Downloads == "" {
		return nil
	}
	var err error
	if n.disk, err = openFolder(n.cfg.Downloads); err != nil {
		return fmt.Errorf("node: download folder: %w", err)
	}
	// Another home may name the same folder.
	if n.claim, err = state.Lock(filepath.Join(n.cfg.Downloads, folderLock)); err != nil {
		return fmt.Errorf("node: download folder %s: %w", n.cfg.Downloads, err)
	}
	files, err := store.New(store.Config{FS: n.disk, Folder: n.cfg.Downloads})
	if err != nil {
		return fmt.Errorf("node: download folder %s: %w", n.cfg.Downloads, err)
	}
	n.downloads = download.New(download.Config{
		Store:     files,
		Connector: n.connector(),
		Finder:    finder{n},
		Mesh:      n.mesh,
		Limit:     n.limits.down,
		Witness:   happened{&n.events},
		Ended:     n.ended,
		Version:   n.cfg.Version,
		Rand:      n.cfg.child(),
		Log:       n.log,
	})
	n.folders = newFolders(n)
	return nil
}

// serveFiles answers HTTP requests until ctx ends.
func (n *Node) serveFiles(ctx context.Context) error {
	ended := make(chan error, 1)
	var work sync.WaitGroup
	work.Go(func() { ended <- n.uploads.Serve(n.web) })
	defer work.Wait()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	// What is being sent is cut off soon: a peer that fetches goes on elsewhere,
	// or here, later, where it stopped.
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), uploadGrace)
	defer cancel()
	if err := n.uploads.Shutdown(grace); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

func (n *Node) serveDatagrams(ctx context.Context) error {
	return n.overlay.ServeDatagrams(ctx, n.socket.PacketConn(socket.Gnutella))
}

// fillIndex keeps the index and the pongs at what the library shares.
func (n *Node) fillIndex(ctx context.Context) error {
	for change := range n.library.Changes(ctx) {
		var added []index.Entry
		for _, e := range change.Added {
			added = append(added, index.Entry{
				ID: e.ID, Name: e.Name, Size: e.Size, SHA1: e.SHA1, ModTime: e.ModTime.Unix(),
			})
		}
		var removed []uint32
		for _, e := range change.Removed {
			removed = append(removed, e.ID)
		}
		if refused := n.index.Apply(added, removed); refused > 0 {
			n.log.Warn().Int("files", refused).Msg("the index is full; these files cannot be found by others")
		}
		n.changed.Store(time.Now().UnixNano())
		err := errors.Join(
			n.overlay.SetSharing(n.index.Len(), n.index.Bytes()>>10),
			n.setRouting(),
		)
		if err != nil {
			return nil // the overlay has ended, and we are about to
		}
	}
	return nil
}

// keepHosts saves the known hosts now and then and at the end.
func (n *Node) keepHosts(ctx context.Context) error {
	t := time.NewTicker(hostsPeriod)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			n.saveHosts(ctx)
		case <-ctx.Done(): // the overlay has ended by now
			n.saveHosts(context.WithoutCancel(ctx))
			return nil
		}
	}
}

func (n *Node) saveHosts(ctx context.Context) {
	if s, err := n.overlay.Status(ctx); err == nil {
		n.mesh.am(s.External)
	}
	hosts, err := n.overlay.Hosts(ctx)
	if err == nil {
		err = errors.Join(n.cfg.State.Bucket(stateHosts).Put(keyHosts, hosts), n.saveCaches())
	}
	if err != nil {
		n.log.Warn().Err(err).Msg("known hosts could not be kept")
		happened{&n.events}.disk("known hosts", err)
	}
}
