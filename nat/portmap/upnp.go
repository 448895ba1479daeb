package portmap

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/huin/goupnp/soap"
)

// Errors of UPnP that decide something.
const (
	upnpFailed       = 501
	upnpNoEntry      = 714
	upnpConflict     = 718
	upnpSamePorts    = 724
	upnpOnlyForever  = 725
	upnpConflictElse = 729
)

// upnpErrors names the errors (UPnP WANIPConnection:1 2.4, :2 2.5).
var upnpErrors = map[int]string{
	401: "invalid action", 402: "invalid arguments", 501: "action failed", 606: "not authorized", 714: "no such entry",
	715: "wildcard source not permitted", 716: "wildcard external port not permitted", 718: "conflict", 724: "same port values required",
	725: "only permanent leases supported", 726: "remote host must be wildcard", 727: "external port must be wildcard",
	728: "no port maps available", 729: "conflict with other mechanisms", 732: "wildcard internal port not permitted",
}

// description is what routers show their owners.
const description = "filbert"

// igd is a service of a router that maps ports.
type igd interface {
	AddPortMappingCtx(ctx context.Context, remote string, external uint16, proto string, internal uint16, client string, enabled bool, description string, lease uint32) error
	DeletePortMappingCtx(ctx context.Context, remote string, external uint16, proto string) error
	GetExternalIPAddressCtx(ctx context.Context) (string, error)
	GetSpecificPortMappingEntryCtx(ctx context.Context, remote string, external uint16, proto string) (internal uint16, client string, enabled bool, description string, lease uint32, err error)
}

// anyIGD is one of IGD 2, which finds a free port itself.
type anyIGD interface {
	AddAnyPortMappingCtx(ctx context.Context, remote string, external uint16, proto string, internal uint16, client string, enabled bool, description string, lease uint32) (uint16, error)
}

// upnpRouter is a router that speaks UPnP.
type upnpRouter struct {
	igd      igd
	gateway  Gateway
	internal uint16
	rand     *rand.Rand
	forever  bool           // it takes no leases that end
	at       [protos]uint16 // external ports it gave, 0 is none
}

func (r *upnpRouter) name() (Method, netip.Addr) { return UPnP, r.gateway.Addr }

func (r *upnpRouter) local() netip.Addr { return r.gateway.Local }

// upper names a protocol as UPnP does.
func (p Proto) upper() string {
	if p == TCP {
		return "TCP"
	}
	return "UDP"
}

// call bounds a question in time and makes its error one of ours.
func call(ctx context.Context, f func(context.Context) error) error {
	one, cancel := context.WithTimeout(ctx, httpTime)
	defer cancel()
	err := f(one)
	var fault *soap.SOAPFaultError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case one.Err() != nil: // the library does not wrap errors
		return errSilent
	case errors.As(err, &fault):
		return &Refusal{Method: UPnP, Code: fault.Detail.UPnPError.Errorcode}
	}
	return errors.New("portmap: " + clip(err.Error()))
}

// code is that of a refusal, 0 of other errors.
func code(err error) int {
	var no *Refusal
	if errors.As(err, &no) {
		return no.Code
	}
	return 0
}

// address asks for the external address; a router that has none now, or does not
// tell, has an invalid one.
func (r *upnpRouter) address(ctx context.Context) (addr netip.Addr, err error) {
	err = call(ctx, func(ctx context.Context) error {
		s, err := r.igd.GetExternalIPAddressCtx(ctx)
		if a, e := netip.ParseAddr(s); e == nil && !a.IsUnspecified() {
			addr = a.Unmap()
		}
		return err
	})
	var no *Refusal
	if errors.As(err, &no) {
		return netip.Addr{}, nil
	}
	return addr, err
}

func (r *upnpRouter) probe(ctx context.Context, held *[protos]grant) (s status, err error) {
	if s.external, err = r.address(ctx); err != nil || held == nil {
		return s, err
	}
	for p, g := range held {
		if !g.ok {
			continue
		}
		ours, err := r.entry(ctx, Proto(p), g.external.Port())
		s.lost = s.lost || !ours
		if err != nil {
			return s, err
		}
	}
	return s, nil
}

// entry asks whether a port leads to us. A router that has no such action may well
// hold the mapping.
func (r *upnpRouter) entry(ctx context.Context, p Proto, external uint16) (ours bool, err error) {
	err = call(ctx, func(ctx context.Context) error {
		port, client, _, _, _, err := r.igd.GetSpecificPortMappingEntryCtx(ctx, "", external, p.upper())
		ours = err != nil || port == r.internal && client == r.gateway.Local.String()
		return err
	})
	var no *Refusal
	if errors.As(err, &no) {
		return no.Code != upnpNoEntry, nil
	}
	return ours, err
}

// ours is that of which there is no doubt.
func (r *upnpRouter) ours(ctx context.Context, p Proto, external uint16) bool {
	ours, err := r.entry(ctx, p, external)
	return ours && err == nil
}

// grant maps a port, another than the one that is wanted if that is taken.
func (r *upnpRouter) grant(ctx context.Context, p Proto, want uint16, life time.Duration) (g grant, err error) {
	for range conflictTries {
		g = grant{external: netip.AddrPortFrom(netip.Addr{}, want)}
		if r.forever {
			life = 0
		}
		var port uint16
		port, err = r.add(ctx, p, want, life)
		switch code(err) {
		case upnpOnlyForever:
			if r.forever {
				return grant{}, err
			}
			r.forever = true
			continue
		case upnpSamePorts:
			if want == r.internal {
				return grant{}, err
			}
			want = r.internal
			continue
		case upnpConflict, upnpConflictElse, upnpFailed:
			if want == r.at[p] && r.ours(ctx, p, want) { // it does not renew
				r.remove(ctx, p, g)
			} else {
				want = anyPort(r.rand)
			}
			continue
		}
		var no *Refusal
		if errors.As(err, &no) {
			return grant{}, err
		} else if err != nil {
			return g, err
		}
		if old := r.at[p]; old != 0 && old != port {
			r.remove(ctx, p, grant{external: netip.AddrPortFrom(netip.Addr{}, old)})
		}
		r.at[p] = port
		g.external = netip.AddrPortFrom(netip.Addr{}, port)
		addr, err := r.address(ctx)
		if err != nil {
			return g, err
		}
		return grant{ok: true, external: netip.AddrPortFrom(addr, port), life: life}, nil
	}
	return grant{}, err
}

// add asks for a port; where it is taken, a router that can gives a free one.
func (r *upnpRouter) add(ctx context.Context, p Proto, want uint16, life time.Duration) (uint16, error) {
	client := r.gateway.Local.String()
	err := call(ctx, func(ctx context.Context) error {
		return r.igd.AddPortMappingCtx(ctx, "", want, p.upper(), r.internal, client, true, description, seconds(life))
	})
	free, ok := r.igd.(anyIGD)
	if code(err) != upnpConflict || !ok {
		return want, err
	}
	port := uint16(0)
	any := call(ctx, func(ctx context.Context) (err error) {
		port, err = free.AddAnyPortMappingCtx(ctx, "", want, p.upper(), r.internal, client, true, description, seconds(life))
		return err
	})
	if any == nil && port != 0 {
		return port, nil
	}
	return want, err
}

func (r *upnpRouter) remove(ctx context.Context, p Proto, g grant) error {
	err := call(ctx, func(ctx context.Context) error {
		return r.igd.DeletePortMappingCtx(ctx, "", g.external.Port(), p.upper())
	})
	if code(err) == upnpNoEntry {
		err = nil
	}
	if err == nil {
		r.at[p] = 0
	}
	return err
}
