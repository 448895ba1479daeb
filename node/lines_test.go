package node_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"filbert/node"
	"filbert/node/contacts"
	"filbert/overlay/identity"
	"filbert/testnet/fabric"
)

// echoes lets a node answer each line of text with the name of who sent it.
func echoes(c *citizen) {
	c.HandleLine("echo", func(_ context.Context, peer identity.PeerID, conn net.Conn) {
		in := bufio.NewReader(conn)
		for {
			text, err := in.ReadString('\n')
			if err != nil {
				return
			}
			fmt.Fprintf(conn, "%v says %s", peer, text)
		}
	})
}

// says sends a text over a line and wants it back with our name.
func (tn *town) says(conn net.Conn, who *citizen) {
	tn.t.Helper()
	defer conn.Close()
	if _, err := io.WriteString(conn, "hello\n"); err != nil {
		tn.t.Fatal(err)
	}
	got, err := bufio.NewReader(conn).ReadString('\n')
	if want := fmt.Sprintf("%v says hello\n", who.PeerID()); err != nil || got != want {
		tn.t.Fatalf("heard %q, %v; want %q", got, err, want)
	}
}

// TestLines: both ends of a line know who the other is, and a line to somebody else, to a
// service that is none, from somebody who is blocked or to a node without TLS is none.
func TestLines(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		clara := tn.movesAs(nil, inTLS)
		echoes(clara)
		anna, dora := tn.movesAs(nil, inTLS), tn.movesAs(nil, inTLS)
		plain := tn.moves(nil)
		conn, err := anna.DialLine(t.Context(), clara.PeerID(), clara.Addr(), "echo")
		if err != nil {
			t.Fatal(err)
		}
		tn.says(conn, anna)
		blocked := contacts.Blocked
		if _, err := clara.SetContact(dora.PeerID(), contacts.Change{Trust: &blocked}); err != nil {
			t.Fatal(err)
		}
		for _, test := range []struct {
			name    string
			from    *citizen
			peer    identity.PeerID
			at      netip.AddrPort
			service string
			want    string
		}{
			{"another peer", anna, dora.PeerID(), clara.Addr(), "echo", identity.ErrWrongPeer.Error()},
			{"no such service", anna, clara.PeerID(), clara.Addr(), "sing", "the peer refuses: no such service"},
			{"blocked", dora, clara.PeerID(), clara.Addr(), "echo", "the peer refuses: no such service"},
			{"without TLS, there", anna, plain.PeerID(), plain.Addr(), "echo", "tlslink: "},
			{"without TLS, here", plain, clara.PeerID(), clara.Addr(), "echo", node.ErrNoLines.Error()},
		} {
			conn, err := test.from.DialLine(t.Context(), test.peer, test.at, test.service)
			if err == nil {
				conn.Close()
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: %v", test.name, err)
			}
		}
		s, err := clara.Status(t.Context())
		if err != nil || s.Port.Lines < 3 {
			t.Errorf("%d lines came, %v", s.Port.Lines, err)
		}
	})
}

// TestTooManyLines: one peer has so many lines and no more, and another still gets one.
func TestTooManyLines(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		clara := tn.movesAs(nil, inTLS)
		echoes(clara)
		anna, dora := tn.movesAs(nil, inTLS), tn.movesAs(nil, inTLS)
		var held []net.Conn
		for {
			conn, err := anna.DialLine(t.Context(), clara.PeerID(), clara.Addr(), "echo")
			if errors.Is(err, node.ErrLineRefused) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			held = append(held, conn)
		}
		if len(held) != 16 {
			t.Errorf("one peer has %d lines", len(held))
		}
		conn, err := dora.DialLine(t.Context(), clara.PeerID(), clara.Addr(), "echo")
		if err != nil {
			t.Fatal(err)
		}
		tn.says(conn, dora)
		for _, conn := range held {
			conn.Close()
		}
		tn.until("there is room again", func() bool {
			conn, err := anna.DialLine(t.Context(), clara.PeerID(), clara.Addr(), "echo")
			if err == nil {
				conn.Close()
			}
			return err == nil
		})
	})
}

// TestLinesThroughNATs: clara sits behind a NAT. Whoever found what she shares opens a line
// to her: a node that she can connect to by PUSH, one behind another NAT over a relay, or
// the path that is punched meanwhile.
func TestLinesThroughNATs(t *testing.T) {
	for _, test := range []struct {
		name string
		nat  fabric.NATConfig
		open int
	}{
		{"push", fabric.PortRestricted(), 2},
		{"relay", fabric.Symmetric(), 1},
		{"path", fabric.FullCone(), 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			amongNATs(t, test.open, test.nat, func(t *testing.T, tn *town) {
				tn.change = append(tn.change, inTLS)
				boris := tn.movesAs(nil, relaying)
				var anna *citizen
				if test.open == 2 {
					anna = tn.movesAs(nil, asLeaf, boris)
				}
				clara := tn.movesAs(fstest.MapFS{"Blue Song.ogg": file(noise(10_000))}, asLeaf, boris)
				if anna == nil {
					anna = tn.movesAs(nil, asLeaf, boris)
				}
				echoes(clara)
				tn.linked(anna, 1)
				tn.linked(clara, 1)
				tn.shares(clara, 1)
				tn.relayed(clara, 1)
				tn.finds(anna, "blue song", 1)
				for range 2 {
					conn, err := anna.DialLine(t.Context(), clara.PeerID(), netip.AddrPort{}, "echo")
					if err != nil {
						t.Fatal(err)
					}
					tn.says(conn, anna)
					<-time.After(15 * time.Second) // a path may have come about
				}
			})
		})
	}
}
