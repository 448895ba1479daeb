package node

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"filbert/nat"
	"filbert/nat/proxy"
	"filbert/nat/punch"
	"filbert/overlay/identity"
	"filbert/transfer"
)

// words is how we talk with a peer about a path: over a relay, if we reach it so and get a
// circuit, or through one of its push proxies. What end returns must be called.
func (p *punches) words(ctx context.Context, peer identity.PeerID, src transfer.Source, relayed bool) (words punch.Signal, end func(), err error) {
	if relayed {
		if words, end, err = p.overRelay(ctx, src); err == nil || len(src.PunchProxies) == 0 {
			return words, end, err
		}
	}
	words, end, other := p.throughProxy(ctx, peer, src)
	if other != nil {
		return nil, nil, errors.Join(err, other)
	}
	return words, end, nil
}

// overRelay is a circuit to the peer itself.
func (p *punches) overRelay(ctx context.Context, src transfer.Source) (punch.Signal, func(), error) {
	circuit, err := p.relays.circuit(ctx, src)
	if err != nil {
		return nil, nil, err
	}
	if _, err := fmt.Fprintf(circuit, "%s\r\n", punchHello); err != nil {
		circuit.Close()
		return nil, nil, fmt.Errorf("node: punch: %w", err)
	}
	return &signal{conn: circuit, in: bufio.NewReader(circuit)}, func() { circuit.Close() }, nil
}

// throughProxy is a talk with the peer that one of its push proxies passes on. Only the
// owner of the peer's key can read what we say, and answer it.
func (p *punches) throughProxy(ctx context.Context, peer identity.PeerID, src transfer.Source) (punch.Signal, func(), error) {
	if peer.GUID() != src.Servent {
		return nil, nil, fmt.Errorf("node: punch to %v: %w", peer, ErrNotItsKey)
	}
	key, err := peer.SealKey()
	if err != nil {
		return nil, nil, err
	}
	seal, err := proxy.NewAsker(key)
	if err != nil {
		return nil, nil, err
	}
	var ways []nat.Way
	for i, at := range src.PunchProxies[:min(len(src.PunchProxies), maxPunchProxies)] {
		w := nat.Way{Name: at.String(), Dial: func(ctx context.Context) (net.Conn, error) { return p.askProxy(ctx, at.String(), src.Servent) }}
		if i > 0 {
			w.HeadStart = relayHeadStart
		}
		ways = append(ways, w)
	}
	conn, _, err := nat.Race(ctx, ways)
	if err != nil {
		return nil, nil, fmt.Errorf("node: punch: %w", err)
	}
	talk := conn.(*proxyConn) // as all ways make one
	return &proxy.Sealed{Words: &signal{conn: talk, in: talk.in}, Seal: seal}, func() { talk.Close() }, nil
}

// proxyConn is a connection to a push proxy that passes words on.
type proxyConn struct {
	net.Conn
	in *bufio.Reader
}

// askProxy connects to a push proxy, which must be ready to pass words on to a servent.
func (p *punches) askProxy(ctx context.Context, at string, servent [16]byte) (_ net.Conn, err error) {
	ctx, cancel := context.WithTimeout(ctx, proxyTimeout)
	defer cancel()
	conn, err := p.dials.DialContext(ctx, "tcp", at)
	if err != nil {
		return nil, fmt.Errorf("node: push proxy %v: %w", at, err)
	}
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	in := bufio.NewReaderSize(conn, firstBuffer)
	var line []byte
	if _, err = conn.Write(proxy.AppendHello(nil, servent)); err == nil {
		line, err = firstLine(in)
	}
	if err == nil {
		err = proxy.CheckStatus(string(line))
	}
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("node: push proxy %v: %w", at, err)
	}
	return &proxyConn{conn, in}, nil
}
