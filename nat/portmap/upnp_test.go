package portmap

import (
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// refuseHTTP is no UPnP router.
func refuseHTTP(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }

// hangHTTP never answers.
func hangHTTP(_ http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body) // or the end of the connection is not seen
	<-r.Context().Done()
}

// TestIGD meets the kinds of UPnP routers that there are.
func TestIGD(t *testing.T) {
	for name, test := range map[string]struct {
		set  func(b *box)
		also func(t *testing.T, w *world, l Lease)
	}{
		"IGD 1":                   {set: func(b *box) {}},
		"IGD 2":                   {set: func(b *box) { b.igd2 = true }},
		"PPP":                     {set: func(b *box) { b.ppp = true }},
		"with a base":             {set: func(b *box) { b.base = "http://192.168.1.1:49152" }},
		"absolute":                {set: func(b *box) { b.control = "http://192.168.1.1:49152/x" }},
		"relative without slash":  {set: func(b *box) { b.control = "x" }},
		"takes only its own port": {set: func(b *box) { b.samePort = true }},
		"only for ever": {set: func(b *box) { b.forever = true }, also: func(t *testing.T, w *world, l Lease) {
			if !l.Expires.IsZero() {
				t.Errorf("%+v", l)
			}
			w.wait(5 * time.Hour)
			if w.open(UPnP) != 2 {
				t.Errorf("%+v", w.mapper.Snapshot())
			}
		}},
		"does not renew": {set: func(b *box) { b.once = true }, also: func(t *testing.T, w *world, l Lease) {
			for range 10 {
				w.wait(30 * time.Minute)
				if now := w.mapper.Leases(); w.box.entries() != 2 || w.open(UPnP) != 2 || now[TCP].External != l.External || now[UDP].External != l.External {
					t.Fatalf("%+v, %+v", now, w.box.table)
				}
			}
		}},
		"port taken": {set: func(b *box) { b.taken = func(p uint16) bool { return p == port } }, also: func(t *testing.T, w *world, l Lease) {
			if l.External.Port() == port || l.External.Port() < lowestPort {
				t.Errorf("%+v", l)
			}
		}},
		"port taken, finds another": {set: func(b *box) { b.igd2 = true; b.taken = func(p uint16) bool { return p == port } }, also: func(t *testing.T, w *world, l Lease) {
			if l.External.Port() != port+1 {
				t.Errorf("%+v", l)
			}
		}},
		"port taken for UDP only": {set: func(b *box) {
			b.table[slot{UDP, port}] = tenant{client: netip.MustParseAddrPort("192.168.1.77:6346"), until: time.Now().Add(time.Second)}
		}, also: func(t *testing.T, w *world, l Lease) {
			if l.External.Port() == port {
				t.Errorf("%+v", l)
			}
			w.box.set(func(b *box) { delete(b.table, slot{UDP, port}) })
			if w.box.entries() != 2 {
				t.Errorf("%+v", w.box.table)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, []Method{UPnP}, func(w *world, _ *Config) { test.set(w.box) }, func(w *world) {
				w.opened(UPnP)
				ls := w.mapper.Leases()
				if ls[0].External != ls[1].External {
					t.Errorf("different ports: %v", ls)
				}
				if test.also != nil {
					test.also(t, w, ls[0])
				}
				w.ends()
			})
		})
	}
}

// TestMappingGone has the router's owner delete our mapping, and give it to another.
func TestMappingGone(t *testing.T) {
	play(t, []Method{UPnP}, nil, func(w *world) {
		w.opened(UPnP)
		w.box.set(func(b *box) { clear(b.table) })
		w.within(checkEvery+5*time.Second, "mapped again", func() bool { return w.box.entries() == 2 && w.open(UPnP) == 2 })
		w.box.set(func(b *box) {
			b.table[slot{TCP, port}] = tenant{client: netip.MustParseAddrPort("192.168.1.77:80")}
		})
		w.within(checkEvery+5*time.Second, "another port", func() bool {
			ls := w.mapper.Leases()
			return len(ls) == 2 && ls[TCP].External.Port() != port && w.open(UPnP) == 2
		})
		w.box.set(func(b *box) { delete(b.table, slot{TCP, port}) })
		w.ends()
	})
}

// TestElsewhere refuses routers that send us to others (SSRF).
func TestElsewhere(t *testing.T) {
	const victim = "192.168.1.99"
	for name, set := range map[string]func(b *box){
		"location":     func(b *box) { b.location = "http://" + victim + ":49152/root.xml" },
		"name":         func(b *box) { b.location = "http://localhost:49152/root.xml" },
		"loopback":     func(b *box) { b.location = "http://127.0.0.1:49152/root.xml" },
		"scheme":       func(b *box) { b.location = "https://192.168.1.1:49152/root.xml" },
		"file":         func(b *box) { b.location = "file:///etc/passwd" },
		"user":         func(b *box) { b.location = "http://192.168.1.1@" + victim + ":49152/root.xml" },
		"base":         func(b *box) { b.base = "http://" + victim + ":49152/" },
		"control":      func(b *box) { b.control = "http://" + victim + ":49152/ctl" },
		"control port": func(b *box) { b.control = "http://192.168.1.1:0/ctl" },
		"control //":   func(b *box) { b.control = "//" + victim + "/ctl" },
		"redirect": func(b *box) {
			b.serve = http.RedirectHandler("http://"+victim+":49152/root.xml", http.StatusFound).ServeHTTP
		},
		"redirect POST": func(b *box) { b.serve = redirectPosts(b, "http://"+victim+":49152/x") },
	} {
		t.Run(name, func(t *testing.T) {
			play(t, []Method{UPnP}, func(w *world, _ *Config) {
				set(w.box)
				at := netip.MustParseAddr(victim)
				v := boot(t, w.net.Host(at), at, outside, UPnP)
				w.Cleanup(v.shut)
			}, func(w *world) {
				w.wait(5 * time.Minute)
				if s := w.mapper.Snapshot(); len(s.Leases) != 0 {
					t.Errorf("%+v", s)
				}
				for _, ev := range w.net.Trace().Events() {
					if ev.From.Addr() == own && ev.To.Addr().String() == victim {
						t.Fatalf("%v", ev)
					}
				}
				w.ends()
			})
		})
	}
}

func redirectPosts(b *box, to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "POST" {
			http.Redirect(w, r, to, http.StatusTemporaryRedirect)
			return
		}
		b.mu.Lock()
		d := b.describeLocked()
		b.mu.Unlock()
		io.WriteString(w, d)
	}
}

// TestBadHTTP meets routers whose web server is broken or hostile; none holds up
// the search, nor NAT-PMP of the same router.
func TestBadHTTP(t *testing.T) {
	for name, serve := range map[string]http.HandlerFunc{
		"hangs":   hangHTTP,
		"missing": refuseHTTP,
		"garbage": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<root><<<") },
		"empty":   func(http.ResponseWriter, *http.Request) {},
		"slow": func(w http.ResponseWriter, r *http.Request) {
			for i := 0; pause(r.Context(), time.Second); i++ {
				if _, err := io.WriteString(w, "<root>"); err != nil {
					return
				}
				w.(http.Flusher).Flush()
			}
		},
		"endless": func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, `<root xmlns="urn:schemas-upnp-org:device-1-0"><device><friendlyName>`)
			for {
				if _, err := io.WriteString(w, strings.Repeat("x", 1000)); err != nil {
					return
				}
			}
		},
		"deep": func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, `<root xmlns="urn:schemas-upnp-org:device-1-0">`+strings.Repeat("<device><deviceList>", 6000))
		},
		"long header": func(w http.ResponseWriter, r *http.Request) { w.Header().Set("X", strings.Repeat("x", 1<<20)) },
	} {
		t.Run(name, func(t *testing.T) {
			play(t, []Method{UPnP}, func(w *world, _ *Config) { w.box.serve = serve }, func(w *world) {
				w.within(2*ssdpTime+2*httpTime, "given up", func() bool { return w.mapper.Snapshot().Failure != "" })
				t.Log(w.mapper.Snapshot().Failure)
				if n := w.net.Stats(); n.Bytes > 1<<19 {
					t.Errorf("%+v", n)
				}
				w.box.set(func(b *box) { b.speaks = []Method{NATPMP, UPnP} })
				w.within(2*time.Minute, "by NAT-PMP", func() bool { return w.open(NATPMP) == 2 })
				w.ends()
			})
		})
	}
}
