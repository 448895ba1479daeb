package portmap

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

const located = "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\nST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n" +
	"USN: uuid:1::x\r\nEXT:\r\nSERVER: x\r\nLOCATION: http://192.168.1.1:5000/rootDesc.xml\r\n\r\n"

func TestLocations(t *testing.T) {
	const at = "http://192.168.1.1:5000/rootDesc.xml"
	for _, test := range []struct {
		name string
		old  string // replaced in the good answer
		new  string
		err  error
	}{
		{"good", "", "", nil},
		{"names in lower case", "LOCATION", "location", nil},
		{"IGD 2", "Device:1", "Device:2", nil},
		{"another device", "InternetGatewayDevice:1", "MediaServer:1", errSSDP},
		{"an error", "200 OK", "404 Not Found", errSSDP},
		{"a redirect", "200 OK", "302 Found", errSSDP},
		{"no location", "LOCATION", "PLACE", errSSDP},
		{"a question", "HTTP/1.1 200 OK", "M-SEARCH * HTTP/1.1", errSSDP},
		{"another host", "192.168.1.1", "192.168.1.2", errElsewhere},
		{"a name", "192.168.1.1", "router.local", errElsewhere},
		{"IPv4 as IPv6", "192.168.1.1", "[::ffff:192.168.1.1]", nil},
		{"numbers", "192.168.1.1", "3232235777", errElsewhere},
		{"zeros", "192.168.1.1", "192.168.001.001", errElsewhere},
		{"https", "http:", "https:", errElsewhere},
		{"no URL", at, "%zz", errSSDP},
		{"too long", "uuid", strings.Repeat("x", maxDatagram), errSSDP},
		{"folded", "\r\nEXT", "\r\n  x\r\nEXT", nil},
	} {
		u, err := parseLocation([]byte(strings.Replace(located, test.old, test.new, 1)), gateway)
		if test.err == nil && err == nil && strings.Replace(u.String(), "[::ffff:192.168.1.1]", "192.168.1.1", 1) != at || !errors.Is(err, test.err) {
			t.Errorf("%s: %v, %v; want %v", test.name, u, err, test.err)
		}
	}
	if _, err := parseLocation([]byte(located), own); !errors.Is(err, errElsewhere) {
		t.Errorf("by somebody else: %v", err)
	}
}

// FuzzLocation wants every location that is taken to be with who answered.
func FuzzLocation(f *testing.F) {
	f.Add([]byte(located))
	f.Add([]byte(strings.Replace(located, "192.168.1.1", "192.168.1.1@127.0.0.1", 1)))
	f.Add([]byte(strings.Replace(located, "192.168.1.1:", "192.168.1.1%25eth0:", 1)))
	f.Fuzz(func(t *testing.T, p []byte) {
		u, err := parseLocation(p, gateway)
		if err != nil {
			return
		}
		again, err := url.Parse(u.String())
		if err != nil || again.Scheme != "http" || netip.MustParseAddr(again.Hostname()).Unmap() != gateway {
			t.Errorf("%q: %v, %v", p, u, err)
		}
	})
}

// FuzzDescription wants every service that is taken to be with the router, and no
// more of them than the limit.
func FuzzDescription(f *testing.F) {
	b := &box{}
	f.Add(b.describeLocked())
	b.base, b.ppp = "http://192.168.1.2/", true
	f.Add(b.describeLocked())
	f.Add("<root>" + strings.Repeat("<device><deviceList>", 100))
	at, err := url.Parse("http://192.168.1.1:5000/rootDesc.xml")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		root, err := parseDescription(strings.NewReader(text), at)
		if err != nil {
			return
		}
		services, err := servicesOf(root, gateway, oneHost{host: gateway}.client())
		if err != nil && len(services) > 0 || len(services) > maxServices {
			t.Errorf("%v, %v", services, err)
		}
	})
}
