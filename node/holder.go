package node

import (
	"filbert/overlay"
	"filbert/overlay/wire"
	"filbert/transfer/urn"
)

// holder tells the overlay what is shared. It implements overlay.Holder.
type holder struct{ n *Node }

// Holding implements overlay.Holder.
func (h holder) Holding(sha1 [20]byte) overlay.Holding {
	if _, err := h.n.library.BySHA1(urn.SHA1(sha1)); err != nil {
		return overlay.Holding{} // nothing of it is here any more
	}
	queue := len(h.n.uploads.Waiting())
	if queue == 0 {
		queue = -h.n.uploads.FreeSlots()
	}
	return overlay.Holding{Code: wire.HeadComplete, Queue: int8(max(-127, min(queue, 126)))} // 127: busy, no line
}

// roots is the roots of the hash trees of a shared file, for hits.
func (n *Node) roots(sha1 [20]byte) wire.Roots {
	e, err := n.library.BySHA1(urn.SHA1(sha1))
	if err != nil {
		return wire.Roots{}
	}
	return wire.Roots{Tiger: e.Tiger, Blake3: e.Blake3}
}
