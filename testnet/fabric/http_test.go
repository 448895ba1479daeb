package fabric

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"testing/cryptotest"
	"time"
)

// TestHTTP has net/http talk over the fabric in virtual time, with TLS and without.
func TestHTTP(t *testing.T) {
	for name, secure := range map[string]bool{"plain": false, "TLS": true} {
		t.Run(name, func(t *testing.T) {
			first, second := talkHTTP(t, secure), talkHTTP(t, secure)
			if first.Hash() != second.Hash() {
				t.Errorf("hash %x of %d events, then %x of %d", first.Hash(), first.Total(), second.Hash(), second.Total())
			}
		})
	}
}

func talkHTTP(t *testing.T, secure bool) (trace *Trace) {
	t.Helper()
	cryptotest.SetGlobalRandom(t, 1)
	inBubble(t, Config{Bandwidth: Rate(1 << 20)}, func(t *pair) {
		srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			w.Header().Set("X-Got", strconv.Itoa(len(body)))
			io.Copy(w, bytes.NewReader(make([]byte, 3<<20)))
		}))
		srv.Listener.Close()
		srv.Listener = mustListen(t.T, t.bob, "10.0.0.2:80")
		client := &http.Transport{DialContext: t.alice.DialContext}
		if secure {
			srv.StartTLS()
			roots := x509.NewCertPool()
			roots.AddCert(srv.Certificate())
			client.TLSClientConfig = &tls.Config{RootCAs: roots, ServerName: "example.com"}
		} else {
			srv.Start()
		}
		t.start = time.Now()
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				req, err := http.NewRequestWithContext(t.Context(), "POST", srv.URL, bytes.NewReader(make([]byte, 1<<20)))
				if err != nil {
					t.Error(err)
					return
				}
				res, err := (&http.Client{Transport: client, Timeout: time.Minute}).Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				defer res.Body.Close()
				n, err := io.Copy(io.Discard, res.Body)
				if n != 3<<20 || err != nil || res.Header.Get("X-Got") != "1048576" {
					t.Errorf("got %d bytes, %v, server got %q", n, err, res.Header.Get("X-Got"))
				}
			})
		}
		wg.Wait()
		if took := time.Since(t.start); took < 16*time.Second || took > 20*time.Second {
			t.Errorf("16 MiB at 1 MiB/s took %v", took)
		}
		client.CloseIdleConnections()
		srv.Close()
		trace = t.net.Trace()
	})
	return trace
}

// TestHTTPClientTimesOut has a request end when the server's host dies.
func TestHTTPClientTimesOut(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		l := mustListen(t.T, t.bob, "10.0.0.2:80")
		srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })}
		var wg sync.WaitGroup
		wg.Go(func() { srv.Serve(l) })
		t.net.At(time.Now().Add(time.Second), Kill{Host: bob})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, "GET", "http://10.0.0.2/", nil)
		if err != nil {
			t.Fatal(err)
		}
		client := &http.Transport{DialContext: t.alice.DialContext}
		if _, err := client.RoundTrip(req); err == nil {
			t.Error("a dead server answered")
		}
		t.wantClock("timeout", time.Minute)
		srv.Close()
		wg.Wait()
	})
}
