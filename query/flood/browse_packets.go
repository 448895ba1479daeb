package flood

import (
	"io"
	"net/http"
	"slices"
	"time"

	"filbert/overlay/wire"
	"filbert/query/index"
)

// listing writes packets, each in its time.
type listing struct {
	w       http.ResponseWriter
	to      io.Writer // w, or a compressor above it
	control *http.ResponseController
	end     time.Time // of all of it
	err     error     // the first one; nothing is written after it

	entries []*index.Entry // of the next packet
	bytes   int            // of their names
	frame   []byte
}

// packets writes the complete files of an index, maxListed at most, and returns
// their number. hit says who has them.
func (l *listing) packets(ix *index.Index, hit wire.QueryHit, guid wire.GUID) (files int) {
	for e := range ix.Entries() {
		if e.Partial {
			continue
		}
		// gtk-gnutella takes one hash twice in a packet for spam.
		if len(l.entries) == recordsPerPacket || l.bytes > bytesPerPacket || copied(l.entries, e) {
			l.packet(&hit, guid)
		}
		if l.err != nil || files == maxListed {
			break
		}
		l.entries = append(l.entries, e)
		l.bytes += len(e.Name)
		files++
	}
	if len(l.entries) > 0 {
		l.packet(&hit, guid)
	}
	return files
}

// packet writes the entries that have come together.
func (l *listing) packet(hit *wire.QueryHit, guid wire.GUID) {
	hit.Records = hit.Records[:0]
	for _, e := range l.entries {
		hit.Records = append(hit.Records, record(e))
	}
	l.entries, l.bytes = slices.Delete(l.entries, 0, len(l.entries)), 0
	if l.err != nil {
		return
	}
	by := time.Now().Add(listingStall)
	if l.end.Before(by) {
		by = l.end
	}
	l.control.SetWriteDeadline(by) // an error means that the connection has none
	l.frame = wire.AppendFrame(l.frame[:0], guid, 1, 0, hit)
	_, l.err = l.to.Write(l.frame)
}
