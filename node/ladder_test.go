package node_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"
	"testing/fstest"
	"time"

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
		for range askers {
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
			{"direct", open, red.Sources[0], red.File.SHA1, "direct", plain + rtt},
			{"direct from behind a NAT", closed, red.Sources[0], red.File.SHA1, "direct", plain + rtt},
			{"push through its proxy", open, blue.Sources[0], blue.File.SHA1, "push", 2 * time.Second},
			{"push by the way of its hits", open, gone, blue.File.SHA1, "push", 2 * time.Second},
			{"relay", closed, blue.Sources[0], blue.File.SHA1, "relay", time.Second},
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
	})
}
