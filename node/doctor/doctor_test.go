package doctor

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"filbert/nat"
	"filbert/nat/stun"
)

var now = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

// well is a node with which nothing is wrong.
func well() Facts {
	return Facts{
		Now: now, Built: now.AddDate(0, -1, 0), Running: time.Hour,
		Port: 6346, Neighbors: 8, Known: 100,
		TCP: Way{Open: true, Since: now.Add(-time.Minute)}, UDP: Way{Open: true},
		External: netip.MustParseAddr("203.0.113.9"), Seen: 5, STUN: STUN{At: now.Add(-time.Hour), Report: cone(), KeepAlive: 15 * time.Second},
		Own:       []netip.Addr{netip.MustParseAddr("192.168.1.2"), netip.MustParseAddr("2001:db8::2")},
		Downloads: Disk{Path: "/files", Free: 100 << 30}, MaxFiles: 65_536, Router: Router{Entries: 20, Most: 30, Limit: 1024},
		Leaf: true, Upkeep: Upkeep{Hour: nat.UpkeepBytes{nat.UpkeepLinks: 90_000, nat.UpkeepRelays: 9_999}, Budget: 1_000_000},
	}
}

// cone is what servers say of a NAT through which holes can be punched.
func cone() stun.Report {
	return stun.Report{
		UDP: stun.Yes, NAT: stun.Yes, Mapped: netip.MustParseAddrPort("203.0.113.9:6346"), Mapping: stun.MappingEndpointIndependent,
		PortPreserved: stun.Yes, Servers: make([]stun.ServerFinding, 3),
	}
}

// TestTURN says what the servers of the settings do.
func TestTURN(t *testing.T) {
	at := netip.MustParseAddrPort("198.51.100.1:50000")
	for _, tt := range []struct {
		name  string
		f     TURN
		level Level
		says  string
	}{
		{"none", TURN{}, OK, "name no server"},
		{"not needed", TURN{Servers: 2}, OK, "2 servers, not needed"},
		{"in use", TURN{Servers: 1, Server: "turn:turn.example:3478", At: at, Paths: 2}, OK, "turn:turn.example:3478 passes on what comes to 198.51.100.1:50000, for 2 paths"},
		{"given back", TURN{Servers: 1, Server: "turn:turn.example:3478"}, OK, "when it was needed last"},
		{"refused", TURN{Servers: 1, Server: "turn:turn.example:3478", Failure: "refused with 401"}, Warn, "refused with 401"},
	} {
		f := well()
		f.TURN = tt.f
		if c := f.turn(); c.Level != tt.level || !strings.Contains(c.Found, tt.says) || (c.Level == Warn) != (c.Do != "") {
			t.Errorf("%s: %+v", tt.name, c)
		}
	}
}

// TestSTUN judges what servers said, in words.
func TestSTUN(t *testing.T) {
	told := func(change func(r *stun.Report)) Facts {
		f := well()
		change(&f.STUN.Report)
		return f
	}
	with := func(f Facts, change func(f *Facts)) Facts { change(&f); return f }
	symmetric := func(r *stun.Report) {
		r.Mapping, r.Filtering = stun.MappingAddressAndPortDependent, stun.FilteringAddressAndPortDependent
		r.PortPreserved, r.Hairpin = stun.No, stun.No
	}
	for _, tt := range []struct {
		name  string
		f     Facts
		level Level
		says  []string
	}{
		{"cone", well(), OK, []string{"others see 203.0.113.9:6346", "every host the same", "keeps the port", "can be punched"}},
		{"full cone", told(func(r *stun.Report) { r.Filtering, r.Hairpin = stun.FilteringEndpointIndependent, stun.Yes }), OK,
			[]string{"lets everybody in", "reach one another"}},
		{"restricted", told(func(r *stun.Report) { r.Filtering = stun.FilteringAddressDependent }), OK, []string{"hosts that were sent to"}},
		{"symmetric, port forwarded", told(symmetric), OK, []string{"each port of each host another", "ports that were sent to", "changes the port", "do not reach one another"}},
		{"symmetric", with(told(symmetric), func(f *Facts) { f.TCP.Open = false }), Warn, []string{"if the NAT of the other side is not", "forward it"}},
		{"dependent", told(func(r *stun.Report) { r.Mapping = stun.MappingDependent }), OK, []string{"each host another"}},
		{"one server", told(func(r *stun.Report) { r.Mapping = stun.MappingUnknown }), Unknown, []string{"two servers"}},
		{"none", told(func(r *stun.Report) { r.NAT = stun.No }), OK, []string{"no NAT"}},
		{"blocked", with(told(func(r *stun.Report) { r.UDP = stun.No }), func(f *Facts) { f.UDP.Open = false }), Warn,
			[]string{"UDP seems to be blocked: no answer from 3 servers, asked 1h0m0s ago", "let UDP port"}},
		{"servers are down", told(func(r *stun.Report) { r.UDP = stun.No }), Unknown, []string{"seem to be down"}},
		{"of a provider", with(well(), func(f *Facts) { f.Own[0] = netip.MustParseAddr("100.64.3.4") }), OK, []string{"NAT of a provider"}},
		{"keeps bindings", with(well(), func(f *Facts) { f.TCP.Open, f.STUN.Lasting = false, stun.Lasting{From: 5 * time.Minute} }), OK, []string{"gets in for 300 s or more"}},
		{"as short as may be", with(well(), func(f *Facts) {
			f.TCP.Open, f.STUN.Lasting = false, stun.Lasting{From: 15 * time.Second, To: 19 * time.Second}
		}), OK, []string{"gets in for 15 to 19 s"}},
		{"forgets", with(well(), func(f *Facts) {
			f.TCP.Open, f.STUN.Lasting = false, stun.Lasting{From: 14 * time.Second, To: 19 * time.Second}
		}), Warn, []string{"14 to 19 s", "a hole can be punched", "; paths break", "each 15s", "keep UDP for 30 s"}},
		{"forgets, port forwarded", with(well(), func(f *Facts) { f.STUN.Lasting = stun.Lasting{From: 14 * time.Second, To: 19 * time.Second} }), OK, []string{"14 to 19 s"}},
		{"a firewall that forgets", with(told(func(r *stun.Report) { r.NAT = stun.No }), func(f *Facts) {
			f.TCP.Open, f.STUN.Lasting = false, stun.Lasting{To: 4 * time.Second}
		}), Warn, []string{"no NAT", "less than 4 s", "\npaths break"}},
		{"on the local network", with(well(), func(f *Facts) { f.STUN.Local = true }), Unknown, []string{"local network"}},
		{"just started", with(well(), func(f *Facts) { f.STUN, f.Running = STUN{}, time.Second }), Unknown, []string{"still looked for"}},
		{"nobody to ask", with(well(), func(f *Facts) { f.STUN = STUN{} }), Unknown, []string{"no neighbor answers", "--stun-server"}},
	} {
		c := tt.f.stun()
		said := c.Found + "\n" + c.Means + "\n" + c.Do
		for _, want := range tt.says {
			if !strings.Contains(said, want) {
				t.Errorf("%s: no %q in %q", tt.name, want, said)
			}
		}
		if c.Level != tt.level || c.Level == Warn && c.Do == "" {
			t.Errorf("%s: %+v, want %v", tt.name, c, tt.level)
		}
	}
}

// reached is somebody whom relays lead to.
var reached = Relay{At: []netip.AddrPort{netip.MustParseAddrPort("198.51.100.7:6346"), netip.MustParseAddrPort("198.51.100.8:6346")}}

// TestRelay judges what a node has to do with relays.
func TestRelay(t *testing.T) {
	for _, tt := range []struct {
		name  string
		f     Facts
		level Level
		says  string
	}{
		{"reached over two", Facts{Relay: reached}, OK, "over 198.51.100.7:6346 and 1 more"},
		{"relays", Facts{TCP: Way{Open: true}, Relay: Relay{Serves: true, Circuits: 3}}, OK, "3 connections"},
		{"open", Facts{TCP: Way{Open: true}}, OK, "none is needed"},
		{"just started", Facts{Neighbors: 1}, Unknown, "none is asked"},
		{"alone", Facts{Running: time.Hour}, Unknown, "none is asked"},
		{"relays without room", Facts{Running: time.Hour, Neighbors: 1, Relay: Relay{Offered: true}}, Warn, "no neighbor has room"},
		{"no relay", Facts{Running: time.Hour, Neighbors: 1}, Warn, "no neighbor relays"},
	} {
		c := tt.f.relay()
		if c.Level != tt.level || !strings.Contains(c.Found, tt.says) || c.Level >= Warn && (c.Means == "" || c.Do == "") {
			t.Errorf("%s: %+v, want %v and %q", tt.name, c, tt.level, tt.says)
		}
	}
}

// TestExamine spoils one thing after another: the check of that one tells, what
// it says helps, and no other changes.
func TestExamine(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(f *Facts)
		check string
		level Level
		says  string // among what is found, meant and advised
	}{
		{"one neighbor", func(f *Facts) { f.Neighbors = 1 }, "neighbors", Warn, "--seed"},
		{"no neighbor", func(f *Facts) { f.Neighbors = 0 }, "neighbors", Critical, "firewall"},
		{"no host", func(f *Facts) { f.Neighbors, f.Known = 0, 0 }, "neighbors", Critical, "--seed"},
		{"just started", func(f *Facts) { f.Neighbors, f.Running = 0, settleTime-1 }, "neighbors", Unknown, "looking"},
		{"two neighbors", func(f *Facts) { f.Neighbors = 2 }, "neighbors", OK, "2 neighbors"},

		{"firewalled", func(f *Facts) { f.TCP, f.Proxies, f.Relay = Way{}, 1, reached }, "tcp", Warn, "forward it"},
		{"firewalled for long", func(f *Facts) { f.TCP, f.Proxies, f.Relay = Way{Since: now.Add(-time.Hour)}, 1, reached }, "tcp", Warn, "for 1h0m0s"},
		{"nobody passes calls on", func(f *Facts) { f.TCP, f.Relay = Way{}, reached }, "tcp", Critical, "port 6346"},
		{"not tried", func(f *Facts) { f.TCP, f.Running, f.Relay = Way{}, settleTime-1, reached }, "tcp", Unknown, "tried"},
		{"no datagrams", func(f *Facts) { f.UDP = Way{} }, "udp", Warn, "UDP port 6346"},

		{"no agreement", func(f *Facts) { f.External = netip.Addr{} }, "address", Unknown, "5 networks"},
		{"the user's word", func(f *Facts) { f.Told = true }, "address", OK, "settings"},

		{"behind a provider", func(f *Facts) { f.Own[0] = netip.MustParseAddr("100.64.3.4") }, "nat", Warn, "provider"},
		{"public", func(f *Facts) { f.Own[0] = netip.MustParseAddr("203.0.113.9") }, "nat", OK, "none"},
		{"a router that is not asked", func(f *Facts) { f.TCP, f.Proxies, f.Relay = Way{}, 1, reached }, "tcp", Warn, "--map-port"},
		{"a router that forwards", func(f *Facts) { f.Mapping = Mapping{On: true, Lease: "10.0.0.1 leads", Open: true} }, "mapping", OK, "10.0.0.1 leads"},
		{"a router with room", func(*Facts) {}, "router", OK, "20 entries of ours in its table, 30 at most so far, of 1024"},
		{"a router that had none", func(f *Facts) { f.Router.Most, f.Router.Refused = 1024, 7 }, "router", OK, "7 datagrams and connections found no room"},
		{"a router that is full", func(f *Facts) { f.Router.Entries = 896 }, "router", Warn, "transfers wait"},
		{"cheap to keep", func(*Facts) {}, "upkeep", OK, "99 kB sent in the last hour to be reachable (links 90, relays 9)"},
		{"dear to keep", func(f *Facts) { f.Upkeep.Hour[nat.UpkeepDials], f.Upkeep.Thrifty = 950_000, true }, "upkeep", Warn, "dials 950, relays 9); more than the 1000 kB"},
		{"in a group", func(f *Facts) { f.Upkeep.Hour[nat.UpkeepGroups] = 4_200_000 }, "upkeep", OK, "and 4200 kB for groups"},
		{"an ultrapeer", func(f *Facts) { f.Leaf = false; f.Upkeep.Hour[nat.UpkeepLinks] = 9_000_000 }, "upkeep", OK, "not held to a budget"},
		{"no router", func(f *Facts) { f.Router = Router{None: true} }, "router", OK, "none translates"},
		{"a router that says so", func(f *Facts) { f.Mapping = Mapping{On: true, Lease: "10.0.0.1 leads"} }, "mapping", Warn, "got through"},
		{"a router behind another", func(f *Facts) { f.Mapping = Mapping{On: true, Lease: "10.0.0.1 leads", CGNAT: true} }, "mapping", Warn, "provider"},
		{"a router that does not", func(f *Facts) { f.Mapping = Mapping{On: true, Failure: "it says no"} }, "mapping", Warn, "it says no"},
		{"a router asked just now", func(f *Facts) { f.Mapping, f.Running = Mapping{On: true}, time.Second }, "mapping", Unknown, "answered yet"},
		{"for this machine", func(f *Facts) { f.Own = []netip.Addr{netip.MustParseAddr("127.0.0.1")} }, "nat", OK, "this machine alone"},
		{"no IPv4", func(f *Facts) { f.Own = f.Own[1:] }, "nat", OK, "no IPv4"},
		{"no IPv6", func(f *Facts) { f.Own = f.Own[:1] }, "ipv6", OK, "no public address"},
		{"a local IPv6", func(f *Facts) { f.Own[1] = netip.MustParseAddr("fd00::1") }, "ipv6", OK, "no public address"},

		{"a clock behind", func(f *Facts) { f.Built = now.Add(clockSlack + time.Second) }, "clock", Critical, "set the clock"},
		{"a clock a little behind", func(f *Facts) { f.Built = now.Add(clockSlack) }, "clock", OK, ""},
		{"an old program", func(f *Facts) { f.Built = now.Add(-oldProgram - 1) }, "clock", Warn, "newer"},
		{"of unknown age", func(f *Facts) { f.Built = time.Time{} }, "clock", OK, "2026-11-27 12:00:00"},

		{"a full disk", func(f *Facts) { f.Downloads.Free = fullDisk - 1 }, "disk", Critical, "make room"},
		{"a tight disk", func(f *Facts) { f.Downloads.Free = tightDisk - 1 }, "disk", Warn, "make room"},
		{"room enough", func(f *Facts) { f.Downloads.Free = tightDisk }, "disk", OK, "2048 MiB"},
		{"a broken disk", func(f *Facts) { f.Downloads.Err = errors.New("input/output error") }, "disk", Critical, "input/output error"},
		{"no folder", func(f *Facts) { f.Downloads = Disk{} }, "disk", OK, "nothing can be fetched"},

		{"few files", func(f *Facts) { f.MaxFiles = fewFiles - 1 }, "open files", Warn, "ulimit"},
		{"enough files", func(f *Facts) { f.MaxFiles = fewFiles }, "open files", OK, "1024"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := well()
			tt.spoil(&f)
			checks, sound := Examine(f), Examine(well())
			for i, c := range checks {
				said := c.Found + "\n" + c.Means + "\n" + c.Do
				switch {
				case c.Name == tt.check && (c.Level != tt.level || !strings.Contains(said, tt.says)):
					t.Errorf("%s: %v, want %v and %q in:\n%s", c.Name, c.Level, tt.level, tt.says, said)
				case c.Name == tt.check && c.Level >= Warn && (c.Means == "" || c.Do == ""):
					t.Errorf("%s leaves the user alone with it: %+v", c.Name, c)
				case c.Name != tt.check && c.Level != sound[i].Level && tt.check != "neighbors":
					t.Errorf("%s is %v too", c.Name, c.Level)
				}
			}
			if want := max(tt.level, OK); tt.level != Unknown && tt.check != "neighbors" && Worst(checks) != want {
				t.Errorf("worst is %v, want %v", Worst(checks), want)
			}
		})
	}
	if w := Worst([]Check{{Level: Unknown}, {Level: OK}}); w != OK {
		t.Errorf("what is not known yet counts as %v", w)
	}
}
