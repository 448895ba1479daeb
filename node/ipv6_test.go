package node_test

import (
	"context"
	"crypto/sha1"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"filbert/node"
	"filbert/overlay/wire"
	"filbert/testnet/bubble"
	"filbert/testnet/fabric"
	"filbert/transfer/download"
	"filbert/transfer/urn"
)

// on6 is on where there are IPv6 addresses alone.
func on6(t *testing.T, body func(t *testing.T, tn *town)) {
	t.Run("fabric", func(t *testing.T) {
		folder := t.TempDir()
		bubble.Test(t, func(t *testing.T) {
			sim := fabric.New(fabric.Config{Seed: 1, Latency: fabric.Constant(20 * time.Millisecond), Settle: bubble.Wait})
			defer sim.Close()
			tn := &town{t: t, dir: folder, host: func(i int) (node.Network, string) {
				addr := netip.AddrFrom16([16]byte{0x24, 0x00, 0, byte(i), 15: 1})
				return sim.Host(addr), netip.AddrPortFrom(addr, 7000).String()
			}}
			defer tn.close()
			body(t, tn)
		})
	})
	t.Run("loopback", func(t *testing.T) {
		needIPv6(t)
		tn := &town{t: t, dir: t.TempDir(), host: func(int) (node.Network, string) { return &node.System{}, "[::1]:0" }}
		defer tn.close()
		body(t, tn)
	})
}

// needIPv6 skips where the machine has none, unless everything must be tested.
func needIPv6(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", "[::1]:0")
	switch {
	case err == nil:
		l.Close()
	case os.Getenv("FILBERT_REQUIRE_ALL") == "":
		t.Skip("the machine has no IPv6: ", err)
	default:
		t.Fatal(err)
	}
}

// TestIPv6 finds and fetches where nobody has an IPv4 address: seeds, handshake,
// pongs, hits and downloads.
func TestIPv6(t *testing.T) {
	on6(t, func(t *testing.T, tn *town) {
		song := strings.Repeat("la la la ", 20_000)
		anna := tn.moves(fstest.MapFS{"Blue Sky Song.ogg": file(song)})
		boris := tn.moves(nil, anna)
		tn.linked(boris, 1)
		clara := tn.moves(nil, boris)
		tn.linked(clara, 1)
		tn.until("anna shares", func() bool { s, err := anna.Status(t.Context()); return err == nil && s.Files == 1 })

		s, err := boris.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range s.Overlay.Neighbors {
			if !n.Addr.Addr().Is6() || n.Listen != anna.Addr() && n.Listen != clara.Addr() {
				t.Errorf("boris has a neighbor %v that listens at %v", n.Addr, n.Listen)
			}
		}
		tn.until("clara knows anna by pongs", func() bool {
			s, err := clara.Status(t.Context())
			return err == nil && s.Overlay.Known >= 2
		})

		r := tn.finds(clara, "sky song", 1)
		if r.Sources[0].Addr != anna.Addr() {
			t.Errorf("found at %v, want %v", r.Sources[0].Addr, anna.Addr())
		}
		if _, err := clara.Get(r, "", download.Terms{}); err != nil {
			t.Fatal(err)
		}
		var last download.Status
		for last = range clara.Watch(t.Context(), urn.SHA1(sha1.Sum([]byte(song)))) {
		}
		got, err := os.ReadFile(filepath.Join(clara.downloads, "Blue Sky Song.ogg"))
		if err != nil || string(got) != song || last.State != download.Complete {
			t.Errorf("fetched %d bytes, %v, %+v", len(got), err, last)
		}
	})
}

// TestListensAtBothFamilies reaches one port over IPv4 and IPv6, by TCP and UDP,
// and over IPv4 alone where that is asked for.
func TestListensAtBothFamilies(t *testing.T) {
	for _, test := range []struct {
		listen string
		six    bool
	}{{"", true}, {"[::]:0", true}, {":0", true}, {"0.0.0.0:0", false}} {
		t.Run("listen "+test.listen, func(t *testing.T) {
			needIPv6(t)
			tn := &town{t: t, dir: t.TempDir(), host: func(int) (node.Network, string) { return &node.System{}, test.listen }}
			defer tn.close()
			c := tn.moves(nil)
			port := strconv.Itoa(int(c.Addr().Port()))
			tn.host = func(int) (node.Network, string) { return &node.System{}, "127.0.0.1:0" }
			four := tn.moves(nil)
			if err := four.Connect(t.Context(), netip.MustParseAddrPort("127.0.0.1:"+port)); err != nil {
				t.Errorf("by IPv4: %v", err)
			}
			if got := pinged(t, "127.0.0.1:"+port); got.Addr() != netip.MustParseAddr("127.0.0.1") {
				t.Errorf("a ping by IPv4 is answered by %v", got)
			}
			tn.host = func(int) (node.Network, string) { return &node.System{}, "[::1]:0" }
			six := tn.moves(nil)
			err := six.Connect(t.Context(), netip.MustParseAddrPort("[::1]:"+port))
			if test.six != (err == nil) {
				t.Errorf("by IPv6: %v", err)
			}
			if !test.six {
				return
			}
			if got := pinged(t, "[::1]:"+port); got.Addr() != netip.IPv6Loopback() {
				t.Errorf("a ping by IPv6 is answered by %v", got)
			}
			tn.linked(c, 2)
			s, err := c.Status(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range s.Overlay.Neighbors {
				if n.Listen != four.Addr() && n.Listen != six.Addr() {
					t.Errorf("a neighbor listens at %v", n.Listen)
				}
			}
		})
	}
}

// pinged sends a UDP ping and returns the address of the pong.
func pinged(t *testing.T, at string) netip.AddrPort {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "udp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	buf := make([]byte, 2048)
	proved := false
	for try := range 10 { // the node may just be opening its socket
		if !proved {
			if _, err := conn.Write(wire.AppendFrame(nil, wire.GUID{0: byte(try), 8: 0xff}, 1, 0, &wire.Ping{})); err != nil {
				t.Fatal(err)
			}
		}
		conn.SetReadDeadline(time.Now().Add(time.Second))
		n, err := conn.Read(buf)
		if err != nil {
			continue
		}
		f, _, err := wire.SplitFrame(buf[:n])
		if err != nil {
			t.Fatal(err)
		}
		m, err := wire.Parse(f.Type(), f.Payload())
		if pong, ok := m.(*wire.Pong); err == nil && ok {
			return pong.Addr
		}
		if _, ok := m.(*wire.Ping); err == nil && ok { // are we where we say?
			proved = true
			conn.Write(wire.AppendFrame(nil, f.GUID(), 1, 0, &wire.Pong{Addr: netip.MustParseAddrPort(conn.LocalAddr().String())}))
			continue
		}
		t.Fatalf("answered with %v, %v", m, err)
	}
	t.Fatal("no pong")
	return netip.AddrPort{}
}
