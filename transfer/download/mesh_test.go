package download

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"testing"

	"filbert/transfer"
	"filbert/transfer/mesh"
	"filbert/transfer/ranges"
	"filbert/transfer/urn"
)

// notebook is a Mesh that writes down what it is told, believes what it hears,
// and offers always the same.
type notebook struct {
	mu     sync.Mutex
	told   []string
	heard  []transfer.Source
	offers []mesh.AltLoc
}

func (n *notebook) note(what string, who any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.told = append(n.told, fmt.Sprint(what, " ", who))
}

func (n *notebook) Heard(_ urn.SHA1, _ netip.Addr, alts []mesh.AltLoc) {
	for _, a := range alts {
		n.note("heard", a.Addr)
		n.mu.Lock()
		n.heard = append(n.heard, transfer.Source{Addr: a.Addr})
		n.mu.Unlock()
	}
}

func (n *notebook) Reported(_ urn.SHA1, _ netip.Addr, alts []mesh.AltLoc) {
	for _, a := range alts {
		n.note("reported", a.Addr)
	}
}
func (n *notebook) Worked(_ urn.SHA1, a mesh.AltLoc)         { n.note("worked", a.Addr) }
func (n *notebook) Failed(_ urn.SHA1, a mesh.AltLoc)         { n.note("failed", a.Addr) }
func (n *notebook) Offer(urn.SHA1, netip.Addr) []mesh.AltLoc { return n.offers }
func (n *notebook) Self(_, _ netip.Addr) (mesh.AltLoc, bool) { return mesh.AltLoc{}, false }
func (n *notebook) Bad(urn.SHA1, netip.Addr) []mesh.AltLoc   { return nil }
func (n *notebook) Sources(_ urn.SHA1, most int) []transfer.Source {
	return n.heard[:min(most, len(n.heard))]
}

// TestMesh asks a source that has the file no more and names one that does: the
// file comes from there, and the mesh learns who was good for what. Of others
// that have it the source is told once a connection.
func TestMesh(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		file, b := content(1, 2*chunkBytes)
		good := newServent(t, n, file, honest(b))
		var named [][]string
		stale := newServent(t, n, file, func(c net.Conn, r *http.Request, _ ranges.Range, _ int) bool {
			named = append(named, []string{r.Header.Get("X-Alt"), r.Header.Get("X-Features"), r.Header.Get(headerURN)})
			head(c, "404 Not Found", "Content-Length: 0", "X-Alt: "+good.Addr.String(), "X-NAlt: 203.0.113.99")
			return true
		})
		book := &notebook{offers: []mesh.AltLoc{{Addr: netip.MustParseAddrPort("198.51.100.20:7000")}}}
		d := open(t, folder(), Config{Connector: n, Mesh: book})
		d.add(file, stale.Source)
		d.want(file, Complete)
		if want := [][]string{{"198.51.100.20:7000", "fwalt/0.1", file.SHA1.URN()}}; fmt.Sprint(named) != fmt.Sprint(want) {
			t.Errorf("told %q, want %q", named, want)
		}
		want := []string{
			"reported 203.0.113.99:6346", "heard " + good.Addr.String(),
			"failed " + stale.Addr.String(), "worked " + good.Addr.String(),
		}
		if !slices.Equal(book.told, want) {
			t.Errorf("the mesh was told %q, want %q", book.told, want)
		}
		if good.conns != 1 {
			t.Errorf("%d connections for %v", good.conns, good.requests())
		}
	})
}

// TestMeshOncePerConnection names other sources in the first request only.
func TestMeshOncePerConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		file, b := content(1, 2*chunkBytes)
		var alts []string
		source := newServent(t, n, file, func(c net.Conn, r *http.Request, asked ranges.Range, _ int) bool {
			alts = append(alts, r.Header.Get("X-Alt"))
			io.Copy(io.Discard, r.Body)
			part(c, b, asked)
			return true
		})
		book := &notebook{offers: []mesh.AltLoc{{Addr: netip.MustParseAddrPort("198.51.100.20:7000")}}}
		d := open(t, folder(), Config{Connector: n, Mesh: book})
		d.add(file, source.Source)
		d.want(file, Complete)
		for i, got := range alts {
			if want := map[bool]string{true: "198.51.100.20:7000"}[i == 0]; got != want {
				t.Errorf("request %d named %q, want %q", i, got, want)
			}
		}
		if len(alts) < 2 {
			t.Errorf("%d requests", len(alts))
		}
	})
}
