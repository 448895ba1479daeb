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
	return overlay.Holding{Code: wire.HeadComplete, Queue: -int8(min(h.n.uploads.FreeSlots(), 127))}
}
