package upload

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"filbert/transfer"
	"filbert/transfer/library"
	"filbert/transfer/queue"
	"filbert/transfer/ranges"
)

// large is the size of a file that no socket buffers take in, in bytes.
const large = 24 << 20

// shareLarge is share with a further file of zeros.
func shareLarge(t testing.TB, cfg Config) (s *servent, target string) {
	t.Helper()
	s = share(t, nil, cfg)
	path := filepath.Join(s.dir, "large.bin")
	if err := errors.Join(os.WriteFile(path, nil, 0o644), os.Truncate(path, large), os.Chtimes(path, time.Time{}, time.Now().Add(-time.Hour))); err != nil {
		t.Fatal(err)
	}
	if err := s.lib.Rescan(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.await(func() bool { return s.lib.Len() == 1 })
	return s, pathN2R + "?" + s.lib.Entries()[0].SHA1.URN()
}

// begin asks for a file and reads the head of the answer and some bytes.
func (p *peer) begin(target string, lines ...string) *http.Response {
	p.t.Helper()
	p.get(target, lines...)
	res, err := http.ReadResponse(p.r, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := io.ReadFull(res.Body, make([]byte, 1000)); err != nil {
		p.t.Fatal(err)
	}
	return res
}

func TestSlots(t *testing.T) {
	s, target := shareLarge(t, Config{Slots: 3})
	host := netip.MustParseAddr("203.0.113.7")
	first, second := s.dialFrom(host), s.dialFrom(host)
	first.begin(target, "User-Agent: evil\u202e"+strings.Repeat("x", 500), "Range: bytes=100-")
	second.begin(target)

	// HEAD, and what needs no slot, is answered all the same.
	other := s.dialFrom(host)
	other.send("HEAD "+target+" HTTP/1.1", "Host: x")
	if head, err := other.read(http.MethodHead); err != nil || head.StatusCode != http.StatusOK {
		t.Errorf("HEAD: %v, %v", head.Response, err)
	}
	other.get(target, "Range: bytes=99999999999-")
	other.want(http.StatusRequestedRangeNotSatisfiable)

	// Another host has the last slot, of which a peer of the first is told at once.
	s.dial().begin(target)
	if n := s.FreeSlots(); n != 0 {
		t.Errorf("%d slots are free", n)
	}

	for s.Uploads()[0].Sent == 0 {
		runtime.Gosched() // it counts by the piece
	}
	uploads := s.Uploads()
	if len(uploads) != 3 {
		t.Fatalf("%d uploads, want 3", len(uploads))
	}
	u := uploads[0]
	if u.Peer != netip.AddrPortFrom(host, 6346) || u.File != (transfer.File{Name: "large.bin", Size: large, SHA1: s.lib.Entries()[0].SHA1}) ||
		u.Range != (ranges.Range{Start: 100, End: large}) || u.Sent == 0 || u.Sent > u.Range.Len() || u.Rate <= 0 || time.Since(u.Since) > time.Minute {
		t.Errorf("upload %+v", u)
	}
	if !strings.HasPrefix(u.Agent, `evil\u202ex`) || len(u.Agent) > 2*maxAgent {
		t.Errorf("User-Agent %q", u.Agent)
	}

	// When one ends its slot is free.
	second.Close()
	for len(s.Uploads()) == 3 {
		runtime.Gosched() // the servent notices at its next write
	}
	s.dialFrom(host).begin(target)
}

func TestQuota(t *testing.T) {
	q := quota{max: 3, perHost: 2, full: RefusedSlots, hostFull: RefusedHostSlots}
	a, b, c := queue.HostOf(netip.MustParseAddr("203.0.113.1")), queue.HostOf(netip.MustParseAddr("203.0.113.2")), queue.HostOf(netip.MustParseAddr("203.0.113.3"))
	for i, step := range []struct {
		host netip.Prefix
		give bool
		want Reason
	}{
		{host: a}, {host: a}, {host: a, want: RefusedHostSlots}, {host: b}, {host: b, want: RefusedSlots}, {host: c, want: RefusedSlots},
		{host: a, give: true}, {host: c}, {host: a, want: RefusedSlots},
		{host: a, give: true}, {host: b, give: true}, {host: c, give: true},
	} {
		if step.give {
			q.give(step.host)
		} else if got := q.take(step.host); got != step.want {
			t.Errorf("step %d: %v, want %v", i, got, step.want)
		}
	}
	if q.used != 0 || len(q.hosts) != 0 {
		t.Errorf("all given back, but %d and %v are left", q.used, q.hosts)
	}
}

func TestConnectionCaps(t *testing.T) {
	s := share(t, map[string]string{"f": "abc"}, Config{})
	host := netip.MustParseAddr("203.0.113.7")
	var peers []*peer
	for range defaultConnsPerHost {
		p := s.dialFrom(host)
		p.get("/")
		p.want(http.StatusOK)
		peers = append(peers, p)
	}
	s.dialFrom(host).wantClosed()
	if refused := s.Stats().Refused[RefusedHostConns]; refused != 1 {
		t.Errorf("%d refused, want 1", refused)
	}
	p := s.dial() // another host is welcome
	p.get("/", "Connection: close")
	p.want(http.StatusOK)
	p.wantClosed()
	peers[0].get("/", "Connection: close")
	peers[0].want(http.StatusOK)
	peers[0].wantClosed()
	p = s.dialFrom(host) // and so is this one again
	p.get("/")
	p.want(http.StatusOK)
}

// brokenLibrary has files that cannot be opened.
type brokenLibrary struct{ *library.Library }

var errMedium = errors.New("medium error")

func (brokenLibrary) Open(*library.Entry) (library.File, error) { return nil, errMedium }

func TestUnreadableFile(t *testing.T) {
	s := share(t, map[string]string{"f": "abc"}, Config{})
	s.cfg.Library = brokenLibrary{s.lib}
	p := s.dial()
	p.get(n2r("abc"))
	p.want(http.StatusInternalServerError)
	p.get("/")
	p.want(http.StatusOK)
}

func TestShutdown(t *testing.T) {
	s, target := shareLarge(t, Config{})
	p := s.dial()
	res := p.begin(target)
	idle := s.dial()
	idle.get("/")
	idle.want(http.StatusOK)

	// What is being sent may be sent to its end.
	ended := make(chan error, 1)
	go func() { ended <- s.Shutdown(t.Context()) }()
	idle.wantClosed()
	if n, err := io.Copy(io.Discard, res.Body); n != large-1000 || err != nil {
		t.Errorf("%d more bytes came, %v", n, err)
	}
	if err := <-ended; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if _, err := net.Dial("tcp", s.addr); err == nil {
		t.Error("the servent still listens")
	}

	s, target = shareLarge(t, Config{})
	p = s.dial()
	res = p.begin(target)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown without time: %v", err)
	}
	if n, err := io.Copy(io.Discard, res.Body); err == nil {
		t.Errorf("%d more bytes came, all of them", n)
	}
}
