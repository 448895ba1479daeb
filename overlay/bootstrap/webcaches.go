package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"filbert/overlay/bootstrap/gwc"
	"filbert/overlay/hostcache"
)

// Dialer opens connections; a net.Dialer is one.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// WebCachesConfig is what a WebCaches is built from.
type WebCachesConfig struct {
	Client   *gwc.Client // chooses the caches; belongs to the source from now on
	Agent    string      // User-Agent
	Dialer   Dialer
	Resolver Resolver
	Hosts    hostcache.Config // which addresses can be hosts
}

// WebCaches asks GWebCaches. It implements Source and Announcer.
type WebCaches struct {
	cfg WebCachesConfig

	mu sync.Mutex // guards the client
}

// NewWebCaches returns a source.
func NewWebCaches(cfg WebCachesConfig) *WebCaches { return &WebCaches{cfg: cfg} }

// Len is how many caches are known.
func (w *WebCaches) Len() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cfg.Client.Len()
}

// Snapshot is what is to be remembered of the caches, see gwc.Client.
func (w *WebCaches) Snapshot() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cfg.Client.Snapshot()
}

// Find implements Source: it asks one cache after another until one tells of
// hosts. The error is that of the last cache, when none did.
func (w *WebCaches) Find(ctx context.Context, found func(Found)) error {
	w.locked(func(c *gwc.Client) { c.Begin() })
	defer w.locked(func(c *gwc.Client) { c.End() })
	var last error
	for {
		var r gwc.Request
		var ok bool
		if w.locked(func(c *gwc.Client) { r, ok = c.Next(time.Now()) }); !ok {
			return last
		}
		answer, from, err := w.ask(ctx, r)
		if ctx.Err() != nil {
			return nil
		}
		if last = err; err == nil && len(answer.Hosts) > 0 {
			hosts := make([]netip.AddrPort, 0, len(answer.Hosts))
			for _, h := range answer.Hosts {
				hosts = append(hosts, h.Addr)
			}
			found(Found{hosts, from})
		}
	}
}

// Announce implements Announcer: it tells a cache of us, at most once an hour.
func (w *WebCaches) Announce(ctx context.Context, s Standing) error {
	var r gwc.Request
	var ok bool
	if w.locked(func(c *gwc.Client) { r, ok = c.Update(time.Now(), s.Uptime, s.Self) }); !ok {
		return nil
	}
	_, _, err := w.ask(ctx, r)
	return err
}

func (w *WebCaches) locked(f func(c *gwc.Client)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(w.cfg.Client)
}

// ask makes one request and tells the client how it went.
func (w *WebCaches) ask(ctx context.Context, r gwc.Request) (gwc.Answer, netip.Addr, error) {
	answer, from, err := w.get(ctx, r)
	var status *statusError
	dead := errors.As(err, &status) && (status.code < 500 || status.code == http.StatusServiceUnavailable)
	switch {
	case ctx.Err() != nil: // nobody's fault
	case err != nil:
		w.locked(func(c *gwc.Client) { c.Failed(r, dead) })
	default:
		w.locked(func(c *gwc.Client) { c.Answered(r, answer, from) })
		if !answer.Usable() {
			err = fmt.Errorf("bootstrap: web cache %s: nothing of use in its answer", r.Cache)
		}
	}
	return answer, from, err
}

// statusError is a status that is no answer.
type statusError struct{ code int }

func (e *statusError) Error() string { return fmt.Sprintf("status %d", e.code) }

// get makes one request and reads its answer. Each has a connection of its own:
// there are few, and none is left behind.
func (w *WebCaches) get(ctx context.Context, r gwc.Request) (_ gwc.Answer, from netip.Addr, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("bootstrap: web cache %s: %w", r.Cache, err)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, webTimeout)
	defer cancel()
	d := &webDial{w: w, teller: r.Teller}
	transport := &http.Transport{DialContext: d.dial, DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: maxHeader}
	defer transport.CloseIdleConnections()
	client := http.Client{Transport: transport, CheckRedirect: func(to *http.Request, via []*http.Request) error {
		if to.URL.Scheme != "http" || len(via) > maxRedirects {
			return fmt.Errorf("sends us to %q", clip(to.URL.String()))
		}
		d.redirected()
		return nil
	}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL, nil)
	if err != nil {
		return gwc.Answer{}, from, err
	}
	req.Header.Set("User-Agent", w.cfg.Agent)
	resp, err := client.Do(req)
	if err != nil {
		return gwc.Answer{}, from, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return gwc.Answer{}, from, &statusError{resp.StatusCode}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, gwc.MaxBody))
	if err != nil {
		return gwc.Answer{}, from, err
	}
	return gwc.ParseAnswer(body), d.peer(), nil
}

// webDial opens the connections of one request. Where a name leads is looked at
// before it is called: a cache that others named must not send us to hosts
// inside, which they could not call themselves.
type webDial struct {
	w *WebCaches

	mu     sync.Mutex
	teller netip.Addr
	to     netip.Addr
}

var errInside = errors.New("it leads to an address that its teller has no say about")

func (d *webDial) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	addrs := []netip.Addr{}
	if addr, err := netip.ParseAddr(host); err == nil {
		addrs = append(addrs, addr)
	} else if addrs, err = d.w.cfg.Resolver.LookupNetIP(ctx, "ip", host); err != nil {
		return nil, err
	}
	last := errInside
	for _, addr := range addrs {
		if !d.may(addr.Unmap()) {
			continue
		}
		conn, err := d.w.cfg.Dialer.DialContext(ctx, network, net.JoinHostPort(addr.Unmap().String(), port))
		if err == nil {
			d.reached(addr.Unmap())
			return conn, nil
		}
		last = err
	}
	return nil, last
}

// may reports whether an address may be called. Web servers have low ports, so
// only the address counts.
func (d *webDial) may(addr netip.Addr) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	const anyPort = 6346
	return d.w.cfg.Hosts.Acceptable(netip.AddrPortFrom(addr, anyPort), d.teller) == hostcache.Kept
}

func (d *webDial) reached(addr netip.Addr) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.to = addr
}

// redirected makes the cache the teller of where it sends us.
func (d *webDial) redirected() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.teller = d.to
}

// peer is who answered.
func (d *webDial) peer() netip.Addr {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.to
}
