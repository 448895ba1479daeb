package node_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"filbert/node"
	"filbert/testnet/fabric"
	"filbert/transfer"
	"filbert/transfer/urn"
)

// firstByte is how long it takes until a source sends the first byte of an answer to a
// request for a file.
func firstByte(t *testing.T, connect func(context.Context) (net.Conn, error), h urn.SHA1) time.Duration {
	t.Helper()
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	conn, err := connect(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /uri-res/N2R?%s HTTP/1.1\r\nHost: x\r\nRange: bytes=0-0\r\nConnection: close\r\n\r\n", h.URN())
	if n, err := conn.Read(make([]byte, 1)); n != 1 {
		t.Fatal(err)
	}
	return time.Since(began)
}

// TestTimeToFirstByte measures, 80 ms away from everybody, how long each rung takes to
// the first byte of a file: medians of nodes that do it for the first time.
func TestTimeToFirstByte(t *testing.T) {
	const rtt = 80 * time.Millisecond
	const askers = 5
	amongNATs(t, 1+askers, fabric.PortRestricted(), func(t *testing.T, tn *town) {
		boris := tn.movesAs(fstest.MapFS{"Red Song.ogg": file(noise(9_000))}, relaying)
		var open, closed []*citizen
		for range askers {
			open = append(open, tn.movesAs(nil, asLeaf, boris))
		}
		clara := tn.movesAs(fstest.MapFS{"Blue Song.ogg": file(noise(10_000))}, asLeaf, boris)
		for range 3 * askers {
			closed = append(closed, tn.movesAs(nil, asLeaf, boris))
		}
		tn.shares(boris, 1)
		tn.shares(clara, 1)
		tn.relayed(clara, 1)
		for _, c := range open {
			tn.open(c)
		}
		for _, c := range closed {
			tn.linked(c, 1)
		}
		red, blue := tn.finds(open[0], "red song", 1), tn.finds(open[0], "blue song", 1)
		plain := firstByte(t, func(ctx context.Context) (net.Conn, error) {
			network, _ := tn.host(100) // on no NAT
			return network.DialContext(ctx, "tcp", boris.Addr().String())
		}, red.File.SHA1)
		words := blue.Sources[0] // no relay is in reach
		words.Relays = nil
		gone := blue.Sources[0] // its push proxies are
		gone.Proxies = []netip.AddrPort{netip.MustParseAddrPort("9.1.1.1:7001")}
		for _, test := range []struct {
			name   string
			askers []*citizen
			src    transfer.Source
			file   urn.SHA1
			by     string
			most   time.Duration
		}{
			{"direct", open, red.Sources[0], red.File.SHA1, "direct-v4", plain + rtt},
			{"direct from behind a NAT", closed[:askers], red.Sources[0], red.File.SHA1, "direct-v4", plain + rtt},
			{"push through its proxy", open, blue.Sources[0], blue.File.SHA1, "push", 2 * time.Second},
			{"push by the way of its hits", open, gone, blue.File.SHA1, "push", 2 * time.Second},
			{"relay", closed[:askers], blue.Sources[0], blue.File.SHA1, "relay", time.Second},
			{"punch, by words through its push proxy", closed[2*askers:], words, blue.File.SHA1, "punch", 3 * time.Second},
		} {
			var took []time.Duration
			for _, c := range test.askers {
				tn.finds(c, "blue song", 1) // so that it has the way of the hits
				took = append(took, firstByte(t, func(ctx context.Context) (net.Conn, error) { return c.Reach(ctx, test.src) }, test.file))
				e, err := c.Explain(t.Context(), test.src)
				if err != nil || len(e.Attempts) == 0 || e.Attempts[0].Rung.String() != test.by {
					t.Errorf("%s: by %+v, %v", test.name, e.Attempts, err)
				}
			}
			slices.Sort(took)
			median := took[len(took)/2]
			t.Logf("%s: %v (%v to %v); a plain dial: %v", test.name, median, took[0], took[len(took)-1], plain)
			if median > test.most {
				t.Errorf("%s: %v, want at most %v", test.name, median, test.most)
			}
		}

		// A path through both NATs is opened while the relay is used.
		var took []time.Duration
		for _, c := range closed[askers : 2*askers] {
			tn.finds(c, "blue song", 1)
			reach := func(ctx context.Context) (net.Conn, error) { return c.Reach(ctx, blue.Sources[0]) }
			began := time.Now()
			firstByte(t, reach, blue.File.SHA1)
			tn.until("a path is open", func() bool { return strings.Contains(tn.explains(c, blue.Sources[0]), "punch 0s") })
			firstByte(t, reach, blue.File.SHA1)
			took = append(took, time.Since(began))
			if got := tn.explains(c, blue.Sources[0]); !strings.Contains(got, "; punch worked") {
				t.Errorf("by %s", got)
			}
		}
		slices.Sort(took)
		t.Logf("punch: %v (%v to %v), the first byte by a relay and looking for the path included", took[len(took)/2], took[0], took[len(took)-1])
		if median := took[len(took)/2]; median > 3*time.Second {
			t.Errorf("punch: %v", median)
		}
	})
}

// twoFamilies is the network of a host that has IPv6 as well, by which it reaches what
// is beyond as it does by IPv4, or which swallows what is sent.
type twoFamilies struct {
	node.Network
	beyond map[netip.AddrPort]netip.AddrPort // IPv6 to IPv4
}

// DialContext implements node.Network.
func (n twoFamilies) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	at, err := netip.ParseAddrPort(address)
	if err != nil || at.Addr().Is4() {
		return n.Network.DialContext(ctx, network, address)
	}
	if by4, ok := n.beyond[at]; ok {
		return n.Network.DialContext(ctx, network, by4.String())
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestBothFamilies reaches a source that tells addresses of both families: by IPv6, or
// a moment later by IPv4 where IPv6 leads nowhere, and one that nobody can connect to by
// IPv6 as well.
func TestBothFamilies(t *testing.T) {
	const rtt = 80 * time.Millisecond
	amongNATs(t, 1, fabric.PortRestricted(), func(t *testing.T, tn *town) {
		boris := tn.moves(fstest.MapFS{"Red Song.ogg": file(noise(9_000))})
		tn.shares(boris, 1)
		works, silent := netip.MustParseAddr("2a01::1"), netip.MustParseAddr("2a01::2")
		host := tn.host
		tn.host = func(i int) (node.Network, string) {
			network, listen := host(i)
			return twoFamilies{network, map[netip.AddrPort]netip.AddrPort{netip.AddrPortFrom(works, 7000): boris.Addr()}}, listen
		}
		anna := tn.moves(nil, boris)
		tn.linked(anna, 1)
		red := tn.finds(anna, "red song", 1)
		for _, test := range []struct {
			name   string
			change func(*transfer.Source)
			by     string // attempts, the newest first
			most   time.Duration
		}{
			{"IPv6", func(s *transfer.Source) { s.IPv6 = works }, "direct: direct-v6 0s, direct-v4 250ms; direct-v6 worked", 2 * rtt},
			{"an address that nobody has", func(s *transfer.Source) { s.IPv6 = netip.IPv6Loopback(); s.Servent[0]++ },
				"direct: direct-v4 0s; direct-v4 worked", 2 * rtt},
			{"silence", func(s *transfer.Source) { s.IPv6 = silent; s.Servent[0] += 2 },
				"direct: direct-v4 0s, direct-v6 500ms; direct-v6 given up; direct-v4 worked", 2*rtt + 250*time.Millisecond},
			{"IPv6 beside a NAT", func(s *transfer.Source) { s.IPv6, s.Push = works, true; s.Servent[0] += 3 },
				"direct: direct-v6 0s, push 250ms; direct-v6 worked", 2 * rtt},
		} {
			src := red.Sources[0]
			test.change(&src)
			took := firstByte(t, func(ctx context.Context) (net.Conn, error) { return anna.Reach(ctx, src) }, red.File.SHA1)
			if got := tn.explains(anna, src); got != test.by || took > test.most {
				t.Errorf("%s: in %v, want %v; %s, want %s", test.name, took, test.most, got, test.by)
			}
		}
	})
}
