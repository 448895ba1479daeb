package node

import (
	"context"
	"errors"
	"iter"
	"net/netip"
	"time"

	"filbert/nat"
	"filbert/nat/relay"
	"filbert/nat/socket"
	"filbert/overlay"
	"filbert/overlay/handshake"
	"filbert/overlay/identity"
	"filbert/overlay/wire"
	"filbert/query/flood"
	"filbert/transfer/download"
	"filbert/transfer/library"
	"filbert/transfer/upload"
	"filbert/transfer/urn"
)

// Status is a picture of the whole node.
type Status struct {
	Overlay   overlay.Status
	Version   string
	Peer      identity.PeerID // as the network sees it
	Listen    netip.AddrPort
	Started   time.Time
	Files     int   // that can be found
	Bytes     int64 // of them
	Hashing   library.Progress
	Downloads int // unfinished
	Uploads   int
	Uploaded  uint64 // bytes of files, since the start
	Results   int
	Port      PortCounts
	Sources   []HostSource // ways to find hosts that the node has
	Browsed   flood.BrowseStats
	Relay     RelayStatus
	Paths     PathStatus
	Router    nat.EntryCounts // what we have in our router's table, as far as we know
	Upkeep    UpkeepStatus
	UDP       UDPStatus
	STUN      STUNStatus
	Vouched   flood.VouchStats
}

// UDPStatus is what came to the UDP port.
type UDPStatus struct {
	Gnutella, STUN, QUIC socket.KindStats
	Errors               uint64 // of reading
}

// RelayStatus is what a node has to do with relays.
type RelayStatus struct {
	Serves bool        // it relays for others
	Stats  relay.Stats // as a relay; the zero value if it is none
	At     []netip.AddrPort
}

// Status takes a picture. The error is overlay.ErrClosed when the node does not
// run.
func (n *Node) Status(ctx context.Context) (Status, error) {
	o, err := n.overlay.Status(ctx)
	if err != nil {
		return Status{}, err
	}
	s := Status{
		Overlay:  o,
		Version:  n.cfg.Version,
		Peer:     n.cfg.face.PeerID(),
		Listen:   n.addr,
		Started:  n.started,
		Files:    n.index.Len(),
		Bytes:    n.index.Bytes(),
		Hashing:  n.library.Progress(),
		Uploads:  len(n.uploads.Uploads()),
		Uploaded: n.uploads.Stats().Bytes,
		Port:     n.counts.load(),
		Sources:  n.finding.hostSources(),
		Browsed:  n.browse.Stats(),
		Paths:    n.pathStatus(),
		Router:   n.router.Counts(),
		Relay:    RelayStatus{Serves: o.Relays, Stats: n.relays.stats(), At: n.relays.reservations()},
		STUN:     n.stuns.status(),
		Upkeep:   n.upkeep.status(),
		Vouched:  n.vouching.Stats(),
	}
	s.Port.TLSBusy = uint64(n.shaking.Busy().Microseconds())
	udp := n.socket.Stats()
	s.UDP = UDPStatus{udp.Kinds[socket.Gnutella], udp.Kinds[socket.STUN], udp.Kinds[socket.QUIC], udp.Errors}
	for _, d := range n.Downloads() {
		if !d.State.Final() {
			s.Downloads++
		}
	}
	n.mu.Lock()
	s.Results = n.results.Len()
	n.mu.Unlock()
	return s, nil
}

// isLeaf reports whether the node is a leaf now.
func (n *Node) isLeaf(ctx context.Context) bool {
	s, err := n.overlay.Status(ctx)
	return err == nil && s.Role == handshake.RoleLeaf
}

// Connect opens a link to a host and waits until it is up.
func (n *Node) Connect(ctx context.Context, addr netip.AddrPort) error {
	return n.overlay.Connect(ctx, addr)
}

// ConnectPeer is Connect to a host that must prove to be a peer.
func (n *Node) ConnectPeer(ctx context.Context, addr netip.AddrPort, peer identity.PeerID) error {
	return n.overlay.ConnectPeer(ctx, addr, peer)
}

// Seed names a host that the user trusts to be there; a link to it is opened.
func (n *Node) Seed(addr netip.AddrPort) error { return n.overlay.Seed(addr) }

// Disconnect ends the link to a host.
func (n *Node) Disconnect(addr netip.AddrPort) error { return n.overlay.Disconnect(addr) }

// Part ends the links to a peer.
func (n *Node) Part(ctx context.Context, peer identity.PeerID) error {
	s, err := n.overlay.Status(ctx)
	if err != nil {
		return err
	}
	for _, near := range s.Neighbors {
		if near.GUID == wire.GUID(peer.GUID()) {
			err = errors.Join(err, n.overlay.Disconnect(near.Addr))
		}
	}
	return err
}

// SetNeighbors sets how many links the node dials for.
func (n *Node) SetNeighbors(want int) error { return n.overlay.SetWant(want) }

// Library is what the node shares.
func (n *Node) Library() *library.Library { return n.library }

// Uploads lists the files being sent.
func (n *Node) Uploads() []upload.Status { return n.uploads.Uploads() }

// WaitingForUploads lists who waits in line for an upload, first the next.
func (n *Node) WaitingForUploads() []upload.Waiting { return n.uploads.Waiting() }

// Downloads lists all downloads, those that ended lately included.
func (n *Node) Downloads() []download.Status {
	if n.downloads == nil {
		return nil
	}
	return n.downloads.List()
}

// Manager is the downloads of the open network, nil if nothing can be fetched.
func (n *Node) Manager() *download.Manager { return n.downloads }

// Watch yields the status of a download now and whenever it changes, until it
// is over or ctx ends; nothing for a download there is not.
func (n *Node) Watch(ctx context.Context, h urn.SHA1) iter.Seq[download.Status] {
	if n.downloads == nil {
		return func(func(download.Status) bool) {}
	}
	return n.downloads.Watch(ctx, h)
}

// Cancel ends a download; remove removes what arrived.
func (n *Node) Cancel(ctx context.Context, h urn.SHA1, remove bool) error {
	if n.downloads == nil {
		return ErrNoDownloads
	}
	return n.downloads.Cancel(ctx, h, remove)
}
