package testnet

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"filbert/node"
	"filbert/node/cli"
	"filbert/node/state"
	"filbert/overlay"
	"filbert/overlay/identity"
	"filbert/testnet/corpus"
	"filbert/testnet/topology"
	"filbert/transfer/library"
)

// Config says what network to run.
type Config struct {
	Nodes  int // ultrapeers, linked as the shape says
	Leaves int // leaves beside them
	Shape  topology.Shape
	Degree int    // neighbors of an ultrapeer, where the shape leaves a choice
	Seed   uint64 // decides the topology, the library and the nodes' keys
	Share  string // folder whose files are shared, each by one node; "" = a generated library
	Dir    string // folder for what the nodes keep; the caller removes it
	Log    zerolog.Logger
}

// Testnet is a running network.
type Testnet struct {
	cfg     Config
	graph   *topology.Graph
	members []*member // ultrapeers, then leaves
	work    sync.WaitGroup
}

// member is one node of a testnet.
type member struct {
	*node.Node
	number int
	plug   *plug
	stop   context.CancelFunc // nil until it runs
	ended  chan struct{}      // closed when it has run
	err    error              // of running
}

// check refuses configurations that cannot work.
func (c Config) check() error {
	if c.Nodes < 2 || c.Nodes > maxNodes {
		return fmt.Errorf("testnet: %d nodes: want 2 to %d", c.Nodes, maxNodes)
	}
	if most := min(maxNodes-c.Nodes, leavesPerNode*c.Nodes); c.Leaves < 0 || c.Leaves > most {
		return fmt.Errorf("testnet: %d leaves beside %d nodes: want 0 to %d", c.Leaves, c.Nodes, most)
	}
	if c.Degree < 1 || c.Degree >= c.Nodes {
		return fmt.Errorf("testnet: %d neighbors for each of %d nodes: want 1 to %d", c.Degree, c.Nodes, c.Nodes-1)
	}
	if c.Share == "" {
		return nil
	}
	info, err := os.Stat(c.Share)
	if err != nil {
		return fmt.Errorf("testnet: folder to share: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("testnet: folder to share: %s is no folder", c.Share)
	}
	return nil
}

// Open builds the network: the library, the nodes and their ports. Nothing runs
// yet. Close must follow.
func Open(ctx context.Context, cfg Config) (*Testnet, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	rnd := rand.New(rand.NewPCG(cfg.Seed, 1))
	graph, err := cfg.Shape.Build(cfg.Nodes, cfg.Degree, rnd)
	if err != nil {
		return nil, fmt.Errorf("testnet: %w", err)
	}
	if cfg.Share == "" {
		if _, err := corpus.Generate(ctx, cfg.Dir, corpus.Plan{Nodes: cfg.Nodes + cfg.Leaves, Seed: cfg.Seed}); err != nil {
			return nil, fmt.Errorf("testnet: library: %w", err)
		}
	}
	t := &Testnet{cfg: cfg, graph: graph}
	for i := range cfg.Nodes + cfg.Leaves {
		m, err := t.open(ctx, i, rnd)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("testnet: node %d: %w", i, err), t.Close())
		}
		t.members = append(t.members, m)
	}
	return t, nil
}

// open builds one node.
func (t *Testnet) open(ctx context.Context, i int, rnd *rand.Rand) (*member, error) {
	var seed [32]byte
	for j := range seed {
		seed[j] = byte(rnd.Uint32())
	}
	own := rand.NewChaCha8(seed)
	id, err := identity.New(own)
	if err != nil {
		return nil, err
	}
	m := &member{number: i, plug: newPlug(), ended: make(chan struct{})}
	share := library.Share{Dir: filepath.Join(t.cfg.Dir, corpus.Folder(i)), Forced: true}
	if t.cfg.Share != "" {
		share = library.Share{Dir: t.cfg.Share, Forced: true, Accept: corpus.Slice(i, t.cfg.Nodes+t.cfg.Leaves)}
	}
	m.Node, err = node.Open(ctx, node.Config{
		Version: cli.Version, Identity: id, State: state.Memory(), Network: m.plug, Rand: rand.New(own),
		Log:    t.cfg.Log.With().Int("node", i).Logger(),
		Listen: "127.0.0.1:0", Mode: t.mode(i), MaxLinks: max(32, 2*t.wanted(i)), TTL: ttl,
		Shares: []library.Share{share}, Quiet: time.Millisecond, Browse: true,
		Downloads: filepath.Join(t.cfg.Dir, downloadFolder, corpus.Folder(i)), SlotsPerHost: 8, // all are on one host
	})
	return m, err
}

// mode is what a node is: leaves stay leaves.
func (t *Testnet) mode(i int) overlay.Mode {
	if i < t.cfg.Nodes {
		return overlay.ModeUltrapeer
	}
	return overlay.ModeLeaf
}

// wanted is how many ultrapeers a node shall be linked to.
func (t *Testnet) wanted(i int) int {
	if i < t.cfg.Nodes {
		return t.graph.Degree(i)
	}
	return min(leafLinks, t.cfg.Nodes)
}

// size tells how many nodes there are.
func (t *Testnet) size() string {
	if t.cfg.Leaves == 0 {
		return fmt.Sprintf("%d nodes", t.cfg.Nodes)
	}
	return fmt.Sprintf("%d ultrapeers, %d leaves", t.cfg.Nodes, t.cfg.Leaves)
}

// Start starts all nodes. They run until Close.
func (t *Testnet) Start() {
	for _, m := range t.members {
		var ctx context.Context
		ctx, m.stop = context.WithCancel(context.Background())
		t.work.Go(func() {
			defer close(m.ended)
			m.err = m.Node.Run(ctx)
		})
	}
}

// First is the node whose prompt the user gets.
func (t *Testnet) First() *node.Node { return t.members[0].Node }

// Close stops all nodes and waits until they have ended.
func (t *Testnet) Close() error {
	var errs []error
	for _, m := range t.members {
		if m.stop == nil {
			errs = append(errs, m.Node.Close())
		} else {
			m.stop()
		}
	}
	t.work.Wait()
	for _, m := range t.members {
		if m.err != nil && !m.plug.isPulled() {
			errs = append(errs, fmt.Errorf("testnet: node %d: %w", m.number, m.err))
		}
	}
	return errors.Join(errs...)
}

// Kill cuts a node off as a power cut would.
func (t *Testnet) Kill(i int) {
	m := t.members[i]
	m.plug.pull()
	m.stop()
	<-m.ended
}
