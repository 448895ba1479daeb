package overlay

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"net/netip"
	"time"

	"filbert/overlay/wire"
)

var errInflate = errors.New("overlay: datagram: malformed or too large zlib stream")

// inflate appends what the zlib stream src holds to dst, at most limit bytes.
func inflate(dst, src []byte, limit int) ([]byte, error) {
	z, err := zlib.NewReader(bytes.NewReader(src))
	if err != nil {
		return nil, errInflate
	}
	out := bytes.NewBuffer(dst)
	n, err := io.Copy(out, io.LimitReader(z, int64(limit)+1))
	if err != nil || n > int64(limit) {
		return nil, errInflate
	}
	return out.Bytes(), nil
}

// deflate appends src as a zlib stream to dst.
func deflate(dst, src []byte) []byte {
	out := bytes.NewBuffer(dst)
	z := zlib.NewWriter(out)
	z.Write(src) // a bytes.Buffer takes everything
	z.Close()
	return out.Bytes()
}

// inflateDatagram undoes the compression of a datagram. Only those whom we sent
// something lately are worth the work, and only so much of it.
func (c *Core) inflateDatagram(now time.Time, from netip.AddrPort, f wire.Frame) (wire.Frame, DropReason, bool) {
	if _, known := c.udp.contacts.get(now, who(from)); !known {
		return nil, DropUnasked, false
	}
	limit := min(maxInflated, max(inflateAllowance, len(f.Payload())*inflateRatio))
	if !c.udp.inflated.take(now, limit) {
		return nil, DropDatagram, false
	}
	payload, err := inflate(nil, f.Payload(), limit)
	if err != nil {
		return nil, DropMalformed, false
	}
	c.udp.inflated.used -= float64(limit - len(payload)) // what was not needed
	m := &wire.Opaque{Kind: f.Type(), Payload: payload}
	return wire.AppendFrame(nil, f.GUID(), f.TTL()&^wire.TTLDeflated, f.Hops(), m), 0, true
}

// deflateDatagram returns a message of ours as a frame with a deflated payload,
// unless that is no shorter.
func deflateDatagram(f wire.Frame) wire.Frame {
	z := deflate(nil, f.Payload())
	if len(z) >= len(f.Payload()) {
		return f
	}
	return wire.AppendFrame(nil, f.GUID(), f.TTL()|wire.TTLDeflated, f.Hops(), &wire.Opaque{Kind: f.Type(), Payload: z})
}
