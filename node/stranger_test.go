package node_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"filbert/node"
	"filbert/node/space"
	"filbert/overlay"
	"filbert/overlay/group"
	"filbert/overlay/identity"
	"filbert/overlay/wire"
	"filbert/query"
	"filbert/transfer"
	"filbert/transfer/download"
	"filbert/transfer/library"
	"filbert/transfer/urn"
)

// tapped is a network of which all that comes in is kept.
type tapped struct {
	node.Network
	mu   sync.Mutex
	came bytes.Buffer
}

func (n *tapped) took(b []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.came.Write(b)
}

// heard is all that came in so far.
func (n *tapped) heard() []byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	return bytes.Clone(n.came.Bytes())
}

func (n *tapped) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	l, err := n.Network.Listen(ctx, network, address)
	return tappedListener{l, n}, err
}

func (n *tapped) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := n.Network.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return tappedConn{c, n}, nil
}

func (n *tapped) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	c, err := n.Network.ListenPacket(ctx, network, address)
	return tappedPackets{c, n}, err
}

type tappedListener struct {
	net.Listener
	by *tapped
}

func (l tappedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return tappedConn{c, l.by}, nil
}

type tappedConn struct {
	net.Conn
	by *tapped
}

func (c tappedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.by.took(b[:n])
	return n, err
}

type tappedPackets struct {
	net.PacketConn
	by *tapped
}

func (c tappedPackets) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := c.PacketConn.ReadFrom(b)
	c.by.took(b[:n])
	return n, from, err
}

// secrets is what nobody but members may hear of a group, as text or as bytes. Dora searches for
// the words and the SHA-1, and hears her own queries: these are not looked for.
func secrets(g *group.Group, e *library.Entry, hidden *citizen) map[string][]byte {
	id, guid, addr := g.ID(), hidden.PeerID().GUID(), hidden.Addr()
	ip := addr.Addr().As4()
	peer := hidden.PeerID()
	return map[string][]byte{
		"the group's name":  []byte(g.State().Name()),
		"its ID":            id[:],
		"its ID as text":    []byte(id.String()),
		"the file's name":   []byte(e.Name),
		"its folder":        []byte(filepath.Base(e.Share)),
		"its SHA-1":         e.SHA1[:],
		"its Tiger root":    e.Tiger[:],
		"the same as text":  []byte(e.Tiger.String()),
		"its BLAKE3 root":   e.Blake3[:],
		"that as text":      []byte(e.Blake3.String()),
		"a member's ID":     peer[:],
		"that ID as text":   []byte(peer.String()),
		"its GUID":          guid[:],
		"its address":       append(ip[:], byte(addr.Port()), byte(addr.Port()>>8)),
		"its address, text": []byte(addr.Addr().String()),
	}
}

// TestStranger: anna shares a recipe with her family, of which boris is a member too, and a
// tune with everybody. Dora is her neighbor, reads all that comes to her host in the clear, and asks in every way there is: she hears
// of the tune, and of nothing that is the family's. Clara is in another group with anna, and
// hears no more.
func TestStranger(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		tn.linger = 15 * time.Second
		public := fstest.MapFS{"Morning Tune.ogg": file(noise(30_000))}
		anna := tn.movesAs(public, func(cfg *node.Config) { cfg.TLS, cfg.Mode = true, overlay.ModeUltrapeer })
		boris := tn.movesAs(nil, inTLS) // nobody knows him but members
		tap := &tapped{}
		dora := tn.movesAs(nil, func(cfg *node.Config) { tap.Network = cfg.Network; cfg.Network = tap }, anna)
		clara := tn.movesAs(nil, inTLS, anna)
		tn.shares(anna, 1)
		tn.linked(dora, 1)
		g, err := anna.FoundGroup("Mulberry Lane")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := anna.FoundGroup("lab"); err != nil {
			t.Fatal(err)
		}
		tn.invites(anna, boris, "Mulberry Lane")
		tn.invites(anna, clara, "lab")
		tn.online(boris, "Mulberry Lane", 2)
		tn.online(clara, "lab", 2)
		recipe, h := random(7, 200_000)
		tn.sharesWith(anna, "Mulberry Lane", tn.folder("pantry", map[string][]byte{"heirloom recipe.txt": recipe}), 1)
		letter, _ := random(9, 1000)
		tn.sharesWith(anna, "lab", tn.folder("desk", map[string][]byte{"letter.txt": letter}), 1)
		found := map[identity.PeerID]string{anna.PeerID(): "anna"}
		tn.until("boris finds it", func() bool {
			return len(tn.looks(boris, "Mulberry Lane", query.Query{Text: "heirloom"}, found)) == 1
		})
		if _, err := tn.space(boris, "Mulberry Lane").Fetch(download.Request{File: transfer.File{Name: "r", Size: int64(len(recipe)), SHA1: h}}); err != nil {
			t.Fatal(err)
		}
		tn.gets(boris, "Mulberry Lane", h)
		entry, err := tn.space(anna, "Mulberry Lane").Library().BySHA1(h)
		if err != nil {
			t.Fatal(err)
		}

		// By searches: words, the newest, each name of the file.
		searches := 0
		for _, q := range []query.Query{
			{Text: "heirloom recipe"}, {Text: "heirloom"}, {Text: "mulberry lane"}, {SHA1: h}, {Text: "recipe", SHA1: h}, {New: true}, {Text: "morning tune"},
		} {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			err := dora.Search(ctx, q, func(r query.Result, _ query.Hit) {
				if searches++; r.File.Name != "Morning Tune.ogg" {
					t.Errorf("%+v finds %q", q, r.File.Name)
				}
			})
			cancel()
			if err != nil {
				t.Errorf("%+v: %v", q, err)
			}
		}
		if searches < 2 {
			t.Errorf("what everybody may find was found %d times", searches)
		}

		// By browsing.
		list, err := dora.Browse(t.Context(), transfer.Source{Addr: anna.Addr()})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		if err := list.Each(func(r query.Result, _ query.Hit) { names = append(names, r.File.Name) }); err != nil || len(names) != 1 {
			t.Errorf("she lists %q, %v", names, err)
		}
		list.Close()

		// By HTTP, in the clear and in TLS as herself.
		for _, src := range []transfer.Source{
			{Addr: anna.Addr()}, {Addr: anna.Addr(), Servent: anna.PeerID().GUID(), Peer: anna.PeerID(), Vouched: true},
		} {
			who := dora
			if src.Vouched {
				who = clara // dora has no TLS
			}
			tn.demands(who, src, entry)
		}

		// By a download, also by PUSH.
		wanted := transfer.File{Name: "x", Size: int64(len(recipe)), SHA1: h}
		if _, err := dora.Manager().Add(download.Request{File: wanted, Sources: []transfer.Source{
			{Addr: anna.Addr()}, {Servent: anna.PeerID().GUID(), Push: true, Proxies: []netip.AddrPort{anna.Addr()}}, {Addr: boris.Addr()},
		}}); err != nil {
			t.Fatal(err)
		}

		// By datagrams: whom she knows, and whether she has the file.
		packets, err := tap.ListenPacket(t.Context(), "udp", netip.AddrPortFrom(dora.Addr().Addr(), 7001).String())
		if err != nil {
			t.Fatal(err)
		}
		defer packets.Close()
		head := append([]byte{0}, h.URN()...)
		for _, v := range []*wire.Vendor{
			{ID: wire.VendorCrawlerPing, Data: append([]byte{255, 255, 0xff}, make([]byte, 300)...)},
			{ID: wire.VendorHeadPing, Data: head}, {ID: wire.VendorHeadPing2, Data: head},
		} {
			if _, err := packets.WriteTo(wire.AppendFrame(nil, wire.GUID{1, 2, 3}, 1, 0, v), net.UDPAddrFromAddrPort(anna.Addr())); err != nil {
				t.Fatal(err)
			}
			tn.tells(packets, v.ID)
			<-time.After(2 * time.Minute) // she does not answer an address often
		}

		// By a crawler's handshake.
		conn, err := tap.DialContext(t.Context(), "tcp", anna.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "GNUTELLA CONNECT/0.6\r\nUser-Agent: c\r\nX-Ultrapeer: False\r\nCrawler: 0.1\r\n\r\n")
		told := make([]byte, 4096)
		if n, _ := conn.Read(told); !strings.Contains(string(told[:n]), "200 OK") {
			t.Errorf("a crawler is told %q", told[:n])
		}
		conn.Close()

		// By lines, as who proves her own ID and knows the ID of the group: she hears what she
		// hears of a group that is none.
		for _, service := range []string{"files", "board", "groups", "datagrams"} {
			said := clara.says(t, anna, service, g.ID())
			none := clara.says(t, anna, service, group.ID{1})
			if len(said) != len(none) || service == "files" && said != "NO\r\n" {
				t.Errorf("a stranger hears %q on a line to %s, and %q of a group that is none", said, service, none)
			}
		}
		forged := group.Invite{Group: g.ID(), Token: group.Token{1}, Ask: []group.Ask{{Peer: anna.PeerID(), Address: anna.Addr().String()}}}
		if _, err := clara.JoinGroup(t.Context(), forged.String()); err == nil {
			t.Error("a stranger joined by an invite of her own")
		}

		// By another group.
		lab := tn.space(clara, "lab")
		tn.until("clara finds what is the lab's", func() bool {
			return len(tn.looks(clara, "lab", query.Query{Text: "letter"}, found)) == 1
		})
		for _, q := range []query.Query{{Text: "heirloom"}, {Text: "recipe"}, {SHA1: h}} {
			if got := tn.looks(clara, "lab", q, found); len(got) > 0 {
				t.Errorf("in the lab %+v finds %q", q, got)
			}
		}
		if said := fetchesRaw(tn, clara, anna, g.ID(), "/uri-res/N2R?"+h.URN()); said != "NO\r\n" {
			t.Errorf("of the other group she hears %.80q", said)
		}
		for _, path := range demanded(entry) {
			if said := fetchesRaw(tn, clara, anna, lab.ID(), path); !strings.HasPrefix(said, "OK\r\nHTTP/1.1 404") && !strings.HasPrefix(said, "OK\r\nHTTP/1.1 400") {
				t.Errorf("in the lab %s is answered by %.80q", path, said)
			}
		}
		if _, err := lab.Fetch(download.Request{File: wanted}); err != nil {
			t.Fatal(err)
		}
		labs, err := clara.Group("lab")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range labs.Members() {
			if m.Peer == boris.PeerID() {
				t.Error("who is in the other group is a member of this one")
			}
		}
		items, err := tn.board(clara, "lab").Items("files")
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range items {
			for what, secret := range secrets(g, entry, boris) {
				if bytes.Contains(i.Value, secret) {
					t.Errorf("the board of the lab tells %s", what)
				}
			}
		}

		<-time.After(3 * time.Minute) // pings and pongs go on
		for _, m := range []*download.Manager{dora.Manager(), lab.Downloads()} {
			if st, err := m.Status(h); err != nil || st.Have > 0 {
				t.Errorf("a stranger has %d bytes, %v", st.Have, err)
			}
		}
		heard := tap.heard()
		if !bytes.Contains(heard, []byte("Morning Tune.ogg")) {
			t.Error("what comes to her is not read")
		}
		said := secrets(g, entry, boris)
		for what := range maps.Keys(said) {
			if i := bytes.Index(heard, said[what]); i >= 0 {
				t.Errorf("she heard %s: %q", what, heard[max(0, i-40):min(len(heard), i+80)])
			}
		}
	})
}

// demanded is all paths at which a servent might give a file.
func demanded(e *library.Entry) []string {
	sum := e.SHA1.URN()
	bitprint := urn.URN{SHA1: e.SHA1, HasSHA1: true, Tiger: e.Tiger}.String()
	paths := []string{
		"/uri-res/N2R?" + sum, "/uri-res/N2R?" + bitprint, "/uri-res/N2X?" + sum, "/uri-res/N2X?" + sum + ";" + e.Tiger.String(),
		"/uri-res/N2B?" + sum, "/uri-res/N2B?" + sum + ";" + e.Blake3.String(), "/uri-res/N2R?urn:tree:tiger:" + e.Tiger.String(),
		"/" + space.Service, "/heirloom%20recipe.txt",
	}
	for i := range 20 {
		paths = append(paths, fmt.Sprintf("/get/%d/heirloom%%20recipe.txt", i))
	}
	return paths
}

// demands asks for a file at each path, by GET and HEAD, and wants to be told that it is not
// there.
func (tn *town) demands(who *citizen, src transfer.Source, e *library.Entry) {
	tn.t.Helper()
	for _, method := range []string{"GET", "HEAD"} {
		for _, path := range demanded(e) {
			conn, err := who.Reach(tn.t.Context(), src)
			if err != nil {
				tn.t.Fatal(err)
			}
			fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", method, path)
			said, err := io.ReadAll(conn)
			conn.Close()
			status, _, _ := strings.Cut(string(said), "\r\n")
			if !strings.Contains(status, " 404 ") && !strings.Contains(status, " 400 ") {
				tn.t.Errorf("%s %s is answered by %.200q, %v", method, path, said, err)
			}
		}
	}
}

// tells reads the answer to a datagram, which may not say that a file is there.
func (tn *town) tells(from net.PacketConn, to wire.VendorID) {
	tn.t.Helper()
	from.SetReadDeadline(time.Now().Add(20 * time.Second))
	b := make([]byte, 64<<10)
	for {
		n, _, err := from.ReadFrom(b)
		if err != nil {
			tn.t.Errorf("no answer to %v: %v", to, err)
			return
		}
		f, _, err := wire.SplitFrame(b[:n])
		if err != nil {
			tn.t.Fatal(err)
		}
		m, err := wire.Parse(f.Type(), f.Payload())
		v, ok := m.(*wire.Vendor)
		if err != nil || !ok {
			continue // it asks whether we are where we say
		}
		if to != wire.VendorCrawlerPing && !bytes.Equal(v.Data, wire.NewHeadPong(to, wire.HeadPong{}).Data) {
			tn.t.Errorf("%v is answered by %x", to, v.Data)
		}
		return
	}
}

// says says on a line what a member does, and a little more, and returns what it hears.
func (c *citizen) says(t *testing.T, to *citizen, service string, id group.ID) string {
	t.Helper()
	line, err := c.Line(t.Context(), to.PeerID(), to.Addr(), service)
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	fmt.Fprintf(line, "%s\r\n", id)
	line.Write(append(id[:], bytes.Repeat([]byte{1}, 300)...)) // it may be closed by now
	line.SetReadDeadline(time.Now().Add(time.Minute))
	said, _ := io.ReadAll(line) // it ends in whatever way
	return string(said)
}
