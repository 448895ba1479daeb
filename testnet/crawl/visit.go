package crawl

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"filbert/overlay/wire"
)

// helloBuffer is what a connection holds while the header is read, in bytes.
const helloBuffer = 4 << 10

// visit asks one host: over TCP, as a crawler or else as a neighbor, and if that
// fails by UDP.
func (c *crawler) visit(ctx context.Context, addr netip.AddrPort, guids [2]wire.GUID) (Report, error) {
	r, err := c.visitTCP(ctx, addr, guids[0])
	if err == nil || ctx.Err() != nil {
		return r, err
	}
	if r, udpErr := c.socket.ask(ctx, addr, guids[1]); udpErr == nil {
		return r, nil
	}
	return Report{}, err
}

func (c *crawler) visitTCP(ctx context.Context, addr netip.AddrPort, guid wire.GUID) (Report, error) {
	dial, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, err := c.cfg.Network.DialContext(dial, "tcp", addr.String())
	if err != nil {
		return Report{}, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	r, err := c.talk(conn, addr, guid)
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return r, err
}

// talk is the conversation on one connection.
func (c *crawler) talk(conn net.Conn, addr netip.AddrPort, guid wire.GUID) (Report, error) {
	conn.SetDeadline(time.Now().Add(helloTimeout)) // an error shows at the write
	if _, err := conn.Write(hello(c.cfg.Agent, guid, addr.Addr())); err != nil {
		return Report{}, err
	}
	r := bufio.NewReaderSize(conn, helloBuffer)
	a, err := readAnswer(r, time.Now())
	switch {
	case err != nil:
		return Report{}, err
	case a.lists:
		return a.report, nil
	case a.code != 200:
		return Report{}, a.refused()
	}
	if err := askNeighbors(conn, r, guid, &a.report); err != nil {
		return Report{}, fmt.Errorf("no pongs: %w", err)
	}
	return a.report, nil
}
