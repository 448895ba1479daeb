package natlab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing/fstest"
	"time"

	"github.com/rs/zerolog"

	"filbert/nat/turn"
	"filbert/node"
	"filbert/node/state"
	"filbert/overlay"
	"filbert/overlay/handshake"
	"filbert/overlay/identity"
	"filbert/query"
	"filbert/testnet/bubble"
	"filbert/transfer/download"
	"filbert/transfer/library"
)

// Pair is what came of one pair of nodes.
type Pair struct {
	From    Kind    `json:"from"`              // that of who fetches
	To      Kind    `json:"to"`                // that of who shares
	OneBox  bool    `json:"one_box,omitempty"` // both are behind the same
	Hairpin bool    `json:"hairpin,omitempty"` // and it leads from one to the other by outer addresses
	Theory  Path    `json:"theory"`
	Path    Path    `json:"path"`
	Equal   bool    `json:"equal"` // all bytes came, and are the right ones
	First   float64 `json:"first_s"`
	Whole   float64 `json:"whole_s"`
	Reason  string  `json:"reason,omitempty"` // why it did not come
}

// Worse reports whether the file came by a path that is worse than need be.
func (p Pair) Worse() bool { return p.Equal && p.Path > p.Theory }

// try has a node behind one kind of NAT fetch a file that one behind another shares. Both are leaves of two open
// ultrapeers. dir is for what is fetched.
func (c Config) try(pair Pair, dir string) Pair {
	pair.Theory = Theory(pair.From, pair.To)
	if pair.OneBox {
		pair.Theory = NeighborTheory(pair.From, pair.Hairpin)
	}
	play := func(net internet, err error) {
		if err == nil {
			l := &lab{net: net, dir: dir, log: c.Log, alone: c.alone}
			if c.Real {
				l.rate = realRate
			}
			err = l.play(&pair)
			l.close()
			net.Close()
		}
		if err != nil {
			pair.Reason = err.Error()
		}
	}
	if c.Real {
		play(newSpaces(c.IPv6))
	} else {
		bubble.Run(func() { play(newSimulated(c.IPv6), nil) })
	}
	return pair
}

// lab is a small internet with nodes.
type lab struct {
	net     internet
	rate    int64         // of what is sent; 0 = no limit
	servers []turn.Server // of the nodes that move in from now on
	any     bool          // they listen at any address of theirs
	alone   bool          // none of them relays
	dir     string
	log     zerolog.Logger
	count   byte
	work    sync.WaitGroup
	stops   []context.CancelFunc
}

func (l *lab) close() {
	for _, stop := range l.stops {
		stop()
	}
	l.work.Wait()
}

// moves starts a node behind a box of its own.
func (l *lab) moves(k Kind, mode overlay.Mode, files fstest.MapFS, seeds ...*node.Node) (*node.Node, error) {
	return l.movesTo(k, spot{number: l.count + 1}, mode, files, seeds...)
}

// movesTo starts a node behind a kind of NAT.
func (l *lab) movesTo(k Kind, at spot, mode overlay.Mode, files fstest.MapFS, seeds ...*node.Node) (*node.Node, error) {
	l.count++
	host, addr, err := l.net.host(k, at)
	if err != nil {
		return nil, err
	}
	id, err := identity.New(bytes.NewReader(bytes.Repeat([]byte{l.count}, 32)))
	if err != nil {
		return nil, err
	}
	if l.any {
		addr = netip.IPv4Unspecified()
	}
	cfg := node.Config{
		Version: "lab", Identity: id, State: state.Memory(), Network: host, Rand: rand.New(rand.NewPCG(uint64(l.count), 1)), Log: l.log,
		Listen: netip.AddrPortFrom(addr, port).String(), Mode: mode, Relay: !l.alone, Neighbors: ultrapeers, Quiet: time.Millisecond,
		MapPort: k == Mapped, UploadLimit: l.rate, TURNServers: l.servers, Downloads: filepath.Join(l.dir, fmt.Sprint(l.count)),
	}
	if files != nil {
		cfg.Shares = []library.Share{{Dir: "share", FS: files}}
	}
	for _, s := range seeds {
		cfg.Seeds = append(cfg.Seeds, s.Addr().String())
	}
	n, err := node.Open(context.Background(), cfg)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	l.stops = append(l.stops, stop)
	l.work.Go(func() {
		if err := n.Run(ctx); err != nil {
			l.log.Error().Err(err).Msg("a node of the laboratory ended")
		}
	})
	return n, nil
}

// seeds starts the ultrapeers.
func (l *lab) seeds() (seeds []*node.Node, err error) {
	for range ultrapeers {
		n, err := l.moves(Open, overlay.ModeUltrapeer, nil, seeds...)
		if err != nil {
			return nil, err
		}
		seeds = append(seeds, n)
	}
	return seeds, nil
}

// play builds the internet and has the file fetched.
func (l *lab) play(pair *Pair) error {
	film := make([]byte, fileBytes)
	if _, err := io.ReadFull(rand.NewChaCha8([32]byte{3}), film); err != nil {
		return err
	}
	seeds, err := l.seeds()
	if err != nil {
		return err
	}
	at := spot{number: l.count + 1, shared: pair.OneBox, hairpin: pair.Hairpin}
	shares, err := l.movesTo(pair.To, at, overlay.ModeLeaf, fstest.MapFS{"Blue Film.avi": {Data: film}}, seeds...)
	if err != nil {
		return err
	}
	if at.second = pair.OneBox; !at.second {
		at.number++
	}
	fetches, err := l.movesTo(pair.From, at, overlay.ModeLeaf, nil, seeds...)
	if err != nil {
		return err
	}
	set := ready
	if l.alone {
		began := time.Now()
		set = func(n *node.Node, files int) bool { return time.Since(began) > settled && proxied(n, files) }
	}
	if err := until(func() bool { return set(shares, 1) && set(fetches, 0) }); err != nil {
		return fmt.Errorf("the nodes are not ready: %w", err)
	}
	r, err := find(fetches)
	if err != nil {
		return err
	}
	began := time.Now()
	if _, err := fetches.Get(r, "", download.Terms{}); err != nil {
		return err
	}
	var last download.Status
	err = until(func() bool {
		last = fetches.Downloads()[0]
		if last.Have > 0 && pair.First == 0 {
			pair.First = time.Since(began).Seconds()
		}
		return last.State.Final()
	})
	pair.Whole = time.Since(began).Seconds()
	if err != nil {
		why := last.Reason
		for _, p := range last.Peers {
			why += "; " + p.Reason
		}
		return fmt.Errorf("the file does not come: %s: %s", last.State, strings.ReplaceAll(why, "\n", ", "))
	}
	got, err := os.ReadFile(last.Path)
	if err != nil {
		return err
	}
	if pair.Equal = bytes.Equal(got, film); !pair.Equal {
		return errors.New("other bytes came")
	}
	pair.Path, err = way(fetches, seeds)
	return err
}

// way is by which path a file came.
func way(fetches *node.Node, seeds []*node.Node) (Path, error) {
	ctx := context.Background()
	st, err := fetches.Status(ctx)
	switch {
	case err != nil:
		return None, err
	case st.Paths.Received > 0:
		return Punch, nil
	case st.Port.Givs > 0:
		return Push, nil
	}
	for _, s := range seeds {
		st, err := s.Status(ctx)
		if err != nil {
			return None, err
		}
		if r := st.Relay.Stats; r.Circuits > 0 || len(r.Ended) > 0 {
			return Relay, nil
		}
	}
	return Direct, nil
}

// ready reports whether a node has its neighbors and shares so many files, and knows how it is reached.
func ready(n *node.Node, files int) bool {
	s, err := n.Status(context.Background())
	return err == nil && s.Files == files && len(s.Overlay.Neighbors) >= ultrapeers && s.Overlay.Role == handshake.RoleLeaf &&
		(s.Overlay.TCP.Open || len(s.Relay.At) > 0)
}

// proxied is ready, of a node that push proxies alone lead to.
func proxied(n *node.Node, files int) bool {
	s, err := n.Status(context.Background())
	return err == nil && s.Files == files && s.Overlay.Proxies >= ultrapeers
}

// find searches for the file, again if need be: the table of who shares it may be on its way to
// an ultrapeer still.
func find(n *node.Node) (found query.Result, err error) {
	search := func() error {
		ctx, cancel := context.WithTimeout(context.Background(), searchTime)
		defer cancel()
		return n.Search(ctx, query.Query{Text: "blue film"}, func(r query.Result, _ query.Hit) {
			found = r
			cancel()
		})
	}
	for began := time.Now(); time.Since(began) < patience; {
		if err := search(); err != nil || len(found.Sources) > 0 {
			return found, err
		}
	}
	return found, errors.New("it is not found")
}

// until waits until something holds.
func until(holds func() bool) error {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for began := time.Now(); time.Since(began) < patience; {
		if holds() {
			return nil
		}
		<-tick.C
	}
	return fmt.Errorf("not within %v", patience)
}
