package flood

import (
	"compress/zlib"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"filbert/overlay/wire"
	"filbert/query/index"
)

// typePackets is the media type of query hits, one behind the other.
const typePackets = "application/x-gnutella-packets"

// Self says how we name ourselves in a query hit; *overlay.Overlay does.
type Self interface {
	// HitTo is a query hit of ours without records, as a peer at remote is told
	// one, our end of whose connection is local.
	HitTo(ctx context.Context, local, remote netip.Addr) (wire.QueryHit, error)
}

// BrowseConfig sets up a Browse.
type BrowseConfig struct {
	Index   *index.Index
	Self    Self
	Agent   string           // the servent's name and version
	On      bool             // whether anybody may browse
	Changed func() time.Time // when the index last changed
	Rand    *rand.Rand       // belongs to the Browse
}

// Browse answers requests for "/", which ask what this servent shares: with
// query hits for servents ("browse host"), with a page for people, else with a
// line of text. It implements http.Handler.
type Browse struct {
	cfg BrowseConfig

	mu    sync.Mutex
	limit browseLimit
	stats BrowseStats
}

// BrowseStats counts requests since the start.
type BrowseStats struct {
	Listed, Files         uint64 // listings and pages, and the files they named
	Unchanged             uint64 // nothing was new
	Off, Often, Busy, Cut uint64 // refused by the setting, for the hour, for want of a place; not taken to the end
}

// NewBrowse makes a Browse.
func NewBrowse(cfg BrowseConfig) *Browse { return &Browse{cfg: cfg} }

// Stats is a copy of the counters.
func (b *Browse) Stats() BrowseStats {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.stats
}

func (b *Browse) count(add func(*BrowseStats)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	add(&b.stats)
}

// ServeHTTP implements http.Handler for GET and HEAD.
func (b *Browse) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	accept := r.Header.Get("Accept")
	packets, page := accepts(accept, typePackets), accepts(accept, "text/html")
	w.Header().Set("Vary", "Accept")
	if !packets && !page {
		b.text(w, r, http.StatusOK, fmt.Sprintf("%s shares %d files", b.cfg.Agent, b.cfg.Index.Len()))
		return
	}
	if !b.cfg.On {
		b.count(func(s *BrowseStats) { s.Off++ })
		b.text(w, r, http.StatusForbidden, "browsing is switched off")
		return
	}
	changed := b.cfg.Changed().Truncate(time.Second)
	w.Header().Set("Last-Modified", changed.UTC().Format(http.TimeFormat))
	if since, err := http.ParseTime(r.Header.Get("If-Modified-Since")); err == nil && !changed.After(since) {
		b.count(func(s *BrowseStats) { s.Unchanged++ })
		w.WriteHeader(http.StatusNotModified)
		return
	}
	peer := peerOf(r)
	hit, err := b.cfg.Self.HitTo(r.Context(), localOf(r), peer)
	if err != nil {
		b.text(w, r, http.StatusServiceUnavailable, "shutting down")
		return
	}
	w.Header().Set("X-GUID", hit.Servent.String())
	if r.Method == http.MethodGet {
		b.mu.Lock()
		why, wait := b.limit.begin(time.Now(), peer)
		b.mu.Unlock()
		if why != granted {
			b.refuse(w, r, why, wait)
			return
		}
		defer func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.limit.end(peer)
		}()
	}
	if packets {
		b.list(w, r, hit)
	} else {
		b.page(w, r)
	}
}

// refuse says when to come again.
func (b *Browse) refuse(w http.ResponseWriter, r *http.Request, why refusal, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
	if why == tooOften {
		b.count(func(s *BrowseStats) { s.Often++ })
		b.text(w, r, http.StatusTooManyRequests, "browsed often enough for this hour")
		return
	}
	b.count(func(s *BrowseStats) { s.Busy++ })
	b.text(w, r, http.StatusServiceUnavailable, "all places to browse are taken")
}

// text writes a whole answer of one line.
func (b *Browse) text(w http.ResponseWriter, r *http.Request, status int, line string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(line)+1))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		io.WriteString(w, line+"\n") // an error shows at the next request
	}
}

// list sends everything as packets.
func (b *Browse) list(w http.ResponseWriter, r *http.Request, hit wire.QueryHit) {
	h := w.Header()
	h.Set("Content-Type", typePackets)
	deflated := accepts(r.Header.Get("Accept-Encoding"), "deflate")
	if deflated {
		h.Set("Content-Encoding", "deflate")
	}
	if unchunked(r.UserAgent()) {
		h.Set("Transfer-Encoding", "identity") // net/http then ends by closing
		h.Set("Connection", "close")
	}
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	out := &listing{w: w, to: w, control: http.NewResponseController(w), end: time.Now().Add(maxListingTime)}
	var z *zlib.Writer
	if deflated {
		z = zlib.NewWriter(w)
		out.to = z
	}
	b.mu.Lock()
	guid := wire.NewGUID(b.cfg.Rand)
	b.mu.Unlock()
	files := out.packets(b.cfg.Index, hit, guid)
	if z != nil && out.err == nil {
		out.err = z.Close()
	}
	b.count(func(s *BrowseStats) {
		if s.Listed, s.Files = s.Listed+1, s.Files+uint64(files); out.err != nil {
			s.Cut++
		}
	})
	if out.err != nil {
		panic(http.ErrAbortHandler) // the only way to tell that the rest is missing
	}
}

// accepts reports whether a list as in Accept names a value, and does not
// refuse it by q=0.
func accepts(list, value string) bool {
	for item := range strings.SplitSeq(list, ",") {
		name, parameters, _ := strings.Cut(item, ";")
		if strings.EqualFold(strings.TrimSpace(name), value) {
			q, given := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(parameters), " ", ""), "q=")
			weight, err := strconv.ParseFloat(q, 64)
			return !given || err != nil || weight > 0
		}
	}
	return false
}

// unchunked reports whether a servent takes no chunked listing: LimeWire and
// what was made of it, as gtk-gnutella found.
func unchunked(agent string) bool {
	for _, name := range [...]string{"LimeWire", "FrostWire", "BearShare", "WireShare"} {
		if strings.HasPrefix(agent, name) {
			return true
		}
	}
	return false
}

// peerOf is where a request comes from, localOf where it went.
func peerOf(r *http.Request) netip.Addr {
	addr, _ := netip.ParseAddrPort(r.RemoteAddr)
	return addr.Addr().Unmap()
}

func localOf(r *http.Request) netip.Addr {
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if local == nil {
		return netip.Addr{}
	}
	addr, _ := netip.ParseAddrPort(local.String())
	return addr.Addr().Unmap()
}
