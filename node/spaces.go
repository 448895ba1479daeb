package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"filbert/node/space"
	"filbert/overlay/group"
	"filbert/overlay/identity"
	"filbert/transfer/library"
)

// groupsSuffix is what the folder for groups has more in its name than that for downloads,
// beside which it is.
const groupsSuffix = "-groups"

// errGroupsFolder: what is fetched from members would lie where others get it.
var errGroupsFolder = errors.New("the folder for groups and that for downloads must not lie in one another: set group-downloads to another")

// shelf sets up a library for some folders.
func (n *Node) shelf(shares []library.Share) library.Config {
	return library.Config{
		Shares: shares, Cache: n.hashes, Rescan: n.cfg.Rescan, Watch: n.cfg.Watch, Quiet: n.cfg.Quiet, Homes: n.cfg.Homes, Log: n.log,
		Workers: n.cfg.Hashers, Rate: n.cfg.HashRate, Busy: n.transferring,
	}
}

// openSpaces prepares what groups share. Spaces begin with their groups.
func (n *Node) openSpaces() error {
	folder := ""
	if n.cfg.Downloads != "" {
		folder = cmp.Or(n.cfg.Groups, n.cfg.Downloads+groupsSuffix)
		if space.Overlap(folder, n.cfg.Downloads) {
			return fmt.Errorf("node: %s: %w", folder, errGroupsFolder)
		}
	}
	n.spaces = space.New(space.Config{
		Self: n.cfg.Identity.PeerID(), State: n.cfg.State, Folder: folder, Public: n.publicFolders, Library: n.shelf(nil),
		Board: n.Board, Up: n.limits.up, Down: n.limits.down, Slots: n.cfg.UploadSlots, Agent: n.cfg.agent(), Version: n.cfg.Version, Rand: n.cfg.child(), Witness: membersGave{happened{&n.events}, n.hooks}, Log: n.log,
		Dial: func(ctx context.Context, peer identity.PeerID) (net.Conn, error) {
			return n.Line(ctx, peer, netip.AddrPort{}, space.Service)
		},
	})
	n.lines.handle(space.Service, n.spaces.Serve)
	return nil
}

// publicFolders is the folders that are shared with everybody.
func (n *Node) publicFolders() (dirs []string) {
	for _, s := range n.library.Shares() {
		dirs = append(dirs, s.Dir)
	}
	if len(dirs) == 0 { // they may not have been taken up yet
		for _, s := range n.cfg.Shares {
			dirs = append(dirs, s.Dir)
		}
	}
	return dirs
}

// Share shares a folder with everybody. The error wraps space.ErrPrivate if it overlaps
// what is a group's, or is one of library.Library.Add.
func (n *Node) Share(ctx context.Context, dir string, forced bool) error {
	err := n.spaces.SharePublic(dir, func() error {
		for _, private := range n.desks.folders() {
			if space.Overlap(dir, private) {
				return fmt.Errorf("%s: %w", private, space.ErrPrivate)
			}
		}
		return n.library.Add(ctx, dir, forced)
	})
	if err != nil {
		return fmt.Errorf("node: share %s: %w", dir, err)
	}
	return nil
}

// Spaces is what the groups of this node share, by the names of the groups.
func (n *Node) Spaces() (list []*space.Space) {
	for _, g := range n.Groups() {
		if sp := n.spaces.Of(g.ID()); sp != nil {
			list = append(list, sp)
		}
	}
	return list
}

// SpaceOf is what the group with an ID shares.
func (n *Node) SpaceOf(id string) (*space.Space, error) {
	of, err := group.ParseID(id)
	if sp := n.spaces.Of(of); err == nil && sp != nil {
		return sp, nil
	}
	return nil, fmt.Errorf("node: space of %.80q: %w", id, ErrNoGroup)
}

// Space is what a group of this node shares.
func (n *Node) Space(g *group.Group) (*space.Space, error) {
	if sp := n.spaces.Of(g.ID()); sp != nil {
		return sp, nil
	}
	return nil, fmt.Errorf("node: space of %s: %w", g.ID(), ErrNoGroup)
}
