package node

import (
	"fmt"
	"net/netip"

	"filbert/node/events"
	"filbert/overlay"
	"filbert/overlay/group"
	"filbert/overlay/identity"
	"filbert/transfer"
	"filbert/transfer/download"
)

// Events is what happened to the node since it was opened, and why.
func (n *Node) Events() *events.Log { return &n.events }

// provenID is an ID as events have it: nothing if it was not proven.
func provenID(p identity.PeerID) string {
	if p == (identity.PeerID{}) {
		return ""
	}
	return p.String()
}

// happened writes down what parts of the node tell of others. It implements overlay.Witness,
// group.Witness and download.Witness.
type happened struct{ log *events.Log }

// Met implements overlay.Witness.
func (h happened) Met(m *overlay.Met) {
	how := "we called"
	if m.Inbound {
		how = "it called"
	}
	h.log.Add(events.Event{
		Kind: events.NeighborUp, Who: m.Addr.String(), Peer: provenID(m.Peer), Cause: fmt.Sprintf("%s, %v to %v", how, m.As, m.Is),
	})
}

// Parted implements overlay.Witness.
func (h happened) Parted(p *overlay.Parted) {
	h.log.Add(events.Event{Kind: events.NeighborDown, Who: p.Addr.String(), Peer: provenID(p.Peer), Cause: p.Why})
}

var memberKind = map[group.Happening]events.Kind{
	group.Joined: events.MemberJoined, group.Left: events.MemberLeft, group.Removed: events.MemberExpelled, group.There: events.MemberThere,
	group.Suspected: events.MemberSuspected, group.Away: events.MemberAway, group.Dead: events.MemberDead,
}

// Member implements group.Witness.
func (h happened) Member(id group.ID, peer identity.PeerID, what group.Happening, cause string) {
	h.log.Add(events.Event{Kind: memberKind[what], Who: peer.String(), Peer: peer.String(), In: id.String(), Cause: cause})
}

// Barred implements download.Witness.
func (h happened) Barred(host netip.Addr, why string) {
	h.log.Add(events.Event{Kind: events.HostBarred, Who: host.String(), Cause: why})
}

// Disk implements download.Witness.
func (h happened) Disk(file transfer.File, err error) { h.disk(file.Name, err) }

// disk writes down that something cannot be kept.
func (h happened) disk(what string, err error) {
	h.log.Add(events.Event{Kind: events.DiskProblem, Who: what, Cause: err.Error()})
}

// over writes down how a download ended, from members of a group or from anybody.
func (h happened) over(in string, st download.Status) {
	e := events.Event{Kind: events.DownloadComplete, Who: st.File.Name, In: in, Cause: st.Path}
	switch st.State {
	case download.Complete:
		h.log.Add(e)
	case download.Failed:
		e.Kind, e.Cause = events.DownloadFailed, fmt.Sprint(st.Err)
		h.log.Add(e)
	}
}

// relay writes down what became of a reservation.
func (h happened) relay(kind events.Kind, at, why string) {
	h.log.Add(events.Event{Kind: kind, Who: at, Cause: why})
}

// address writes down that the world sees us elsewhere.
func (h happened) address(was, is netip.Addr, how string) {
	e := events.Event{Kind: events.AddressChanged, Who: is.String(), Cause: how}
	if !is.IsValid() {
		e.Who = "unknown"
	}
	if was.IsValid() {
		e.Cause += "; it was " + was.String()
	}
	h.log.Add(e)
}
