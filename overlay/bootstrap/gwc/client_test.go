package gwc

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	epoch = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	web   = netip.MustParseAddr("198.51.100.80")
	good  = Answer{Hosts: []Host{{Addr: netip.MustParseAddrPort("203.0.113.9:7000")}}}
)

func newClient(caches ...string) *Client {
	return NewClient(Config{Caches: caches, Vendor: "TEST", Agent: "1.0 b"}, rand.New(rand.NewPCG(1, 1)))
}

// wants demands the next request.
func wants(t *testing.T, c *Client, now time.Time, url string) Request {
	t.Helper()
	r, ok := c.Next(now)
	if !ok || r.URL != url {
		t.Fatalf("asks %q, %v; want %q", r.URL, ok, url)
	}
	return r
}

func over(t *testing.T, c *Client, now time.Time) {
	t.Helper()
	if r, ok := c.Next(now); ok {
		t.Fatalf("asks %q; want none", r.URL)
	}
}

const ours = "&client=TEST&version=1.0+b"

func TestStyles(t *testing.T) {
	c := newClient("HTTP://Cache.Example:80/gwc.php?x=1")
	c.Begin()
	r := wants(t, c, epoch, "http://cache.example/gwc.php?x=1&get=1&net=gnutella"+ours)
	c.Answered(r, ParseAnswer([]byte("ERROR: no such request")), web)
	r = wants(t, c, epoch, "http://cache.example/gwc.php?x=1&hostfile=1"+ours)
	c.Answered(r, good, web)
	over(t, c, epoch)
	c.Begin()
	over(t, c, epoch.Add(askPause-1))
	r = wants(t, c, epoch.Add(askPause), "http://cache.example/gwc.php?x=1&hostfile=1"+ours)
	c.Answered(r, Answer{Error: "ERROR"}, web)
	over(t, c, epoch.Add(askPause)) // it is known which style it speaks
}

func TestRound(t *testing.T) {
	c := newClient("http://a.example/", "http://b.example/", "http://c.example/", "http://d.example/")
	c.Begin()
	asked := map[string]bool{}
	for range perRound {
		r, ok := c.Next(epoch)
		if !ok || asked[r.Cache] {
			t.Fatalf("asks %q, %v", r.Cache, ok)
		}
		asked[r.Cache] = true
		c.Failed(r, false)
	}
	over(t, c, epoch)
	c.Begin()
	r, ok := c.Next(epoch.Add(time.Minute))
	if !ok || asked[r.Cache] {
		t.Fatalf("asks %q again", r.Cache)
	}
	c.Answered(r, good, web)
	over(t, c, epoch.Add(time.Minute)) // it told of hosts
}

func TestVisitsOfARun(t *testing.T) {
	c := newClient("http://a.example/")
	now := epoch
	for range perRun {
		c.Begin()
		r, ok := c.Next(now)
		if !ok {
			t.Fatal("asks too rarely")
		}
		c.Answered(r, good, web)
		now = now.Add(askPause)
	}
	c.Begin()
	over(t, c, now)
	again := newClient("http://a.example/")
	again.Begin()
	if _, ok := again.Next(epoch.Add(-24 * time.Hour)); !ok {
		t.Error("a clock that went back keeps it from asking")
	}
}

func TestDeadCaches(t *testing.T) {
	for name, test := range map[string]struct {
		fail func(c *Client, r Request)
		lets int // rounds in which it is asked
	}{
		"a page":      {func(c *Client, r Request) { c.Answered(r, ParseAnswer([]byte("\n<!DOCTYPE html>")), web) }, 1},
		"404":         {func(c *Client, r Request) { c.Failed(r, true) }, 1},
		"no answer":   {func(c *Client, r Request) { c.Failed(r, false) }, maxFailures},
		"no use":      {func(c *Client, r Request) { c.Answered(r, Answer{}, web) }, maxFailures},
		"answers yet": {func(c *Client, r Request) { c.Answered(r, good, web) }, perRun},
	} {
		for _, pinned := range []bool{true, false} {
			c := newClient()
			c.list = append(c.list, &cache{url: "http://a.example/", pinned: pinned})
			rounds := 0
			for i := range perRun + 2 {
				c.Begin()
				asked := false
				for r, ok := c.Next(epoch.Add(time.Duration(i) * askPause)); ok; r, ok = c.Next(epoch.Add(time.Duration(i) * askPause)) {
					asked = true
					test.fail(c, r)
				}
				if asked {
					rounds++
				}
			}
			if forgotten := c.Len() == 0; rounds != test.lets || forgotten != (!pinned && test.lets < perRun) {
				t.Errorf("%s, of the settings %v: asked in %d rounds, want %d; forgotten %v", name, pinned, rounds, test.lets, forgotten)
			}
		}
	}
}

func TestLearns(t *testing.T) {
	c := newClient("http://a.example/")
	c.Begin()
	r, _ := c.Next(epoch)
	a := good
	a.URLs = []string{"http://b.example/", "http://a.example/", "http://c.example/"}
	if n := c.Answered(r, a, web); n != 2 || c.Len() != 3 {
		t.Errorf("%d more, %d known", n, c.Len())
	}
	c.Begin()
	if r, _ := c.Next(epoch); r.Teller != web {
		t.Errorf("told by %v", r.Teller)
	}
	for i := range maxCaches + 1 {
		a.URLs = []string{fmt.Sprintf("http://x%d.example/", i)}
		c.Answered(r, a, web)
	}
	if c.Len() != maxCaches {
		t.Errorf("%d caches known", c.Len())
	}
	if c.find("http://c.example/") == nil == (c.find("http://b.example/") == nil) {
		t.Error("the one that was asked in vain should have made room, and no other")
	}
}

func TestUpdate(t *testing.T) {
	c := newClient("http://a.example/", "http://b.example/x?y")
	self := netip.MustParseAddrPort("203.0.113.5:7000")
	now := epoch.Add(2 * askPause)
	if _, ok := c.Update(now, 2*updateAfter, self); ok {
		t.Error("updates a cache that never answered")
	}
	c.list[0].answered, c.list[0].old = true, true
	for _, test := range []struct {
		uptime time.Duration
		self   netip.AddrPort
		want   bool
	}{{updateAfter - 1, self, false}, {updateAfter, netip.AddrPort{}, false}, {updateAfter, self, true}, {updateAfter, self, false}} {
		r, ok := c.Update(now, test.uptime, test.self)
		if ok != test.want || ok && (!r.Update || r.URL != "http://a.example/?ip=203.0.113.5%3A7000"+ours) {
			t.Errorf("up for %v at %v: %q, %v", test.uptime, test.self, r.URL, ok)
		}
	}
	c.list[1].answered, c.list[0].visits = true, perRun
	r, ok := c.Update(now.Add(updatePause), 3*updateAfter, self)
	if !ok || r.URL != "http://b.example/x?y&update=1&net=gnutella&ip=203.0.113.5%3A7000&url=http%3A%2F%2Fa.example%2F"+ours {
		t.Errorf("updates %q, %v", r.URL, ok)
	}
	c.Begin()
	over(t, c, now.Add(updatePause)) // a visit is a visit
}

func TestSnapshot(t *testing.T) {
	c := newClient("http://a.example/", "http://b.example/")
	c.list[0].asked = epoch
	c.list = append(c.list, &cache{url: "http://c.example/", teller: web, asked: epoch, answered: true}, &cache{url: "http://d.example/", teller: web, asked: epoch})
	again := newClient("http://a.example/", "http://b.example/")
	if n := again.Restore(epoch.Add(time.Minute), c.Snapshot()); n != 1 || again.Len() != 3 || again.list[2].teller != web {
		t.Errorf("%d caches of %q", n, c.Snapshot())
	}
	again.Begin()
	r := wants(t, again, epoch.Add(time.Minute), "http://b.example/?get=1&net=gnutella"+ours)
	again.Failed(r, false)
	over(t, again, epoch.Add(time.Minute))
	future := newClient("http://a.example/")
	future.Restore(epoch.Add(-time.Hour), c.Snapshot())
	if !future.list[0].asked.IsZero() {
		t.Error("a visit in the future")
	}
	for _, damaged := range []string{"", "x", "http://z.example/ 1", "http://z.example/ x -", "ftp://z.example/ 1 -", "http://z.example/ 1 -"} {
		if n := newClient().Restore(epoch, []byte(damaged)); n != 0 {
			t.Errorf("%q: %d caches", damaged, n)
		}
	}
}

func TestNormal(t *testing.T) {
	for text, want := range map[string]string{
		"http://A.example": "http://a.example/", "HTTP://a.example:80/X?Y#z": "http://a.example/X?Y", "http://a.example:8080/": "http://a.example:8080/",
		"http://[2001:db8::1]/x": "http://[2001:db8::1]/x", "http://a.example/?": "http://a.example/",
		"https://a.example/": "", "ftp://a.example/": "", "http:///x": "", "http://u:p@a.example/": "", "//a.example/": "", "a.example": "", "": "",
		"http://a.example/ x": "", "http://a.example/\x00": "", "http://é.example/": "", "http:a.example": "",
	} {
		if got, ok := Normal(text); got != want && ok || ok != (want != "") {
			t.Errorf("%q is %q, %v; want %q", text, got, ok, want)
		}
	}
	for n := maxURL - 1; n <= maxURL+1; n++ {
		if _, ok := Normal("http://a.example/" + strings.Repeat("x", n-17)); ok != (n <= maxURL) {
			t.Errorf("a URL of %d bytes: %v", n, ok)
		}
	}
}

func TestParseAnswer(t *testing.T) {
	for _, test := range []struct{ body, want string }{
		{"I|pong|Cache 1.0|gnutella-gnutella2\r\nH|192.0.2.7:6346|30\rU|http://a.example/g.php|120\nI|update|OK\n",
			"[{192.0.2.7:6346 30s}] [http://a.example/g.php] Cache 1.0 true | "},
		{"192.0.2.7:6346\n\n192.0.2.8:6347\nnobody\nhttp://b.example/\nHTTP://c.example", "[{192.0.2.7:6346 0s} {192.0.2.8:6347 0s}] [http://b.example/ http://c.example/]  false | "},
		{"ERROR: too many\n", "[] []  false |ERROR: too many "},
		{"OK\nWARNING: come later", "[] []  true WARNING: come later| "},
		{"OKWARNING: twice", "[] []  true  twice| "},
		{"PONG\n", "[] [] GWebCache false | "},
		{"PONG Bee 2\n", "[] [] Bee 2 false | "},
		{"I|update|OK|WARNING|x\n", "[] []  true WARNING x| "},
		{"I|update|WARNING|no\n", "[] []  false WARNING no| "},
		{"I|WARNING|too often\nI|\nI\n|", "[] []  false WARNING too often| "},
		{"H|[2001:db8::1]:7|x|cluster\nH|\nH\nU|\nH|1.2.3.4|5", "[{[2001:db8::1]:7 0s}] []  false | "},
		{"\n <html>", "[] []  false | html"},
		{"192.0.2.7:6346\n<a>", "[] []  false | html"},
		{"", "[] []  false | "},
	} {
		a := ParseAnswer([]byte(test.body))
		html := ""
		if a.HTML {
			html = "html"
		}
		if got := fmt.Sprintf("%v %v %s %v %s|%s %s", a.Hosts, a.URLs, a.Name, a.Updated, a.Warning, a.Error, html); got != test.want {
			t.Errorf("%q is read as\n%q, want\n%q", test.body, got, test.want)
		}
	}
}

func TestParseAnswerAtItsCaps(t *testing.T) {
	count := func(n int, line func(i int) string) (Answer, int) {
		var b strings.Builder
		for i := range n {
			b.WriteString(line(i) + "\n")
		}
		return ParseAnswer([]byte(b.String())), n
	}
	for _, n := range []int{maxHosts - 1, maxHosts, maxHosts + 1} {
		if a, n := count(n, func(i int) string { return fmt.Sprintf("203.0.113.9:%d", 1+i) }); len(a.Hosts) != min(n, maxHosts) {
			t.Errorf("%d of %d hosts", len(a.Hosts), n)
		}
	}
	for _, n := range []int{maxURLs - 1, maxURLs, maxURLs + 1} {
		if a, n := count(n, func(i int) string { return fmt.Sprintf("U|http://x%d.example/|1", i) }); len(a.URLs) != min(n, maxURLs) {
			t.Errorf("%d of %d caches", len(a.URLs), n)
		}
	}
	for _, n := range []int{maxLines - 1, maxLines, maxLines + 1} {
		a, _ := count(n, func(i int) string {
			if i == n-1 {
				return "203.0.113.9:7000"
			}
			return "x"
		})
		if (len(a.Hosts) == 1) != (n <= maxLines) {
			t.Errorf("%d lines: %v", n, a.Hosts)
		}
	}
	for _, n := range []int{maxLine - 1, maxLine, maxLine + 1} {
		if a := ParseAnswer([]byte("I|pong|" + strings.Repeat("x", n-7))); (a.Name != "") != (n <= maxLine) || len(a.Name) > maxText {
			t.Errorf("a line of %d bytes: %q", n, a.Name)
		}
	}
	body := slices.Concat([]byte(strings.Repeat("\n", MaxBody-16)), []byte("203.0.113.9:7000"))
	if a := ParseAnswer(body); len(a.Hosts) != 1 {
		t.Error("a body of the longest kind is not read")
	}
	if a := ParseAnswer(append([]byte("\n"), body...)); len(a.Hosts) != 1 || a.Hosts[0].Addr.Port() != 700 {
		t.Errorf("read beyond the longest: %v", a.Hosts)
	}
}

// FuzzParseAnswer feeds anything: what is taken keeps the caps, and URLs are in
// the form in which they are read again.
func FuzzParseAnswer(f *testing.F) {
	f.Add([]byte("I|pong|Cache 1.0|gnutella\r\nH|192.0.2.7:6346|30\rU|http://a.example/g.php|120\nI|update|OK\n"))
	f.Add([]byte("OK\n192.0.2.7:6346\nhttp://b.example\nWARNING: x\nERROR\nPONG 1"))
	f.Add([]byte("<html>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		a := ParseAnswer(body)
		if len(a.Hosts) > maxHosts || len(a.URLs) > maxURLs || max(len(a.Name), len(a.Warning), len(a.Error)) > maxText+len("WARNING ") {
			t.Fatalf("beyond the caps: %+v", a)
		}
		for _, h := range a.Hosts {
			if !h.Addr.IsValid() || h.Addr.Addr().Is4In6() || h.Age < 0 {
				t.Fatalf("host %v", h)
			}
		}
		for _, u := range a.URLs {
			if again, ok := Normal(u); !ok || again != u {
				t.Fatalf("the URL %q is %q", u, again)
			}
		}
	})
}
