package api

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/rs/zerolog"

	"filbert/node"
	"filbert/node/app/messages"
	"filbert/node/monitor"
)

// Config is what a Server serves and how.
type Config struct {
	Node     *node.Node
	Messages *messages.App // nil: there are none
	Version  string
	Stop     func() // ends the node; called at most once
	Log      zerolog.Logger
}

// Server answers control requests.
type Server struct {
	cfg  Config
	mux  *http.ServeMux
	stop sync.Once
}

// NewServer builds a server. It listens nowhere before Serve.
func NewServer(cfg Config) *Server {
	s := &Server{cfg: cfg, mux: http.NewServeMux()}
	c := huma.DefaultConfig("filbert", cfg.Version)
	c.Info.Description = "Control of a running filbert node."
	c.DocsPath = ""     // the page would fetch its scripts from elsewhere
	c.CreateHooks = nil // no schema links in the answers
	c.RejectUnknownQueryParameters = true
	h := humago.New(s.mux, c)
	s.nodeOperations(h)
	s.searchOperations(h)
	s.browseOperations(h)
	s.explainOperations(h)
	s.contactOperations(h)
	s.messageOperations(h)
	s.groupOperations(h)
	s.eventOperations(h)
	s.publicationOperations(h)
	s.downloadOperations(h)
	s.watchOperations(h)
	s.folderOperations(h)
	s.collectionOperations(h)
	s.playOperations(h)
	s.magnetOperations(h)
	s.shareOperations(h)
	s.mux.Handle("GET /metrics", monitor.Handler("filbert", s.counted, s.countedGroups))
	return s
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength > maxBody {
		http.Error(w, fmt.Sprintf("the body is longer than %d bytes", maxBody), http.StatusRequestEntityTooLarge)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	s.mux.ServeHTTP(w, r)
}

// Serve answers on l until ctx ends. token is asked of every request when it is
// not empty; it must not be empty for a listener that others than the user can
// reach.
func (s *Server) Serve(ctx context.Context, l net.Listener, token string) error {
	var handler http.Handler = s
	if token != "" {
		handler = guard(s, l.Addr(), token)
	}
	server := http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		BaseContext:       func(net.Listener) context.Context { return ctx }, // ends streams
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
		defer cancel()
		if server.Shutdown(grace) != nil {
			server.Close()
		}
	})
	err := server.Serve(l)
	if !stop() {
		<-stopped
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("api: %w", err)
}

// ListenUnix listens on a socket that only the user can open. A socket file
// that was left behind by a node that died is replaced: the caller holds the
// lock of the home.
func ListenUnix(path string) (net.Listener, error) {
	if info, err := os.Lstat(path); err == nil {
		if info.Mode().Type() != os.ModeSocket {
			return nil, fmt.Errorf("api: %s is in the way: it is no socket", path)
		}
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("api: %w", err)
		}
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, fmt.Errorf("api: %w", err)
	}
	return l, nil
}

// guard lets requests pass that name the listener as their host and bring the
// token. The host is checked so that a page of elsewhere, whose name was made
// to lead here, is none of us (DNS rebinding).
func guard(next http.Handler, addr net.Addr, token string) http.Handler {
	want := []byte("Bearer " + token)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !ourHost(r.Host, addr.String()):
			http.Error(w, "unknown host", http.StatusForbidden)
		case subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), want) != 1:
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "the token is missing or wrong", http.StatusUnauthorized)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// ourHost reports whether a Host header names the loopback listener.
func ourHost(host, listen string) bool {
	at, err := netip.ParseAddrPort(listen)
	if err != nil || !at.Addr().IsLoopback() {
		return false
	}
	if name, port, ok := strings.Cut(host, ":"); ok && name == "localhost" {
		return port == fmt.Sprint(at.Port())
	}
	given, err := netip.ParseAddrPort(host)
	return err == nil && given == at
}
