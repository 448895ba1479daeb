package node_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pion/logging"
	pion "github.com/pion/turn/v5"
	"github.com/rs/zerolog"

	"filbert/nat"
	"filbert/nat/turn"
	"filbert/node"
	"filbert/node/doctor"
	"filbert/overlay"
	"filbert/testnet/fabric"
	"filbert/transfer/download"
)

// thirdParty is a TURN server of pion on an open host of a town.
type thirdParty struct {
	*pion.Server
	network node.Network
	addr    string
	ctx     context.Context
	open    atomic.Int64 // allocations
	opened  atomic.Int64
}

const turnUser, turnPassword = "anna", "secret"

// turnServer starts a TURN server on the next host.
func (tn *town) turnServer() *thirdParty {
	tn.t.Helper()
	tn.count++
	network, listen := tn.host(tn.count)
	conn, err := network.ListenPacket(tn.t.Context(), "udp", listen)
	if err != nil {
		tn.t.Fatal(err)
	}
	host, _, _ := net.SplitHostPort(listen)
	p := &thirdParty{network: network, addr: host + ":0", ctx: tn.t.Context()}
	p.Server, err = pion.NewServer(pion.ServerConfig{
		Realm:         "town",
		LoggerFactory: &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled},
		AuthHandler: func(r *pion.RequestAttributes) (string, []byte, bool) {
			return turnUser, pion.GenerateAuthKey(turnUser, "town", turnPassword), r.Username == turnUser
		},
		EventHandler: pion.EventHandler{
			OnAllocationCreated: func(net.Addr, net.Addr, string, string, string, net.Addr, int) { p.open.Add(1); p.opened.Add(1) },
			OnAllocationDeleted: func(net.Addr, net.Addr, string, string, string) { p.open.Add(-1) },
		},
		PacketConnConfigs: []pion.PacketConnConfig{{PacketConn: conn, RelayAddressGenerator: p}},
	})
	if err != nil {
		tn.t.Fatal(err)
	}
	tn.stops = append(tn.stops, func() { p.Close() })
	return p
}

// by is how a node makes use of it, with a password.
func (p *thirdParty) by(password string) turn.Server {
	host, _, _ := net.SplitHostPort(p.addr)
	return turn.NewServer(host+":7000", turnUser, password)
}

// Validate, AllocatePacketConn, AllocateListener and AllocateConn give the server sockets.
func (p *thirdParty) Validate() error { return nil }

func (p *thirdParty) AllocatePacketConn(pion.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	conn, err := p.network.ListenPacket(p.ctx, "udp", p.addr)
	if err != nil {
		return nil, nil, err
	}
	return conn, conn.LocalAddr(), nil
}

func (p *thirdParty) AllocateListener(pion.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errors.ErrUnsupported
}

func (p *thirdParty) AllocateConn(pion.AllocateConnConfig) (net.Conn, error) {
	return nil, errors.ErrUnsupported
}

// slowly shares at a rate at which a file is not here before any path is open.
func slowly(cfg *node.Config) {
	asLeaf(cfg)
	cfg.UploadLimit = 2 << 20
}

// TestOverTURN: a file between two leaves behind symmetric NATs begins over a relay and
// goes on over the TURN server of one of them. The next file comes that way when no
// relay is left. The server's address is given back when nobody uses it, and at the end.
func TestOverTURN(t *testing.T) {
	for _, who := range []string{"who fetches", "who shares"} {
		t.Run(who, func(t *testing.T) {
			amongNATs(t, 3, fabric.Symmetric(), func(t *testing.T, tn *town) {
				third := tn.turnServer()
				tn.change = append(tn.change, func(cfg *node.Config) { cfg.TLS = true }) // hits tell keys
				boris := tn.movesAs(nil, relaying)
				dora := tn.movesAs(nil, func(cfg *node.Config) { cfg.Mode = overlay.ModeUltrapeer }, boris) // relays for nobody
				film, song := noise(24<<20), noise(1<<20)
				clara := tn.movesAs(fstest.MapFS{"Blue Film.avi": file(film), "Grey Song.ogg": file(song)}, func(cfg *node.Config) {
					slowly(cfg)
					if who == "who shares" {
						cfg.TURNServers = []turn.Server{third.by(turnPassword)}
					}
				}, boris, dora)
				anna := tn.movesAs(nil, func(cfg *node.Config) {
					asLeaf(cfg)
					if who == "who fetches" {
						cfg.TURNServers = []turn.Server{third.by(turnPassword)}
					}
				}, boris, dora)
				tn.linked(anna, 2)
				tn.linked(clara, 2)
				tn.shares(clara, 2)
				tn.relayed(clara, 1)
				owner := map[string]*citizen{"who fetches": anna, "who shares": clara}[who]
				blue, grey := tn.finds(anna, "blue film", 1), tn.finds(anna, "grey song", 1) // sources with relays
				if third.opened.Load() != 0 {
					t.Error("the server was asked before it was needed")
				}

				if _, err := anna.Get(blue, "", download.Terms{}); err != nil {
					t.Fatal(err)
				}
				last := tn.finish(anna, blue)
				got, err := os.ReadFile(filepath.Join(anna.downloads, "Blue Film.avi"))
				if err != nil || string(got) != film || last.Wasted > 0 {
					t.Errorf("fetched %d bytes, %v, %+v", len(got), err, last)
				}
				if p := tn.paths(anna); p.Open != 1 || p.Relayed != 1 || p.Received < uint64(len(film))/2 {
					t.Errorf("anna has %+v", p)
				}
				if p := tn.paths(clara); p.Relayed != 1 || third.open.Load() != 1 {
					t.Errorf("clara has %+v, the server %d", p, third.open.Load())
				}
				e, err := anna.Explain(t.Context(), grey.Sources[0])
				if err != nil || e.Steps[0].Rung != nat.Punch || !strings.Contains(e.Steps[0].Why, "TURN") {
					t.Errorf("explained as %+v, %v", e.Steps, err)
				}
				if c := tn.turnCheck(owner); c.Level != doctor.OK || !strings.Contains(c.Found, "1 path") {
					t.Errorf("the doctor says %+v", c)
				}

				boris.stop()
				tn.relayed(clara, 0)
				before := tn.paths(anna).Received
				tn.until("hits name no relay", func() bool {
					grey = tn.finds(anna, "grey song", 1)
					return len(grey.Sources[0].Relays) == 0
				})
				if _, err := anna.Get(grey, "", download.Terms{}); err != nil {
					t.Fatal(err)
				}
				tn.finish(anna, grey)
				got, err = os.ReadFile(filepath.Join(anna.downloads, "Grey Song.ogg"))
				if err != nil || string(got) != song || tn.paths(anna).Received < before+uint64(len(song)) {
					t.Errorf("without a relay: fetched %d bytes, %v, %+v", len(got), err, tn.paths(anna))
				}
				for range 3 { // idle for so long
					began := time.Now()
					tn.until("a minute, or the end of the address", func() bool { return time.Since(began) > 50*time.Second || third.open.Load() == 0 })
				}
				if third.open.Load() != 0 || third.opened.Load() != 1 {
					t.Errorf("idle: the server has %d of %d", third.open.Load(), third.opened.Load())
				}
			})
		})
	}
}

// turnCheck is what the doctor says.
func (tn *town) turnCheck(c *citizen) doctor.Check {
	tn.t.Helper()
	checks, err := c.Examine(tn.t.Context())
	i := slices.IndexFunc(checks, func(c doctor.Check) bool { return c.Name == "turn" })
	if err != nil || i < 0 {
		tn.t.Fatal(err)
	}
	return checks[i]
}

// TestTURNAtTheEnd ends a node that has an address at a server, which hears of it.
func TestTURNAtTheEnd(t *testing.T) {
	amongNATs(t, 2, fabric.Symmetric(), func(t *testing.T, tn *town) {
		third := tn.turnServer()
		boris := tn.movesAs(nil, relaying)
		clara := tn.movesAs(fstest.MapFS{"Blue Film.avi": file(noise(24 << 20))}, slowly, boris)
		anna := tn.movesAs(nil, func(cfg *node.Config) {
			asLeaf(cfg)
			cfg.TURNServers = []turn.Server{third.by(turnPassword)}
		}, boris)
		tn.linked(anna, 1)
		tn.shares(clara, 1)
		tn.relayed(clara, 1)
		if _, err := anna.Get(tn.finds(anna, "blue film", 1), "", download.Terms{}); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		tn.until("a path", func() bool { return tn.paths(anna).Relayed == 1 })
		t.Logf("a path after %v", time.Since(began))
		if third.open.Load() != 1 {
			t.Errorf("the server has %d", third.open.Load())
		}
		anna.stop()
		if third.open.Load() != 0 {
			t.Errorf("after the end the server has %d", third.open.Load())
		}
		tn.until("clara hears of the end", func() bool { return tn.paths(clara).Open == 0 })
	})
}

// TestTURNSuccessor: an address that has no room for more peers has a successor, and is
// kept as long as a path leads over it.
func TestTURNSuccessor(t *testing.T) {
	amongNATs(t, 2, fabric.Symmetric(), func(t *testing.T, tn *town) {
		third := tn.turnServer()
		boris := tn.movesAs(nil, relaying)
		clara := tn.movesAs(fstest.MapFS{"Blue Film.avi": file(noise(24 << 20))}, slowly, boris)
		dora := tn.movesAs(fstest.MapFS{"Grey Film.avi": file(noise(23 << 20))}, slowly, boris)
		anna := tn.movesAs(nil, func(cfg *node.Config) {
			asLeaf(cfg)
			cfg.TURNServers = []turn.Server{third.by(turnPassword)}
		}, boris)
		tn.linked(anna, 1)
		for _, c := range []*citizen{clara, dora} {
			tn.shares(c, 1)
			tn.relayed(c, 1)
		}
		for i, words := range []string{"blue film", "grey film"} {
			if _, err := anna.Get(tn.finds(anna, words, 1), "", download.Terms{}); err != nil {
				t.Fatal(err)
			}
			tn.until("a path", func() bool { return tn.paths(anna).Relayed == i+1 })
			if err := anna.FillTURN(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if third.open.Load() != 2 {
			t.Errorf("the server has %d", third.open.Load())
		}
		for range 3 {
			began := time.Now()
			tn.until("a minute, or the end of the addresses", func() bool { return time.Since(began) > 50*time.Second || third.open.Load() == 0 })
		}
		if third.open.Load() != 0 || third.opened.Load() != 2 {
			t.Errorf("idle: the server has %d of %d", third.open.Load(), third.opened.Load())
		}
	})
}

// TestTURNServerDies while a file comes over it: the file goes on over the relay, and
// nothing stays of the path.
func TestTURNServerDies(t *testing.T) {
	amongNATs(t, 2, fabric.Symmetric(), func(t *testing.T, tn *town) {
		third := tn.turnServer()
		boris := tn.movesAs(nil, relaying)
		film := noise(24 << 20)
		clara := tn.movesAs(fstest.MapFS{"Blue Film.avi": file(film)}, slowly, boris)
		anna := tn.movesAs(nil, func(cfg *node.Config) {
			asLeaf(cfg)
			cfg.TURNServers = []turn.Server{third.by(turnPassword)}
		}, boris)
		tn.linked(anna, 1)
		tn.shares(clara, 1)
		tn.relayed(clara, 1)
		r := tn.finds(anna, "blue film", 1)
		if _, err := anna.Get(r, "", download.Terms{}); err != nil {
			t.Fatal(err)
		}
		tn.until("bytes over a path", func() bool { return tn.paths(anna).Received > 0 })
		third.Close()
		last := tn.finish(anna, r)
		got, err := os.ReadFile(filepath.Join(anna.downloads, "Blue Film.avi"))
		if err != nil || string(got) != film || tn.paths(anna).Received > uint64(len(film))/2 {
			t.Errorf("fetched %d bytes, %v, %+v, %+v", len(got), err, last, tn.paths(anna))
		}
		tn.until("the path is gone", func() bool { return tn.paths(anna).Open+tn.paths(clara).Open == 0 })
		tn.until("and the address", func() bool { return !strings.Contains(tn.turnCheck(anna).Found, "passes on") })
	})
}

// TestTURNNotNeeded crosses NATs that let holes be punched: no server is asked.
func TestTURNNotNeeded(t *testing.T) {
	amongNATs(t, 3, fabric.PortRestricted(), func(t *testing.T, tn *town) {
		third := tn.turnServer()
		tn.change = append(tn.change, func(cfg *node.Config) { cfg.TURNServers = []turn.Server{third.by(turnPassword)} })
		boris := tn.movesAs(nil, relaying)
		bruno := tn.movesAs(nil, relaying, boris)
		clara := tn.movesAs(fstest.MapFS{"Blue Film.avi": file(noise(12 << 20))}, asLeaf, boris, bruno)
		anna := tn.movesAs(nil, asLeaf, boris, bruno)
		tn.linked(anna, 2)
		tn.shares(clara, 1)
		tn.relayed(clara, 2)
		r := tn.finds(anna, "blue film", 1)
		if _, err := anna.Get(r, "", download.Terms{}); err != nil {
			t.Fatal(err)
		}
		tn.finish(anna, r)
		if p := tn.paths(anna); p.Open != 1 || p.Relayed != 0 || third.opened.Load() != 0 {
			t.Errorf("anna has %+v, the server had %d", p, third.opened.Load())
		}
		if c := tn.turnCheck(anna); c.Level != doctor.OK || !strings.Contains(c.Found, "not needed") {
			t.Errorf("the doctor says %+v", c)
		}
	})
}

// TestTURNRefuses: a server that refuses costs nothing but the path. Of two servers the
// other is asked. What is logged has no password.
func TestTURNRefuses(t *testing.T) {
	for _, other := range []bool{false, true} {
		t.Run(map[bool]string{false: "alone", true: "another"}[other], func(t *testing.T) {
			amongNATs(t, 2, fabric.Symmetric(), func(t *testing.T, tn *town) {
				third := tn.turnServer()
				var log record
				boris := tn.movesAs(nil, relaying)
				clara := tn.movesAs(fstest.MapFS{"Blue Film.avi": file(noise(24 << 20))}, slowly, boris)
				anna := tn.movesAs(nil, func(cfg *node.Config) {
					asLeaf(cfg)
					cfg.Log = zerolog.New(&log).Level(zerolog.TraceLevel)
					cfg.TURNServers = []turn.Server{third.by("letmein")}
					if other {
						cfg.TURNServers = append(cfg.TURNServers, third.by(turnPassword))
					}
				}, boris)
				tn.linked(anna, 1)
				tn.shares(clara, 1)
				tn.relayed(clara, 1)
				r := tn.finds(anna, "blue film", 1)
				if _, err := anna.Get(r, "", download.Terms{}); err != nil {
					t.Fatal(err)
				}
				if last := tn.finish(anna, r); last.State != download.Complete {
					t.Fatalf("%+v", last)
				}
				tn.until("the attempt is over", func() bool { p := tn.paths(anna); return p.Opened+p.Failed > 0 })
				if p := tn.paths(anna); (p.Relayed == 1) != other {
					t.Errorf("anna has %+v", p)
				}
				if c := tn.turnCheck(anna); !other && (c.Level != doctor.Warn || !strings.Contains(c.Found, "401")) {
					t.Errorf("the doctor says %+v", c)
				}
				said := log.text()
				if strings.Contains(said, "letmein") || strings.Contains(said, turnPassword) || !strings.Contains(said, "TURN server") {
					t.Errorf("logged %s", said)
				}
			})
		})
	}
}

// record keeps what is logged.
type record struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (r *record) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.Write(b)
}

func (r *record) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.String()
}
