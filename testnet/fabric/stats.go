package fabric

// Stats counts what arrived, and what did not by reason.
type Stats struct {
	Segments      uint64 // TCP segments received, those without data too
	Bytes         uint64 // of TCP data received
	Datagrams     uint64 // received
	DatagramBytes uint64 // received
	Drops         [numDropReasons]uint64
}

// Dropped returns how many segments and datagrams were dropped for all reasons.
func (s Stats) Dropped() uint64 {
	sum := uint64(0)
	for _, n := range s.Drops {
		sum += n
	}
	return sum
}

// count adds an event that arrived, or would have.
func (s *Stats) count(ev *event) {
	switch {
	case ev.kind == Faulted:
	case ev.drop != 0:
		s.Drops[ev.drop]++
	case ev.kind == Datagram:
		s.Datagrams++
		s.DatagramBytes += uint64(len(ev.data))
	default:
		s.Segments++
		s.Bytes += uint64(len(ev.data))
	}
}
