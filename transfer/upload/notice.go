package upload

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"filbert/transfer/queue"
)

// dialect is how a peer wants to be told its place in line (transfer.md §4).
type dialect uint8

const (
	noQueue  dialect = iota // it does not know what that is
	oldQueue                // X-Queue of LimeWire: fields with commas
	parq                    // X-Queued of PARQ 1.0: fields with semicolons
)

// dialectOf reads the version of the X-Queue that a request has.
func dialectOf(h http.Header) dialect {
	version := strings.TrimSpace(h.Get(headerQueue))
	major, _, _ := strings.Cut(version, ".")
	switch n, err := strconv.ParseUint(major, 10, 8); {
	case version == "":
		return noQueue
	case err != nil || n == 0:
		return oldQueue
	}
	return parq
}

// isServent reports whether a peer knows that an answer may hold less than it asked
// for.
func isServent(h http.Header) bool { return dialectOf(h) != noQueue || h.Get(headerFeatures) != "" }

// notify tells a peer that got no slot its place in line, and returns what is said to
// people. It reports whether the peer is to keep the connection, and ask again on it.
func notify(w, r http.Header, n queue.Notice, slots int) (text string, keep bool) {
	w.Set("Retry-After", seconds(n.Retry))
	if n.Position == 0 {
		return "the line is full", false
	}
	switch dialectOf(r) {
	case parq:
		w[headerQueued] = []string{fmt.Sprintf("ID=%s; position=%d; length=%d; ETA=%s; lifetime=%s",
			hex.EncodeToString(n.ID[:]), n.Position, n.Length, seconds(n.ETA), seconds(n.Lifetime))}
		keep = true
	case oldQueue:
		w[headerQueue] = []string{fmt.Sprintf("position=%d,length=%d,limit=%d,pollMin=%s,pollMax=%s",
			n.Position, n.Length, slots, seconds(n.Retry), seconds(n.Lifetime))}
		keep = true
	}
	text = fmt.Sprintf("place %d of %d in line, about %v to go", n.Position, n.Length, n.ETA.Round(time.Second))
	return text, keep && n.Lifetime < idleTimeout
}
