package portmap

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"

	"github.com/huin/goupnp"
	"github.com/huin/goupnp/dcps/internetgateway2"
	"github.com/huin/goupnp/soap"
)

var errNoService = errors.New("portmap: UPnP router without a service that maps ports")

// describe reads what a router is and returns the services that map ports, best
// first.
func (s *searcher) describe(ctx context.Context, at location) ([]igd, error) {
	ctx, cancel := context.WithTimeout(ctx, httpTime)
	defer cancel()
	client := oneHost{s.cfg.Dial, at.host}.client()
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, at.url.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("portmap: %w", err)
	}
	response, err := client.Do(ask)
	if err != nil {
		return nil, fmt.Errorf("portmap: description: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("portmap: description: status %d", response.StatusCode)
	}
	root, err := parseDescription(response.Body, at.url)
	if err != nil {
		return nil, err
	}
	return servicesOf(root, at.host, client)
}

// servicesOf lists those of a router that map ports; none may be elsewhere.
func servicesOf(root *goupnp.RootDevice, host netip.Addr, client http.Client) (out []igd, err error) {
	for _, kind := range []string{internetgateway2.URN_WANIPConnection_2, internetgateway2.URN_WANIPConnection_1, internetgateway2.URN_WANPPPConnection_1} {
		for _, service := range root.Device.FindService(kind) {
			control := service.ControlURL.URL
			if !service.ControlURL.Ok || within(&control, host) != nil {
				return nil, errElsewhere
			}
			if len(out) < maxServices {
				out = append(out, newIGD(kind, &soap.SOAPClient{EndpointURL: control, HTTPClient: client}))
			}
		}
	}
	if len(out) == 0 {
		return nil, errNoService
	}
	return out, nil
}

// newIGD makes the client of a service.
func newIGD(kind string, client *soap.SOAPClient) igd {
	c := goupnp.ServiceClient{SOAPClient: client}
	switch kind {
	case internetgateway2.URN_WANIPConnection_2:
		return &internetgateway2.WANIPConnection2{ServiceClient: c}
	case internetgateway2.URN_WANIPConnection_1:
		return &internetgateway2.WANIPConnection1{ServiceClient: c}
	}
	return &internetgateway2.WANPPPConnection1{ServiceClient: c}
}

// parseDescription reads the description of a device. What is read of r is bounded
// by whoever gives it.
func parseDescription(r io.Reader, at *url.URL) (*goupnp.RootDevice, error) {
	d := xml.NewDecoder(r)
	d.DefaultSpace = goupnp.DeviceXMLNamespace
	root := new(goupnp.RootDevice)
	if err := d.Decode(root); err != nil {
		return nil, fmt.Errorf("%w: %s", errAnswer, clip(err.Error()))
	}
	base := at
	if root.URLBaseStr != "" {
		var err error
		if base, err = url.Parse(root.URLBaseStr); err != nil {
			return nil, errAnswer
		}
	}
	root.SetURLBase(base)
	return root, nil
}
