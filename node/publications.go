package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"sync"

	"filbert/node/publications"
	"filbert/node/space"
	"filbert/overlay/group"
	"filbert/overlay/identity"
	"filbert/transfer"
)

// Errors of FindPublication.
var (
	// ErrManyPublications: several members publish under the name.
	ErrManyPublications = errors.New("several members publish under that name; say whose is meant")
	// ErrRelative: the folder is named from somewhere else.
	ErrRelative = errors.New("the path of the folder is not absolute")
)

// desks is what is published and followed, a desk for each group. Safe for concurrent use.
type desks struct {
	node *Node

	mu     sync.Mutex
	open   map[group.ID]*publications.Desk
	closed bool
}

func newDesks(n *Node) *desks { return &desks{node: n, open: map[group.ID]*publications.Desk{}} }

// enter begins what is published and followed in a group, whose space and board are open.
func (ds *desks) enter(g *group.Group) error {
	n := ds.node
	sp, err := n.Space(g)
	if err != nil {
		return err
	}
	b, err := n.Board(g)
	if err != nil {
		return err
	}
	ds.mu.Lock()
	defer ds.mu.Unlock()
	if ds.closed {
		return fmt.Errorf("node: publications: %w", net.ErrClosed)
	}
	if ds.open[g.ID()] != nil {
		return nil
	}
	d := publications.Open(publications.Config{
		Self: n.cfg.Identity.PeerID(), State: n.cfg.State, Group: g, Board: b, Space: sp, Source: space.SourceOf, Log: n.log,
	})
	ds.open[g.ID()] = d
	return sp.Serve(d)
}

// run ends all desks with ctx.
func (ds *desks) run(ctx context.Context) error {
	<-ctx.Done()
	ds.mu.Lock()
	defer ds.mu.Unlock()
	ds.closed = true
	for _, d := range ds.open {
		d.Close()
	}
	return nil
}

// forget ends what is published and followed in a group that is left.
func (ds *desks) forget(id group.ID) error {
	ds.mu.Lock()
	d := ds.open[id]
	delete(ds.open, id)
	ds.mu.Unlock()
	if d == nil {
		return nil
	}
	d.Close()
	return d.Forget()
}

// folders is where versions are laid out.
func (ds *desks) folders() (dirs []string) {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	for _, d := range ds.open {
		dirs = append(dirs, d.Folders()...)
	}
	return dirs
}

// Publications is the desk of a group.
func (n *Node) Publications(g *group.Group) (*publications.Desk, error) {
	n.desks.mu.Lock()
	defer n.desks.mu.Unlock()
	if d := n.desks.open[g.ID()]; d != nil {
		return d, nil
	}
	return nil, fmt.Errorf("node: publications of %s: %w", g.ID(), ErrNoGroup)
}

// FindPublication is the publication of a group that has a name; by is the ID or petname of
// its publisher, and may be empty where only one member publishes under it.
func (n *Node) FindPublication(g *group.Group, name, by string) (publications.ID, error) {
	d, err := n.Publications(g)
	if err != nil {
		return publications.ID{}, err
	}
	var peer identity.PeerID
	if by != "" {
		if peer, err = n.FindPeer(by); err != nil {
			return publications.ID{}, err
		}
	}
	var found []publications.ID
	for _, s := range d.List() {
		if s.Name == name && (by == "" || s.Publisher == peer) {
			found = append(found, s.ID)
		}
	}
	switch len(found) {
	case 0:
		return publications.ID{}, fmt.Errorf("node: %s: %w", transfer.Display(name), publications.ErrUnknown)
	case 1:
		return found[0], nil
	}
	return publications.ID{}, fmt.Errorf("node: %s: %w", transfer.Display(name), ErrManyPublications)
}

// Publish publishes a folder in a group, as publications.Desk.Publish does.
func (n *Node) Publish(ctx context.Context, g *group.Group, dir, name string, keep int) (publications.Published, error) {
	d, err := n.Publications(g)
	if err == nil {
		err = absolute(dir)
	}
	if err != nil {
		return publications.Published{}, err
	}
	return d.Publish(ctx, dir, name, keep)
}

// Follow takes the versions of a publication, as publications.Desk.Follow does. They do not
// go where everybody gets them: the error wraps space.ErrPublic.
func (n *Node) Follow(g *group.Group, id publications.ID, dir string) error {
	d, err := n.Publications(g)
	if err != nil {
		return err
	}
	if dir == "" {
		return d.Follow(id, "")
	}
	if err := absolute(dir); err != nil {
		return err
	}
	for _, public := range n.publicFolders() {
		if space.Overlap(dir, public) {
			return fmt.Errorf("node: follow into %s: %s: %w", dir, public, space.ErrPublic)
		}
	}
	return d.Follow(id, dir)
}

func absolute(dir string) error {
	if !filepath.IsAbs(dir) {
		return fmt.Errorf("node: %s: %w", dir, ErrRelative)
	}
	return nil
}
