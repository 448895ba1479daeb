package overlay

import "filbert/overlay/wire"

// allHops as the limit of a hops flow message lifts it.
const allHops wire.Hops = 255

// hopsFlow takes a neighbor's wish for fewer queries.
func (n *neighbor) hopsFlow(v *wire.Vendor) error {
	below, err := v.HopsFlow()
	switch {
	case err != nil:
		return err
	case below == allHops:
		n.vendor.flow = nil
	default:
		n.vendor.flow = &below
	}
	return nil
}

// wants reports whether a neighbor wants queries that reach it with so many hops
// in the header.
func (n *neighbor) wants(hops wire.Hops) bool { return n.vendor.flow == nil || hops < *n.vendor.flow }
