package portmap

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
)

// searchTargets are the devices that map ports: IGD 1 and 2.
var searchTargets = [...]string{
	"urn:schemas-upnp-org:device:InternetGatewayDevice:1",
	"urn:schemas-upnp-org:device:InternetGatewayDevice:2",
}

// appendSearch makes a question of SSDP (UPnP Device Architecture 1.1, 1.3.2).
func appendSearch(b []byte, to netip.AddrPort, target string) []byte {
	return fmt.Appendf(b, "M-SEARCH * HTTP/1.1\r\nHOST: %v\r\nMAN: \"ssdp:discover\"\r\nMX: %d\r\nST: %s\r\n\r\n",
		to, ssdpTime/time.Second-1, target)
}

var (
	errSSDP = errors.New("portmap: malformed answer to a search for UPnP devices")

	// errElsewhere: a router that has us ask others is used by an attacker, or is one.
	errElsewhere = errors.New("portmap: router sends us to another host")
)

// parseLocation reads an answer: where the description of a router is. It must be
// with the one who answered.
func parseLocation(p []byte, from netip.Addr) (*url.URL, error) {
	if len(p) > maxDatagram {
		return nil, errSSDP
	}
	answer, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(p)), nil)
	if err != nil {
		return nil, errSSDP
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK || !slices.Contains(searchTargets[:], answer.Header.Get("ST")) {
		return nil, errSSDP
	}
	at, err := url.Parse(answer.Header.Get("Location"))
	if err != nil || *at == (url.URL{}) {
		return nil, errSSDP
	}
	if err := within(at, from); err != nil {
		return nil, err
	}
	return at, nil
}

// within wants a URL to be one of a host, by its address.
func within(u *url.URL, host netip.Addr) error {
	addr, err := netip.ParseAddr(u.Hostname())
	if err != nil || u.Scheme != "http" || u.User != nil || u.Opaque != "" {
		return errElsewhere
	}
	if addr.Unmap() != host.Unmap() {
		return errElsewhere
	}
	return nil
}

// location is where a router says it is described.
type location struct {
	url  *url.URL
	host netip.Addr
}

// locate asks for UPnP routers and hands over those that answer, until ssdpTime is
// over.
func (s *searcher) locate(ctx context.Context, local netip.Addr, found func(location)) error {
	conn, err := s.cfg.ListenPacket(ctx, "udp", netip.AddrPortFrom(local, 0).String())
	if err != nil {
		return fmt.Errorf("portmap: %w", err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	began := time.Now()
	buf := make([]byte, maxDatagram+1)
	known, strays := map[string]bool{}, 0
	for _, until := range []time.Duration{ssdpAgain, ssdpTime} {
		if err := s.askDevices(conn); err != nil {
			return err
		}
		conn.SetReadDeadline(began.Add(until)) // a closed socket tells at the next read
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil && os.IsTimeout(err) {
				break
			}
			if err != nil {
				return fmt.Errorf("portmap: %w", err)
			}
			at, ok := s.located(buf[:n], from)
			switch {
			case !ok:
				s.strays()
				if strays++; strays == maxStrays {
					return errSilent
				}
			case known[at.url.String()]: // it answers each question
			case len(known) < maxDevices:
				known[at.url.String()] = true
				found(at)
			default:
				s.strays()
			}
		}
	}
	return nil
}

// askDevices sends the questions. A network without a route for multicast is no
// reason not to ask the gateways.
func (s *searcher) askDevices(conn net.PacketConn) (err error) {
	targets := []netip.AddrPort{s.cfg.SSDP}
	for _, g := range s.gateways {
		if t := netip.AddrPortFrom(g.Addr, ssdpPort); t != s.cfg.SSDP {
			targets = append(targets, t)
		}
	}
	sent := 0
	for _, to := range targets {
		for _, target := range searchTargets {
			if _, e := conn.WriteTo(appendSearch(nil, to, target), net.UDPAddrFromAddrPort(to)); e != nil {
				err = e
			} else {
				sent++
			}
		}
	}
	if sent > 0 {
		return nil
	}
	return fmt.Errorf("portmap: %w", err)
}

// located reads an answer. A router is a gateway: others could be anybody who wants
// our ports to lead to him. Where gateways are guessed, it is a host nearby.
func (s *searcher) located(p []byte, from net.Addr) (location, bool) {
	udp, ok := from.(*net.UDPAddr)
	if !ok {
		return location{}, false
	}
	host := udp.AddrPort().Addr().Unmap()
	gateway := slices.ContainsFunc(s.gateways, func(g Gateway) bool { return g.Addr == host })
	if !gateway && !(s.cfg.near && (host.IsPrivate() || host.IsLinkLocalUnicast())) {
		return location{}, false
	}
	at, err := parseLocation(p, host)
	if err != nil {
		if errors.Is(err, errElsewhere) {
			s.failed(fmt.Errorf("%w: %v to %q", err, host, clip(strings.ToValidUTF8(string(p), "?"))))
		}
		return location{}, false
	}
	return location{at, host}, true
}
