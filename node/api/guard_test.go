package api

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
)

const token = "0123456789abcdef0123456789abcdef"

// TestGuard is what a browser, or another user of the machine, may send to the
// TCP port (THREATS T27): nothing changes and nothing is told without both the
// token and a Host that is ours.
func TestGuard(t *testing.T) {
	var stopped atomic.Int32
	n := open(t, 1, nil)
	addr := serveTCP(t, n, token, func() { stopped.Add(1) })
	_, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		t.Fatal(err)
	}
	bearer := "Authorization: Bearer " + token
	hosts := map[string]bool{
		addr.String():                      true,
		"localhost:" + port:                true,
		"localhost":                        false, // another port
		"127.0.0.1:1":                      false,
		"127.0.0.2:" + port:                false,
		"[::1]:" + port:                    false,
		"evil.example:" + port:             false, // DNS rebinding
		"evil.example":                     false,
		"localhost.evil.example:" + port:   false,
		"127.0.0.1.evil.example:" + port:   false,
		"localhost:" + port + ".evil.test": false,
		"":                                 false,
	}
	headers := map[string]bool{
		bearer: true,
		bearer + "\r\nOrigin: http://evil.example": true, // who has the token has it from the user
		"":                              false,
		"Origin: http://evil.example":   false,
		"Authorization: Bearer":         false,
		"Authorization: Bearer ":        false,
		"Authorization: Basic " + token: false,
		"Authorization: " + token:       false,
		bearer[:len(bearer)-1]:          false,
		bearer + "0":                    false,
		"Cookie: token=" + token:        false,
		"X-Token: " + token:             false,
		"Referer: http://" + addr.String() + "/?token=" + token: false,
	}
	requests := []string{
		"GET /v1/status", "GET /v1/version", "GET /openapi.json", "GET /v1/search?words=blue&wait=1ms", "GET /", "OPTIONS /v1/stop",
		"POST /v1/stop", "POST /v1/shares/rescan", "GET /v1/stop", "GET /v1/status?token=" + token,
	}
	cases := 0
	for host, ours := range hosts {
		for header, known := range headers {
			for _, request := range requests {
				want := http.StatusForbidden
				switch {
				case ours && !known:
					want = http.StatusUnauthorized
				case ours && request == "POST /v1/stop": // it would end the test's node
					continue
				case ours:
					want = 0 // the server's own answer
				}
				cases++
				got := ask(t, addr, request, host, header)
				if host == "" && got == http.StatusBadRequest { // net/http refuses it first
					continue
				}
				if want != 0 && got != want || want == 0 && (got == http.StatusForbidden || got == http.StatusUnauthorized) {
					t.Errorf("%s, Host %q, %q: status %d, want %d", request, host, header, got, want)
				}
			}
		}
	}
	if stopped.Load() != 0 {
		t.Errorf("the node was told to stop")
	}
	t.Logf("%d cases", cases)

	// With the token, once, however often it is asked for.
	for range 2 {
		if got := ask(t, addr, "POST /v1/stop", addr.String(), bearer); got != http.StatusNoContent {
			t.Errorf("stop: status %d", got)
		}
	}
	if stopped.Load() != 1 {
		t.Errorf("told to stop %d times", stopped.Load())
	}
}

// ask sends one request as it stands and returns the status of the answer.
func ask(t *testing.T, addr net.Addr, request, host, header string) int {
	t.Helper()
	conn, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if header != "" {
		header += "\r\n"
	}
	fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: %s\r\n%sConnection: close\r\n\r\n", request, host, header)
	method, _, _ := strings.Cut(request, " ")
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%s, Host %q, %q: %v", request, host, header, err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// TestGuardElsewhere: on a listener that others can reach nobody is let in,
// whatever he brings.
func TestGuardElsewhere(t *testing.T) {
	for _, listen := range []string{"192.0.2.1:80", "0.0.0.0:80", "[::]:80", "@"} {
		if ourHost(listen, listen) || ourHost("localhost:80", listen) {
			t.Errorf("a listener at %s serves the control API", listen)
		}
	}
	if !ourHost("[::1]:80", "[::1]:80") {
		t.Error("not served at ::1")
	}
}

// TestTokenOverTCP: the client brings the token; without it it is told so.
func TestTokenOverTCP(t *testing.T) {
	addr := serveTCP(t, open(t, 1, nil), token, nil).String()
	good, bad := DialTCP(addr, token), DialTCP(addr, "")
	defer good.Close()
	defer bad.Close()
	if v, err := good.Version(t.Context()); err != nil || v.Version != "test" || v.PID != os.Getpid() {
		t.Errorf("version %+v, %v", v, err)
	}
	var answered *Error
	if _, err := bad.Version(t.Context()); !errors.As(err, &answered) || answered.Status != http.StatusUnauthorized {
		t.Errorf("without the token: %v", err)
	}
}

// TestListenUnix: the socket is the user's alone; one that was left behind is
// replaced, and nothing else is.
func TestListenUnix(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "api.sock")
	for range 2 {
		l, err := ListenUnix(path)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("the socket's mode is %v", info.Mode())
		}
		l.(*net.UnixListener).SetUnlinkOnClose(false) // as one that is killed
		l.Close()
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ListenUnix(file); err == nil || !strings.Contains(err.Error(), "is no socket") {
		t.Errorf("a file in the way: %v", err)
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "mine" {
		t.Errorf("the file in the way is %q now, %v", b, err)
	}
	if _, err := ListenUnix(filepath.Join(dir, "missing", "api.sock")); err == nil {
		t.Error("listens in a folder that is not there")
	}
}
