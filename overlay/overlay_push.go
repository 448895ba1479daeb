package overlay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"filbert/overlay/wire"
)

// Caller connects to those who want a file of ours and cannot connect to us.
type Caller interface {
	// Call begins to connect to a servent that asked for the file with an index.
	// It is called by the loop and never blocks.
	Call(to netip.AddrPort, index uint32)
}

// calling is the engine's part in being called and calling others.
type calling struct {
	caller  Caller
	probing int        // probes under way
	asked   PushResult // of the AskPush at hand
}

// Errors of AskPush and PushFor.
var (
	// ErrNoServent: no way to that servent is known.
	ErrNoServent = errors.New("overlay: no way to that servent is known")
	// ErrPushBusy: too many pushes of late.
	ErrPushBusy = errors.New("overlay: too many pushes of late")
)

// call hands a Call effect over.
func (o *Overlay) call(e *Call) {
	if o.calling.caller == nil {
		o.core.drop(nil, DropUnsupported)
		return
	}
	o.calling.caller.Call(e.To, e.Index)
}

// probe carries a Probe effect out, unless too many are under way.
func (o *Overlay) probe(to netip.AddrPort) {
	if o.calling.probing == maxProbing {
		o.core.drop(nil, DropCallMany)
		return
	}
	o.calling.probing++
	o.work.Go(func() {
		err := knock(o.life, o.dialer, to)
		o.post(letter{call: func() {
			o.calling.probing--
			if err != nil {
				o.log.Debug().Err(err).Msg("probe")
			}
		}})
	})
}

// knock opens a connection, writes an empty line and closes it.
func knock(ctx context.Context, dialer Dialer, to netip.AddrPort) error {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, err := dialer.DialContext(ctx, "tcp", to.String())
	if err != nil {
		return fmt.Errorf("overlay: probe %v: %w", to, err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(dialTimeout)) // an error shows at the write
	if _, err := io.WriteString(conn, "\n\n"); err != nil {
		return fmt.Errorf("overlay: probe %v: %w", to, err)
	}
	return nil
}

// Reached tells of a TCP connection, of whatever kind, that somebody opened to
// our port. It does not wait: while the overlay is busy there is no need to know.
func (o *Overlay) Reached(from netip.Addr) {
	select {
	case o.inbox <- letter{event: &Reached{from}}:
	default:
	}
}

// CallFailed tells that a servent did not take the connection it asked for; it
// is left alone for some time.
func (o *Overlay) CallFailed(to netip.AddrPort) error { return o.tell(&CallFailed{to}) }

// AskPush asks a servent whose hits came here to connect to us. The error is
// ErrNoServent when no way to it is known.
func (o *Overlay) AskPush(ctx context.Context, servent wire.GUID, index uint32) error {
	return o.askPush(ctx, &AskPush{Servent: servent, Index: index})
}

// PushFor asks a neighbor, whose push proxy we are, to connect to somebody at an
// address that a connection of his has proven. The error is ErrNoServent when we
// are no proxy of that servent, ErrPushBusy when that was asked too often.
func (o *Overlay) PushFor(ctx context.Context, servent wire.GUID, index uint32, to netip.AddrPort) error {
	return o.askPush(ctx, &AskPush{Servent: servent, Index: index, For: to})
}

func (o *Overlay) askPush(ctx context.Context, ev *AskPush) error {
	var result PushResult
	err := o.run(ctx, func() {
		o.step(ev)
		result = o.calling.asked
	})
	switch {
	case err != nil:
		return err
	case result == PushUnknown:
		return ErrNoServent
	case result == PushRefused:
		return ErrPushBusy
	}
	return nil
}

// Self is where we tell the other end of a connection that we listen.
func (o *Overlay) Self(ctx context.Context, conn net.Conn) (netip.AddrPort, error) {
	var self netip.AddrPort
	err := o.run(ctx, func() {
		self = o.core.self.towards(hostOf(conn.LocalAddr()).Addr(), hostOf(conn.RemoteAddr()).Addr())
	})
	return self, err
}
