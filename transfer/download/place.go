package download

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// place is where we stand in the queue of a source. The zero place is none.
type place struct {
	id       string        // 32 hex digits, "" if the source gave none
	position int           // from 1 on; 0: not told
	length   int           // of the queue; 0: not told
	after    time.Duration // not to be asked again before; 0: not told
}

// readPlace reads the place that an answer gives us: X-Queued of PARQ 1.0, with
// semicolons, or the X-Queue of older servents, with commas (transfer.md §4).
// What is malformed says nothing.
func readPlace(h http.Header) (p place) {
	value := h.Get(headerQueued)
	if value == "" {
		value = strings.ReplaceAll(h.Get(headerQueue), ",", ";")
	}
	if len(value) > maxPlace {
		return place{}
	}
	for field := range strings.SplitSeq(value, ";") {
		name, text, ok := strings.Cut(strings.TrimSpace(field), "=")
		if !ok {
			continue
		}
		number, err := strconv.ParseUint(strings.TrimSpace(text), 10, 16)
		switch name := strings.ToLower(strings.TrimSpace(name)); {
		case name == "id":
			if _, err := hex.DecodeString(text); err == nil && len(text) == 32 {
				p.id = text
			}
		case err != nil:
		case name == "position":
			p.position = int(number)
		case name == "length":
			p.length = int(number)
		case name == "pollmin":
			p.after = time.Duration(number) * time.Second
		}
	}
	return p
}

// String is the place for people, "" if none was told.
func (p place) String() string {
	switch {
	case p.position == 0:
		return ""
	case p.length == 0:
		return fmt.Sprintf("place %d in its queue", p.position)
	}
	return fmt.Sprintf("place %d of %d in its queue", p.position, p.length)
}

// claim tells a source the place it gave us.
func (p place) claim(h http.Header) {
	h[headerQueue] = []string{queueVersion}
	switch {
	case p.id == "":
	case p.position > 0:
		h[headerQueued] = []string{fmt.Sprintf("position=%d; ID=%s", p.position, p.id)}
	default:
		h[headerQueued] = []string{"ID=" + p.id}
	}
}
