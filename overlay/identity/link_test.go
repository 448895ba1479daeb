package identity

import (
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// link is the configuration of a peer on a link.
func (id *Identity) link(t *testing.T) *tls.Config {
	t.Helper()
	c, err := id.LinkTLS()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// shakes lets two sides shake hands, and returns what each came to, and what it thinks the
// other is. Each closes when it fails.
func shakes(client, server *tls.Config) (ids [2]PeerID, errs [2]error) {
	here, there := net.Pipe()
	var work sync.WaitGroup
	for i, side := range []*tls.Conn{tls.Client(here, client), tls.Server(there, server)} {
		work.Go(func() {
			defer side.Close()
			side.SetDeadline(time.Now().Add(10 * time.Second))
			if errs[i] = side.Handshake(); errs[i] == nil {
				// The client hears only now what the server thinks of its certificate.
				if i == 0 {
					_, errs[i] = io.ReadFull(side, make([]byte, 2))
				} else {
					_, errs[i] = side.Write([]byte("ok"))
				}
			}
			if errs[i] == nil {
				ids[i], errs[i] = Proven(side)
			}
		})
	}
	work.Wait()
	return ids, errs
}

// TestLinkTLS: both ends learn who the other is, or nobody is linked and the reason is said.
func TestLinkTLS(t *testing.T) { synctest.Test(t, linkTLS) }

func linkTLS(t *testing.T) {
	anna, boris := newIdentity(t, 1), newIdentity(t, 2)
	change := func(id *Identity, change func(c *tls.Config)) *tls.Config {
		c := id.link(t)
		change(c)
		return c
	}
	old, err := boris.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	// dated is a certificate of boris's key, good for other times.
	dated := func(from, to time.Time) tls.Certificate {
		template := boris.template()
		template.NotBefore, template.NotAfter = from, to
		der, err := x509.CreateCertificate(nil, template, template, boris.key.Public(), boris.key)
		if err != nil {
			t.Fatal(err)
		}
		return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: boris.key}
	}
	relay, err := boris.ServeTLS()
	if err != nil {
		t.Fatal(err)
	}
	stolen := tls.Certificate{Certificate: boris.link(t).Certificates[0].Certificate, PrivateKey: ed25519.PrivateKey(newIdentity(t, 3).key)}
	day := 24 * time.Hour
	for _, test := range []struct {
		name  string
		boris *tls.Config
		want  string // of anna's error, "" for none
	}{
		{"boris", boris.link(t), ""},
		{"no certificate", change(boris, func(c *tls.Config) { c.Certificates = nil }), "certificate"},
		{"his other certificate", change(boris, func(c *tls.Config) { c.Certificates = []tls.Certificate{old} }), "not of an Ed25519 key"},
		{"one of yesterday", change(boris, func(c *tls.Config) {
			c.Certificates = []tls.Certificate{dated(time.Now().Add(-2*day), time.Now().Add(-day))}
		}), "good from"},
		{"one of tomorrow", change(boris, func(c *tls.Config) {
			c.Certificates = []tls.Certificate{dated(time.Now().Add(day), time.Now().Add(2*day))}
		}), "good from"},
		{"TLS 1.2", change(boris, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS12, tls.VersionTLS12 }), "version"},
		{"TLS for another purpose", change(boris, func(c *tls.Config) { c.NextProtos = []string{"h2"} }), "protocol"},
		{"TLS as of relays", relay, ""}, // set below, it differs by side
		{"a stolen certificate", change(boris, func(c *tls.Config) { c.Certificates = []tls.Certificate{stolen} }), "signature"},
	} {
		for _, asks := range []bool{false, true} {
			client, server, her := test.boris, anna.link(t), 1
			if asks {
				client, server, her = anna.link(t), test.boris, 0
			}
			want := test.want
			if test.boris == relay {
				client = &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13}
				if want = "certificate"; asks {
					client, want = anna.link(t), "another purpose"
				}
			}
			ids, errs := shakes(client, server)
			if test.name == "no certificate" && asks {
				want = "remote error" // a server has to have one
			}
			if want == "" {
				if errs != [2]error{} || ids[her] != boris.PeerID() || ids[1-her] != anna.PeerID() {
					t.Errorf("%s, she asks %t: %v, %v", test.name, asks, ids, errs)
				}
				continue
			}
			if errs[her] == nil || errs[1-her] == nil || !strings.Contains(errs[her].Error(), want) {
				t.Errorf("%s, she asks %t: her error %v, want %q; his %v", test.name, asks, errs[her], want, errs[1-her])
			}
		}
	}
	if _, err := Proven(nil); !errors.Is(err, ErrNoProof) {
		t.Errorf("no connection: %v", err)
	}
}

// tape is a connection that keeps what was written.
type tape struct {
	net.Conn
	mu   sync.Mutex
	said []byte
}

func (c *tape) Write(b []byte) (int, error) {
	c.mu.Lock()
	c.said = append(c.said, b...)
	c.mu.Unlock()
	return c.Conn.Write(b)
}

// TestReplay: what a peer said in one handshake proves nothing in another.
func TestReplay(t *testing.T) { synctest.Test(t, replay) }

func replay(t *testing.T) {
	anna, boris := newIdentity(t, 1), newIdentity(t, 2)
	here, there := net.Pipe()
	kept := &tape{Conn: here}
	done := make(chan error, 1)
	go func() {
		side := tls.Server(there, anna.link(t))
		_, err := io.ReadFull(side, make([]byte, 2))
		done <- err
	}()
	side := tls.Client(kept, boris.link(t))
	if _, err := side.Write([]byte("ok")); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	here.Close()
	there.Close()

	here, there = net.Pipe()
	go io.Copy(io.Discard, here)
	go func() {
		here.Write(kept.said)
		here.Close()
	}()
	again := tls.Server(there, anna.link(t))
	err := again.Handshake()
	there.Close()
	if err == nil || again.ConnectionState().PeerCertificates != nil {
		t.Errorf("what boris said once proved him again: %v", err)
	}
}

// TestLinkTLSTo: who means one peer tells nobody else who it is.
func TestLinkTLSTo(t *testing.T) { synctest.Test(t, linkTLSTo) }

func linkTLSTo(t *testing.T) {
	anna, boris, clara := newIdentity(t, 1), newIdentity(t, 2), newIdentity(t, 3)
	for _, test := range []struct {
		means, there *Identity
		want         error
	}{{anna, anna, nil}, {anna, clara, ErrWrongPeer}} {
		client, err := boris.LinkTLSTo(test.means.PeerID())
		if err != nil {
			t.Fatal(err)
		}
		var seen int // certificates that came
		server := test.there.link(t)
		server.VerifyConnection = func(s tls.ConnectionState) error { seen = len(s.PeerCertificates); return nil }
		ids, errs := shakes(client, server)
		if !errors.Is(errs[0], test.want) || (seen == 0) != (test.want != nil) {
			t.Errorf("%v, %v: boris showed %d certificates", ids, errs, seen)
		}
	}
}
