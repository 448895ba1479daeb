package node

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"filbert/overlay"
	"filbert/overlay/wire"
)

// The push-proxy request over HTTP: somebody asks a servent to pass a PUSH on to
// a neighbor that cannot be connected to.
//
//	GET /gnutella/push-proxy?ServerId=<GUID in base32>&file=<index> HTTP/1.1
//	X-Node: <address of the one who asks>
//
// LimeWire of old left out the dash; gtk-gnutella also knows the form
// /gnet/push-proxy?guid=<GUID in hex>.
const (
	proxyPath    = "/gnutella/push-proxy"
	proxyPathOld = "/gnutella/pushproxy"
	proxyPathHex = "/gnet/push-proxy"
	headerXNode  = "X-Node"
)

var serverID = base32.StdEncoding.WithPadding(base32.NoPadding)

// errProxy says that a push proxy did not take a push on.
var errProxy = errors.New("push proxy refused")

// askProxy asks a push proxy to have a servent connect to us.
func (p *pushes) askProxy(ctx context.Context, proxy netip.AddrPort, servent wire.GUID, index uint32) error {
	ctx, cancel := context.WithTimeout(ctx, proxyTimeout)
	defer cancel()
	conn, err := p.dials.DialContext(ctx, "tcp", proxy.String())
	if err != nil {
		return fmt.Errorf("node: push proxy %v: %w", proxy, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	self, err := p.overlay.Self(ctx, conn)
	if err != nil {
		return fmt.Errorf("node: push proxy %v: %w", proxy, err)
	}
	request := &http.Request{
		Method: http.MethodGet,
		URL: &url.URL{Scheme: "http", Host: proxy.String(), Path: proxyPath,
			RawQuery: fmt.Sprintf("ServerId=%s&file=%d", serverID.EncodeToString(servent[:]), index)},
		Header: http.Header{"User-Agent": {p.agent}, headerXNode: {self.String()}},
		Close:  true,
	}
	if err := request.Write(conn); err != nil {
		return fmt.Errorf("node: push proxy %v: %w", proxy, err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(io.LimitReader(conn, maxProxyHead)), request)
	switch {
	case err != nil:
		return fmt.Errorf("node: push proxy %v: %w", proxy, err)
	case answer.StatusCode != http.StatusAccepted && answer.StatusCode != http.StatusNonAuthoritativeInfo: // 203: along routes
		return fmt.Errorf("node: %w: %v answered %d", errProxy, proxy, answer.StatusCode)
	}
	return nil
}

// isProxyRequest reports whether a request line is about push proxying.
func isProxyRequest(line []byte) bool {
	_, target, _ := bytes.Cut(line, []byte(" "))
	target, _, _ = bytes.Cut(target, []byte(" "))
	path, _, _ := bytes.Cut(target, []byte("?"))
	return slices.Contains([]string{proxyPath, proxyPathOld, proxyPathHex}, string(path))
}

// answerProxy answers a push-proxy request, of which line was read, and ends the
// connection. The neighbor is asked to call the address the request came from,
// whatever that says: only the port is the asker's word.
func (p *pushes) answerProxy(ctx context.Context, conn net.Conn, r io.Reader, line []byte) {
	defer conn.Close()
	head := io.MultiReader(bytes.NewReader(append(bytes.Clone(line), "\r\n"...)), io.LimitReader(r, maxProxyHead))
	status := http.StatusBadRequest
	if request, err := http.ReadRequest(bufio.NewReader(head)); err == nil {
		status = p.proxy(ctx, request, addrOf(conn))
	}
	fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\nServer: %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
		status, http.StatusText(status), p.agent)
}

// proxy does what a push-proxy request asks for and returns the status.
func (p *pushes) proxy(ctx context.Context, request *http.Request, from netip.Addr) int {
	servent, index, ok := parseProxyRequest(request)
	asker, ok2 := proxyAddr(request.Header.Get(headerXNode))
	if !ok || !ok2 || request.Method != http.MethodGet && request.Method != http.MethodHead {
		return http.StatusBadRequest
	}
	err := p.overlay.PushFor(ctx, servent, index, netip.AddrPortFrom(from, asker.Port()))
	switch {
	case err == nil:
		return http.StatusAccepted
	case errors.Is(err, overlay.ErrNoServent):
		return http.StatusGone
	}
	return http.StatusServiceUnavailable
}

// parseProxyRequest reads whom a push-proxy request is about. LimeWire writes
// ServerID, and may pad the GUID.
func parseProxyRequest(request *http.Request) (servent wire.GUID, index uint32, ok bool) {
	values, err := url.ParseQuery(request.URL.RawQuery)
	if err != nil {
		return servent, 0, false
	}
	get := func(name string) string {
		for key, value := range values {
			if strings.EqualFold(key, name) {
				return value[0]
			}
		}
		return ""
	}
	var guid []byte
	switch request.URL.Path {
	case proxyPath, proxyPathOld:
		guid, err = serverID.DecodeString(strings.ToUpper(strings.TrimRight(get("ServerId"), "=")))
	case proxyPathHex:
		guid, err = hex.DecodeString(get("guid"))
	}
	if err != nil || len(guid) != len(servent) {
		return servent, 0, false
	}
	if file := get("file"); file != "" {
		n, err := strconv.ParseUint(file, 10, 32)
		if err != nil {
			return servent, 0, false
		}
		index = uint32(n)
	}
	return wire.GUID(guid), index, true
}
