package handshake

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"filbert/overlay/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var ourGUID = wire.GUID{0: 1, 8: 0xff}

var ourOffer = Offer{
	Agent:  "filbert/test",
	GUID:   ourGUID,
	Listen: netip.MustParseAddrPort("192.0.2.17:16346"),
	Degree: 32,
	MaxTTL: 4,
}

// judge is a Judge that gives one verdict and keeps whom it saw.
type judge struct {
	verdict Verdict
	saw     *Peer
}

func (j *judge) Judge(_ context.Context, p *Peer) Verdict {
	j.saw = p
	return j.verdict
}

// peer plays the other side of a handshake line by line.
type peer struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

func (p *peer) send(lines ...string) {
	p.t.Helper()
	if _, err := io.WriteString(p.conn, strings.Join(lines, "\r\n")+"\r\n"); err != nil {
		p.t.Errorf("peer: send %q: %v", lines[0], err)
	}
}

// block reads a first line and its headers.
func (p *peer) block() (string, Headers) {
	p.t.Helper()
	line, err := readLine(p.r, maxFirstLine)
	if err != nil {
		p.t.Fatalf("peer: read first line: %v", err)
	}
	h, err := readHeaders(p.r)
	if err != nil {
		p.t.Fatalf("peer: read headers after %q: %v", line, err)
	}
	return line, h
}

// want reads a block whose first line must be as given.
func (p *peer) want(line string) Headers {
	p.t.Helper()
	got, h := p.block()
	if got != line {
		p.t.Fatalf("peer: got %q, want %q", got, line)
	}
	return h
}

// accept runs our side as acceptor against what play does as initiator.
func accept(t *testing.T, j *judge, play func(p *peer)) (*Established, error) {
	t.Helper()
	return meet(t, play, func(ctx context.Context, s Session) (*Established, error) {
		s.Conn.SetDeadline(s.Deadline) // as the listener does
		line, err := readLine(s.Reader, maxFirstLine)
		if err != nil {
			return nil, err
		}
		return Accept(ctx, s, line, ourOffer, j)
	})
}

// initiate runs our side as initiator.
func initiate(t *testing.T, j *judge, play func(p *peer)) (*Established, error) {
	t.Helper()
	return meet(t, play, func(ctx context.Context, s Session) (*Established, error) { return Initiate(ctx, s, ourOffer, j) })
}

// meet connects our side and the played one in a bubble and waits for both.
func meet(t *testing.T, play func(*peer), ours func(context.Context, Session) (*Established, error)) (e *Established, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		done := make(chan struct{})
		go func() {
			defer close(done)
			e, err = ours(t.Context(), Session{Conn: a, Reader: bufio.NewReader(a), Deadline: time.Now().Add(Timeout)})
			if err != nil {
				a.Close()
			}
		}()
		play(&peer{t, b, bufio.NewReader(b)})
		<-done
		a.Close()
		b.Close()
	})
	return e, err
}

var helloLines = []string{"GNUTELLA CONNECT/0.6", "User-Agent: Node/2.0", "X-Ultrapeer: True", ""}

func TestAcceptUltrapeer(t *testing.T) {
	j := &judge{verdict: Accepted()}
	e, err := accept(t, j, func(p *peer) {
		p.send("GNUTELLA CONNECT/0.6", "User-Agent: Node/2.0", "Listen-IP: 198.51.100.7:7000", "X-Ultrapeer: true",
			"x-degree: 20", "X-Max-TTL: 3", "GUID: c1c2c3c4c5c6c7c8ffcacbcccdcecf00", "X-Features: tls/1.0, HSEP/0.2", "")
		h := p.want("GNUTELLA/0.6 200 OK")
		for name, want := range map[string]string{
			"User-Agent": "filbert/test", "X-Ultrapeer": "True", "X-Degree": "32", "X-Max-TTL": "4",
			"Listen-IP": "192.0.2.17:16346", "GUID": ourGUID.String(), "Bye-Packet": "0.1", "Pong-Caching": "0.1", "GGEP": "0.5",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("our answer says %s: %q, want %q", name, got, want)
			}
		}
		p.send("GNUTELLA/0.6 200 OK", "", "first message bytes")
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := string(e.Rest); got != "first message bytes\r\n" {
		t.Errorf("the bytes after the handshake are %q", got)
	}
	want := Peer{
		Agent: "Node/2.0", Role: RoleUltrapeer, Degree: 20, MaxTTL: 3, Requeries: true,
		Listen: netip.MustParseAddrPort("198.51.100.7:7000"),
	}
	got := *e.Peer
	if got.Agent != want.Agent || got.Role != want.Role || got.Degree != want.Degree || got.MaxTTL != want.MaxTTL ||
		got.Listen != want.Listen || got.Requeries != want.Requeries || got.GUID.String() != "c1c2c3c4c5c6c7c8ffcacbcccdcecf00" ||
		got.Features["hsep"] != (Version{0, 2}) {
		t.Errorf("the peer is taken for %+v, want %+v", got, want)
	}
}

func TestAcceptRefuses(t *testing.T) {
	full := Verdict{Code: Full, Text: "No leaf slots", Try: []netip.AddrPort{
		netip.MustParseAddrPort("203.0.113.9:6346"), netip.MustParseAddrPort("[2001:db8::5]:6347")}}
	for _, test := range []struct {
		name    string
		verdict Verdict
		hello   []string
		status  string // "" = closed without a word
		try     string
	}{
		{"when the judge says so, naming others", full, helloLines, "GNUTELLA/0.6 503 No leaf slots", "203.0.113.9:6346, [2001:db8::5]:6347"},
		{"duplicates", Refused(Conflict, "Already connected"), helloLines, "GNUTELLA/0.6 409 Already connected", ""},
		{"who wants no Gnutella packets", Accepted(), []string{helloLines[0], "Accept: text/html", ""}, "GNUTELLA/0.6 406 Only application/x-gnutella-packets is spoken", ""},
		{"who speaks 0.4", Accepted(), []string{"GNUTELLA CONNECT/0.4", "", ""}, "", ""},
		{"who does not wait for its turn", Accepted(), append(helloLines[:len(helloLines):len(helloLines)], "too early"), "", ""},
		{"a block that begins with a continuation", Accepted(), []string{helloLines[0], " X: 1", ""}, "", ""},
		{"a line that is no header", Accepted(), []string{helloLines[0], "no colon", ""}, "", ""},
		{"too many lines", Accepted(), append([]string{helloLines[0]}, strings.Split(strings.Repeat("X: 1\n", maxLines+1), "\n")...), "GNUTELLA/0.6 413 Header block too large", ""},
		{"too many bytes", Accepted(), []string{helloLines[0], "X: " + strings.Repeat("x", maxBlock), ""}, "GNUTELLA/0.6 413 Header block too large", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := accept(t, &judge{verdict: test.verdict}, func(p *peer) {
				go io.WriteString(p.conn, strings.Join(test.hello, "\r\n")+"\r\n") // may be cut short
				if test.status == "" {
					if line, err := readLine(p.r, maxFirstLine); err == nil {
						t.Errorf("got %q, want the connection closed", line)
					}
					return
				}
				if try := p.want(test.status); try.Get("X-Try-Ultrapeers") != test.try {
					t.Errorf("told to try %q, want %q", try.Get("X-Try-Ultrapeers"), test.try)
				}
			})
			if err == nil {
				t.Error("the peer was let in")
			}
			var turned *TurnedAwayError
			if errors.As(err, &turned) != (test.status != "") {
				t.Errorf("error %v (%T) does not tell who ended it", err, err)
			}
		})
	}
}

func TestAcceptIsRefused(t *testing.T) {
	_, err := accept(t, &judge{verdict: Accepted()}, func(p *peer) {
		p.send(helloLines...)
		p.want("GNUTELLA/0.6 200 OK")
		p.send("GNUTELLA/0.6 403 Not becoming a leaf node", "User-Agent: Node/2.0", "")
	})
	var refused *RefusedError
	if !errors.As(err, &refused) || refused.Code != 403 || refused.Text != "Not becoming a leaf node" || refused.Agent != "Node/2.0" {
		t.Errorf("error %v, want what the peer said", err)
	}
}

func TestInitiate(t *testing.T) {
	j := &judge{verdict: Accepted()}
	e, err := initiate(t, j, func(p *peer) {
		if h := p.want("GNUTELLA CONNECT/0.6"); h.Get("X-Ultrapeer") != "True" || h.Len() > 25 {
			t.Errorf("our offer: X-Ultrapeer %q in %d headers", h.Get("X-Ultrapeer"), h.Len())
		}
		p.send("GNUTELLA/0.6 200 OK", "X-Ultrapeer: True", "X-Ultrapeer-Needed: False", "Remote-IP: 192.0.2.17", "")
		p.want("GNUTELLA/0.6 200 OK")
	})
	if err != nil {
		t.Fatal(err)
	}
	if e.Peer.Guidance != GuidanceLeaf || e.Peer.RemoteIP != netip.MustParseAddr("192.0.2.17") || j.saw != e.Peer {
		t.Errorf("the peer is taken for %+v", e.Peer)
	}
}

func TestInitiateEnds(t *testing.T) {
	for _, test := range []struct {
		name    string
		verdict Verdict
		answer  []string
		after   string // what we send then, "" = nothing
		code    Status // of the RefusedError, 0 = another error
		try     int
	}{
		{"refused with others to try", Accepted(), []string{"GNUTELLA/0.6 503 Too many", "X-Try-Ultrapeers: 203.0.113.9:6346, [2001:db8::5]:6347, 192.0.2.200, 203.0.113.7:80", "X-Try: 203.0.113.44:7000 extra words", ""}, "", 503, 4},
		{"a shielded leaf", Accepted(), []string{"GNUTELLA/0.6 204 Shielded leaf node (4 peers max)", ""}, "", 204, 0},
		{"we want it not", Refused(Conflict, "Already connected"), []string{"GNUTELLA/0.6 200 OK", "X-Ultrapeer: True", ""}, "GNUTELLA/0.6 409 Already connected", 0, 0},
		{"an answer of 0.4", Accepted(), []string{"GNUTELLA OK", ""}, "", 0, 0},
		{"no number", Accepted(), []string{"GNUTELLA/0.6 OK", ""}, "", 0, 0},
		{"data before its turn", Accepted(), []string{"GNUTELLA/0.6 200 OK", "X-Ultrapeer: True", "", "early"}, "", 0, 0},
		{"compresses unasked", Accepted(), []string{"GNUTELLA/0.6 200 OK", "Content-Encoding: deflate", ""}, "", 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := initiate(t, &judge{verdict: test.verdict}, func(p *peer) {
				p.want("GNUTELLA CONNECT/0.6")
				p.send(test.answer...)
				if test.after != "" {
					p.want(test.after)
				} else if line, err := readLine(p.r, maxFirstLine); err == nil {
					t.Errorf("we answered %q", line)
				}
			})
			if err == nil {
				t.Fatal("the handshake succeeded")
			}
			var refused *RefusedError
			if errors.As(err, &refused) != (test.code != 0) {
				t.Fatalf("error %v (%T)", err, err)
			}
			if test.code != 0 && (refused.Code != test.code || len(refused.Try) != test.try) {
				t.Errorf("refused with %d and %d hosts %v, want %d and %d", refused.Code, len(refused.Try), refused.Try, test.code, test.try)
			}
		})
	}
}

// TestDeadline plays peers that never come to an end: the handshake does.
func TestDeadline(t *testing.T) {
	for name, play := range map[string]func(p *peer){
		"silence": func(*peer) {},
		"dribble": func(p *peer) {
			p.send(helloLines[:1]...)
			for range 100 {
				time.Sleep(time.Second)
				if _, err := io.WriteString(p.conn, "X: 1\r\n"); err != nil {
					return
				}
			}
		},
		"no confirmation": func(p *peer) {
			p.send(helloLines...)
			p.block()
		},
	} {
		t.Run(name, func(t *testing.T) {
			var took time.Duration
			_, err := accept(t, &judge{verdict: Accepted()}, func(p *peer) {
				began := time.Now()
				play(p)
				io.Copy(io.Discard, p.conn)
				took = time.Since(began)
			})
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("ended with %v, want the deadline", err)
			}
			if took < Timeout-time.Second || took > Timeout+time.Second {
				t.Errorf("ended after %v, want %v", took, Timeout)
			}
		})
	}
}

func TestContextEndsHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		defer a.Close()
		defer b.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		s := Session{Conn: a, Reader: bufio.NewReader(a), Deadline: time.Now().Add(Timeout)}
		began := time.Now()
		if _, err := Initiate(ctx, s, ourOffer, &judge{}); err == nil || time.Since(began) != time.Second {
			t.Errorf("ended with %v after %v", err, time.Since(began))
		}
	})
}
