package conform

import (
	"net/mail"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"filbert/overlay/wire"
)

var headerCases = []Case{
	{
		Name: "headers/status", Checks: "the first line of an answer is GNUTELLA/0.6, a code and a text", Source: "handshake.md vectors",
		run: func(t *trial) { validStatus(t, t.answer) },
	},
	{
		Name: "headers/lines", Checks: "header lines end in CR LF, are not folded, not repeated, and not more or longer than LimeWire reads",
		Source: "handshake.md §1",
		run:    func(t *trial) { validLines(t, t.answer) },
	},
	{
		Name: "headers/spelling", Checks: "names are spelled as LimeWire, which compares them with case, knows them", Source: "handshake.md §1, §3",
		run: func(t *trial) {
			for _, f := range t.answer.fields {
				for _, name := range spellings {
					t.check(!strings.EqualFold(f.name, name) || f.name == name, name, "%s", f.name)
				}
			}
		},
	},
	{
		Name: "headers/user-agent", Checks: "User-Agent is a name, a slash and a version", Source: "handshake.md §3",
		run: func(t *trial) { matches(t, "User-Agent", agentForm, "name/version") },
	},
	{
		Name: "headers/x-ultrapeer", Checks: "X-Ultrapeer is there, and True or False", Source: "handshake.md §3",
		run: func(t *trial) {
			_, ok := t.answer.get("X-Ultrapeer")
			t.check(ok, "X-Ultrapeer: without it nobody takes it for a neighbor", "none")
			matches(t, "X-Ultrapeer", boolForm, "True or False")
		},
	},
	{
		Name: "headers/x-ultrapeer-needed", Checks: "X-Ultrapeer-Needed is True or False", Source: "handshake.md §3",
		run: func(t *trial) { matches(t, "X-Ultrapeer-Needed", boolForm, "True or False") },
	},
	{
		Name: "headers/x-requeries", Checks: "X-Requeries is True or False", Source: "handshake.md §3",
		run: func(t *trial) { matches(t, "X-Requeries", regexp.MustCompile(`(?i)^(true|false)$`), "True or False") },
	},
	{
		Name: "headers/x-degree", Checks: "X-Degree is a number from 1 to 255", Source: "handshake.md §3",
		run: func(t *trial) { v := t.needs("X-Degree"); t.check(atMost(v, 255), "1 to 255", "%q", v) },
	},
	{
		Name: "headers/x-max-ttl", Checks: "X-Max-TTL is a number from 1 to 7", Source: "handshake.md §3",
		run: func(t *trial) { v := t.needs("X-Max-TTL"); t.check(atMost(v, maxTTLHeader), "1 to 7", "%q", v) },
	},
	{
		Name: "headers/guid", Checks: "GUID is 32 hex digits, not blank", Source: "handshake.md §3",
		run: func(t *trial) {
			matches(t, "GUID", guidForm, "32 hex digits")
			guid, err := wire.ParseGUID(t.needs("GUID"))
			t.check(err == nil && !guid.IsZero(), "a GUID that is not blank", "%v", guid)
		},
	},
	{
		Name: "headers/remote-ip", Checks: "Remote-IP is our address, without a port", Source: "handshake.md §3, §9",
		run: func(t *trial) {
			v := t.needs("Remote-IP")
			ours := t.one().c.local.Addr()
			got, err := netip.ParseAddr(v)
			t.check(err == nil && got.Unmap() == ours, ours.String(), "%q", v)
		},
	},
	{
		Name: "headers/listen", Checks: "Listen-IP and Node name the port it was called at, or one it may listen at", Source: "handshake.md §3; bootstrap.md §10",
		run: func(t *trial) {
			told := 0
			for _, name := range []string{"Listen-IP", "Node", "X-Node", "X-My-Address"} {
				v, ok := t.answer.get(name)
				if !ok {
					continue
				}
				told++
				hosts, err := readHosts(v)
				t.check(err == nil && len(hosts) > 0, name+" with address:port", "%q", v)
				t.check(hosts[0].Port() >= minPort, "a port from 1024 on", "%s: %s", name, v)
				t.check(hosts[0].Addr() != t.cfg.Addr.Addr() || hosts[0] == t.cfg.Addr, t.cfg.Addr.String(), "%s: %s", name, v)
			}
			if told == 0 {
				t.notOffered("its headers tell no address")
			}
		},
	},
	{
		Name: "headers/x-try", Checks: "X-Try lists hold addresses with ports from 1024 on, neither ours nor its own, at most 20",
		Source: "handshake.md §3, §9; bootstrap.md §6",
		run: func(t *trial) {
			told := 0
			for _, name := range []string{"X-Try", "X-Try-Ultrapeers", "X-Try-Hubs"} {
				v, ok := t.one().answer.get(name)
				if !ok || v == "" {
					continue
				}
				told++
				validTry(t, name, v)
			}
			if told == 0 {
				t.notOffered("it names no hosts to us")
			}
		},
	},
	{
		Name: "headers/versions", Checks: "headers that tell a version tell it as 0.1", Source: "handshake.md §3",
		run: func(t *trial) {
			for _, name := range []string{
				"X-Query-Routing", "X-Ultrapeer-Query-Routing", "X-Dynamic-Querying", "X-Ext-Probes", "X-Guess", "GGEP",
				"Vendor-Message", "Pong-Caching", "Bye-Packet", "Crawler",
			} {
				if v, ok := t.answer.get(name); ok {
					t.check(versionForm.MatchString(v), name+" as 0.1", "%q", v)
				}
			}
		},
	},
	{
		Name: "headers/query-routing", Checks: "X-Query-Routing answers our 0.1 by nothing above 0.2", Source: "handshake.md §3",
		run: func(t *trial) {
			v := t.needs("X-Query-Routing")
			t.check(slices.Contains([]string{"0.1", "0.2"}, v), "0.1 or 0.2", "%q", v)
		},
	},
	{
		Name: "headers/features", Checks: "X-Features is a list of name/version", Source: "handshake.md §3",
		run: func(t *trial) {
			for item := range strings.SplitSeq(t.needs("X-Features"), ",") {
				t.check(featureForm.MatchString(strings.TrimSpace(item)), "items as tls/1.0", "%q", item)
			}
		},
	},
	{
		Name: "headers/live-since", Checks: "X-Live-Since is a date of RFC 822", Source: "handshake.md §3",
		run: func(t *trial) {
			v := t.needs("X-Live-Since")
			_, err := mail.ParseDate(v)
			t.check(err == nil, "a date of RFC 822", "%q", v)
		},
	},
	{
		Name: "headers/unasked", Checks: "who offers neither compression nor TLS gets neither", Source: "handshake.md §6, §7",
		run: func(t *trial) {
			v, ok := t.answer.get("Content-Encoding")
			t.check(!ok, "no Content-Encoding", "%q", v)
			t.check(!t.answer.lists("Connection", "Upgrade"), "no Connection: Upgrade", "that")
		},
	},
	{
		Name: "headers/encodings", Checks: "Accept-Encoding names deflate", Source: "handshake.md §6",
		run: func(t *trial) {
			v := t.needs("Accept-Encoding")
			t.check(t.answer.lists("Accept-Encoding", "deflate"), "deflate", "%q", v)
		},
	},
}

// matches checks a header, if it is there, against a grammar.
func matches(t *trial, name string, form *regexp.Regexp, want string) {
	v := t.needs(name)
	t.check(form.MatchString(v), name+": "+want, "%q", v)
}

// validTry checks a list of hosts to try.
func validTry(t *trial, name, list string) {
	hosts, err := readHosts(list)
	t.check(err == nil, name+" with address:port items", "%q", list)
	t.check(len(hosts) <= maxTryHosts, "at most 20 hosts", "%d", len(hosts))
	for _, host := range hosts {
		t.check(host.Port() >= minPort, "ports from 1024 on", "%v", host)
		t.check(host != t.cfg.Addr, "hosts other than itself", "%v", host)
		t.check(host != t.links[0].listen, "hosts other than ourselves", "%v", host)
		t.check(host.Addr().IsValid() && !host.Addr().IsUnspecified() && !host.Addr().IsMulticast(), "addresses of hosts", "%v", host)
	}
}
