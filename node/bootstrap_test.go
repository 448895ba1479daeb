package node_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"filbert/node"
	"filbert/overlay/bootstrap"
)

// sources is what became of a citizen's ways to find hosts.
func (tn *town) sources(c *citizen) []node.HostSource {
	tn.t.Helper()
	s, err := c.Status(tn.t.Context())
	if err != nil {
		tn.t.Fatal(err)
	}
	return s.Sources
}

// TestBootstrapByHostCache starts a node with an empty home that knows nothing
// but a UDP host cache, which is a node as well: it finds those linked to that.
func TestBootstrapByHostCache(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		cache := tn.movesIn(func(cfg *node.Config) { cfg.BeHostCache = true })
		anna := tn.moves(fstest.MapFS{"Blue Sky.ogg": file("la la la")}, cache)
		boris := tn.moves(nil, cache)
		tn.linked(cache, 2)
		tn.until("anna shares", func() bool { s, err := anna.Status(t.Context()); return err == nil && s.Files == 1 })

		began := time.Now()
		clara := tn.movesIn(func(cfg *node.Config) {
			cfg.HostCaches = []string{cache.Addr().String()}
			cfg.Neighbors = 3 // the cache, an ultrapeer too, among them
		})
		tn.linked(clara, 3)
		took := time.Since(began)
		if took < 5*time.Second || tn.virtual && took > 20*time.Second {
			t.Errorf("linked after %v", took)
		}
		for _, addr := range []netip.AddrPort{anna.Addr(), boris.Addr()} {
			tn.until(fmt.Sprint("a link to ", addr), func() bool {
				s, err := clara.Status(t.Context())
				if err != nil {
					return false
				}
				for _, n := range s.Overlay.Neighbors {
					if n.Listen == addr {
						return true
					}
				}
				return false
			})
		}
		tn.finds(clara, "blue sky", 1)
		tn.until("the round is over", func() bool { return !tn.sources(clara)[0].Active })
		if s := tn.sources(clara); len(s) != 1 || s[0].Kind != bootstrap.HostCache || s[0].Rounds != 1 || s[0].Hosts != 3 || s[0].Caches != 1 || s[0].Err != "" {
			t.Errorf("sources %+v", s)
		}
		if len(tn.sources(anna)) != 0 {
			t.Error("a node that names nobody has somebody to ask")
		}
	})
}

// webCache serves a GWebCache on the network of a host, and counts its visitors.
func webCache(t *testing.T, l net.Listener, hosts ...*citizen) (url string, visits func() int) {
	var mu sync.Mutex
	n := 0
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		n++
		mu.Unlock()
		if r.FormValue("get") != "1" || r.FormValue("net") != "gnutella" || r.FormValue("client") != "FLBT" {
			http.Error(w, "ERROR", http.StatusBadRequest)
			return
		}
		io.WriteString(w, "I|pong|test|gnutella\n")
		for _, h := range hosts {
			fmt.Fprintf(w, "H|%v|60\n", h.Addr())
		}
	})}}
	s.Start()
	t.Cleanup(s.Close)
	return s.URL, func() int { mu.Lock(); defer mu.Unlock(); return n }
}

// TestBootstrapByWebCache starts a node with an empty home that knows nothing but
// a GWebCache.
func TestBootstrapByWebCache(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		anna := tn.moves(nil)
		boris := tn.moves(nil, anna)
		tn.linked(boris, 1)
		network, listen := tn.host(99)
		l, err := network.Listen(t.Context(), "tcp", listen)
		if err != nil {
			t.Fatal(err)
		}
		url, visits := webCache(t, l, anna, boris)
		began := time.Now()
		clara := tn.movesIn(func(cfg *node.Config) { cfg.WebCaches = []string{url + "/gwc.php"} })
		tn.until("two neighbors", func() bool {
			s, err := clara.Status(t.Context())
			return err == nil && len(s.Overlay.Neighbors) >= 2 || time.Since(began) > 50*time.Second
		})
		if took := time.Since(began); took < 30*time.Second || tn.virtual && took > 40*time.Second {
			t.Errorf("linked after %v", took)
		}
		if s := tn.sources(clara); s[0].Kind != bootstrap.WebCache || s[0].Hosts != 2 || visits() != 1 {
			t.Errorf("sources %+v, %d visits", s, visits())
		}
		// Started again at once, it does not visit the same cache again.
		clara.stop()
		again := tn.movesIn(func(cfg *node.Config) { cfg.WebCaches, cfg.State = []string{url + "/gwc.php"}, clara.state })
		tn.until("it has neighbors, or a round is over", func() bool {
			s, err := again.Status(t.Context())
			return err == nil && (len(s.Overlay.Neighbors) >= 2 || s.Sources[0].Rounds > 0 && !s.Sources[0].Active)
		})
		if visits() != 1 {
			t.Errorf("%d visits", visits())
		}
	})
}

// TestBootstrapByLAN starts two nodes on loopback that know nothing but that they
// are not alone. Multicast is on real sockets only.
func TestBootstrapByLAN(t *testing.T) {
	if c, err := net.ListenMulticastUDP("udp4", nil, &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353}); err == nil {
		c.Close()
	} else if os.Getenv("FILBERT_REQUIRE_ALL") == "1" {
		t.Fatal("no multicast here: ", err)
	} else {
		t.Skip("no multicast here: ", err)
	}
	tn := &town{t: t, dir: t.TempDir(), host: func(int) (node.Network, string) { return &node.System{}, "127.0.0.1:0" }}
	defer tn.close()
	lan := func(cfg *node.Config) { cfg.LAN = true }
	anna, boris := tn.movesIn(lan), tn.movesIn(lan)
	tn.linked(anna, 1)
	tn.linked(boris, 1)
	if a, b := tn.sources(anna), tn.sources(boris); a[0].Kind != bootstrap.LAN || a[0].Hosts+b[0].Hosts == 0 {
		t.Errorf("sources %+v, %+v", a, b)
	}
}

// TestNobodyIsAsked: without a word of the user no outside list is contacted.
// Nothing is looked up and nothing is sent.
func TestNobodyIsAsked(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		asked := &silence{}
		loner := tn.movesIn(func(cfg *node.Config) { cfg.Resolver = asked })
		seeded := tn.movesIn(func(cfg *node.Config) {
			cfg.Resolver, cfg.PublicNetwork, cfg.Seeds = asked, true, []string{loner.Addr().String()}
		})
		tn.linked(seeded, 1)
		if len(tn.sources(loner))+len(tn.sources(seeded)) != 0 {
			t.Error("there is somebody to ask")
		}
		if got := loner.Outlook(); !strings.Contains(got, "nobody to call") || seeded.Outlook() != "" {
			t.Errorf("outlook %q and %q", got, seeded.Outlook())
		}
		public := tn.movesIn(func(cfg *node.Config) { cfg.Resolver, cfg.PublicNetwork = asked, true })
		if got := public.Outlook(); !strings.Contains(got, "well-known UDP host caches") {
			t.Errorf("outlook %q", got)
		}
		tn.until("names are looked up", func() bool { return len(asked.names()) == 5 })
		for _, name := range asked.names() {
			if !strings.HasSuffix(name, ".dyslexicfish.net") && !strings.HasSuffix(name, ".gtk-gnutella.nl") {
				t.Errorf("looks up %q", name)
			}
		}
		if s := tn.sources(public); s[0].Caches != 9 || !s[0].Active {
			t.Errorf("sources %+v", s)
		}
	})
}

// silence is a resolver that never answers.
type silence struct {
	mu    sync.Mutex
	asked []string
}

func (s *silence) LookupNetIP(ctx context.Context, _, host string) ([]netip.Addr, error) {
	s.mu.Lock()
	s.asked = append(s.asked, host)
	s.mu.Unlock()
	<-ctx.Done()
	return nil, ctx.Err()
}

func (s *silence) names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.asked...)
}
