package cli

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"filbert/node/api"
)

// client is the commands that talk to a running node.
func (r *runner) client() []*cli.Command {
	return []*cli.Command{
		r.search(), r.browse(), r.get(), r.play(), r.magnet(), r.collection(), r.downloads(), r.folders(), r.uploads(), r.share(), r.publishFolder(), r.followPublication(), r.unfollowPublication(), r.publications(),
		r.status(), r.id(), r.contacts(), r.messages(), r.group(), r.doctor(), r.events(), r.metrics(), r.explain(), r.peers(), r.connect(), r.disconnect(), r.stop(),
	}
}

func (r *runner) peers() *cli.Command {
	return &cli.Command{
		Name: "peers", Usage: "list the neighbors", Category: "network", Flags: clientFlags(jsonFlag()),
		Action: r.action(func(c *cli.Context, n *api.Client) error {
			if err := noArguments(c); err != nil {
				return err
			}
			peers, err := n.Peers(c.Context)
			if err != nil {
				return err
			}
			return show(r, c, peers, r.showPeers)
		}),
	}
}

func (r *runner) showPeers(peers []api.Peer) error {
	if len(peers) == 0 {
		r.say("no neighbors; add one with `filbert connect HOST:PORT`, or start with --seed")
		return nil
	}
	t := newTable(r.env.Out, "PEER", "WHO", "WAY", "ROLE", "SOFTWARE", "UP", "HEARD", "TTL", "FILES", "IN", "OUT", "DEFLATED", "TLS", "QUEUE",
		"DROPS")
	for _, p := range peers {
		addr, way := p.Addr, "out"
		if p.Inbound {
			way = "in"
		}
		if p.Listen != "" {
			addr = p.Listen
		}
		t.row(addr, who(p.Name, p.PeerID), way, p.Role, clip(orDash(p.Agent), 30), span(time.Since(p.Since)), span(time.Since(p.Heard)), fmt.Sprint(p.MaxTTL),
			fmt.Sprint(p.Files), traffic(p.Received), traffic(p.Sent), deflated(p), yesOrDash(p.TLS), size(int64(p.Queue)), counters(p.Drops))
	}
	return t.end()
}

// who is a peer by its petname, or the beginning of its ID; "-" where it has proven none.
func who(name, id string) string { return orDash(orElse(name, fmt.Sprintf("%.12s", id))) }

// deflated tells what compression leaves of what is received and sent.
func deflated(p api.Peer) string {
	left := func(on bool, carried, messages uint64) string {
		if !on {
			return "-"
		}
		return fmt.Sprintf("%d%%", 100*carried/max(messages, 1))
	}
	return left(p.Deflate.In, p.Deflate.BytesIn, p.Received.Bytes) + "/" + left(p.Deflate.Out, p.Deflate.BytesOut, p.Sent.Bytes)
}

func yesOrDash(yes bool) string {
	if yes {
		return "yes"
	}
	return "-"
}

func traffic(t api.Traffic) string { return fmt.Sprintf("%d (%s)", t.Messages, size(int64(t.Bytes))) }

func (r *runner) status() *cli.Command {
	return &cli.Command{
		Name: "status", Usage: "show the node at a glance", Category: "network", Flags: clientFlags(jsonFlag()),
		Action: r.action(func(c *cli.Context, n *api.Client) error {
			if err := noArguments(c); err != nil {
				return err
			}
			s, err := n.Status(c.Context)
			if err != nil {
				return err
			}
			return show(r, c, s, r.showStatus)
		}),
	}
}

// reachedBy says how others were seen to reach the node.
func reachedBy(s api.Status) string {
	switch {
	case s.TCPOpen && s.UDPOpen:
		return "TCP and UDP"
	case s.TCPOpen:
		return "TCP"
	case s.UDPOpen:
		return "UDP; files are sent by calling who wants them"
	}
	return "nobody so far; files are sent by calling who wants them"
}

func (r *runner) showStatus(s api.Status) error {
	t := newTable(r.env.Out, "filbert "+s.Version, "up "+span(time.Duration(s.Uptime*float64(time.Second))))
	t.row("listens at", s.Listen)
	if s.External != "" {
		t.row("seen at", s.External)
	}
	t.row("reached by", reachedBy(s))
	t.row("servent GUID", s.GUID)
	t.row("peer ID", s.PeerID)
	role := s.Role
	if s.RoleMode == "auto" && s.RoleWhy != "" {
		role += ": " + s.RoleWhy
	}
	t.row("role", role)
	t.row("neighbors", fmt.Sprintf("%d of %d wanted, %d being called, %d hosts known, %d leaves", s.Neighbors-s.Leaves, s.Wanted, s.Dialing, s.Known,
		s.Leaves))
	for _, f := range s.Sources {
		t.row(f.Source, hostSource(f))
	}
	if n := len(s.Horizon); n > 0 && s.Horizon[n-1].Nodes > 0 {
		h := s.Horizon[n-1]
		t.row("horizon", fmt.Sprintf("%d nodes with %d files within %d hops, by the word of neighbors", h.Nodes, h.Files, n))
	}
	t.row("shared", fmt.Sprintf("%s, %s", plural(s.Files, "file"), size(s.Bytes)))
	if h := s.Hashing; h != nil {
		t.row("hashing", fmt.Sprintf("%d of %d files, %s of %s", h.FilesDone, h.Files, size(h.BytesDone), size(h.Bytes)))
	}
	t.row("transfers", fmt.Sprintf("%s, %s", plural(s.Downloads, "download"), plural(s.Uploads, "upload")))
	t.row("received", traffic(s.Received))
	t.row("sent", traffic(s.Sent))
	t.row("dropped", counters(s.Drops))
	return t.end()
}

// hostSource says what became of one way to find hosts.
func hostSource(f api.HostSource) string {
	text := "not asked yet"
	switch {
	case f.Active:
		text = "being asked"
	case f.Rounds > 0:
		text = fmt.Sprintf("asked %s ago", span(time.Since(f.Last)))
	}
	if f.Caches > 0 {
		text = plural(f.Caches, "cache") + " known, " + text
	}
	if f.Rounds > 0 {
		text += fmt.Sprintf(", told %s in %s", plural(f.Hosts, "host"), plural(f.Rounds, "round"))
	}
	if f.Error != "" {
		text += ": " + f.Error
	}
	return text
}

// counters lists what occurred, most first.
func counters(m map[string]uint64) string {
	var parts []string
	for _, name := range slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		return cmp.Or(cmp.Compare(m[b], m[a]), strings.Compare(a, b))
	}) {
		parts = append(parts, fmt.Sprintf("%d %s", m[name], name))
	}
	return orDash(strings.Join(parts, ", "))
}

func (r *runner) connect() *cli.Command {
	return &cli.Command{
		Name: "connect", Usage: "open a link to a servent", ArgsUsage: "IP:PORT", Category: "network",
		Flags: clientFlags(&cli.StringFlag{Name: "peer", Usage: "link only to who proves to be `PEER`, a peer ID or a petname"}),
		Action: r.action(func(c *cli.Context, n *api.Client) error {
			if c.NArg() != 1 {
				return usage("connect to whom? `filbert connect IP:PORT`")
			}
			if err := n.Connect(c.Context, c.Args().First(), c.String("peer")); err != nil {
				return err
			}
			r.say("connected to %s", c.Args().First())
			return nil
		}),
	}
}

func (r *runner) disconnect() *cli.Command {
	return &cli.Command{
		Name: "disconnect", Usage: "end a link", ArgsUsage: "IP:PORT", Category: "network", Flags: clientFlags(),
		Action: r.action(func(c *cli.Context, n *api.Client) error {
			if c.NArg() != 1 {
				return usage("disconnect from whom? `filbert peers` lists the neighbors")
			}
			if err := n.Disconnect(c.Context, c.Args().First()); err != nil {
				return err
			}
			r.say("disconnected from %s", c.Args().First())
			return nil
		}),
		BashComplete: r.completePeers,
	}
}

func (r *runner) stop() *cli.Command {
	return &cli.Command{
		Name: "stop", Usage: "stop the node", Category: "network", Flags: clientFlags(),
		Action: r.action(func(c *cli.Context, n *api.Client) error {
			if err := noArguments(c); err != nil {
				return err
			}
			v, err := n.Version(c.Context)
			if err != nil {
				return err
			}
			if err := n.Stop(c.Context); err != nil && !errors.Is(err, api.ErrNotRunning) {
				return err
			}
			r.say("the node (process %d) has stopped", v.PID)
			return nil
		}),
	}
}
