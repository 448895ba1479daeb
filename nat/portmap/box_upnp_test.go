package portmap

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// httpAt is the port of the descriptions.
const httpAt = 49152

// ssdp answers a search, if it is for what the box is.
func (b *box) ssdp(p []byte, _ netip.AddrPort) [][]byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !slices.Contains(b.speaks, UPnP) || !bytes.HasPrefix(p, []byte("M-SEARCH * HTTP/1.1\r\n")) {
		return nil
	}
	st := searchTargets[0]
	if b.igd2 {
		st = searchTargets[1]
	}
	if !bytes.Contains(p, []byte("ST: "+st+"\r\n")) {
		return nil
	}
	at := b.location
	if at == "" {
		at = fmt.Sprintf("http://%v:%d/root.xml", b.addr, httpAt)
	}
	var out [][]byte
	for i := range max(1, b.many) {
		if b.many > 0 {
			at = fmt.Sprintf("http://%v:%d/root%d.xml", b.addr, httpAt, i)
		}
		out = append(out, fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\nEXT:\r\nLOCATION: %s\r\nST: %s\r\nUSN: uuid:1::%s\r\n\r\n", at, st, st))
	}
	return out
}

func (b *box) startHTTP(t interface{ Fatal(...any) }) {
	l, err := b.host.Listen(context.Background(), "tcp", netip.AddrPortFrom(b.addr, httpAt).String())
	if err != nil {
		t.Fatal(err)
	}
	b.server = &http.Server{Handler: b}
	b.work.Go(func() { b.server.Serve(l) })
}

// service is what maps ports.
func (b *box) service() string {
	switch {
	case b.ppp:
		return "urn:schemas-upnp-org:service:WANPPPConnection:1"
	case b.igd2:
		return "urn:schemas-upnp-org:service:WANIPConnection:2"
	}
	return "urn:schemas-upnp-org:service:WANIPConnection:1"
}

// ServeHTTP is the router's.
func (b *box) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	serve := b.serve
	b.got++
	b.mu.Unlock()
	if serve != nil {
		serve(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	b.mu.Lock()
	status, answer := 200, ""
	if r.Method == "GET" {
		answer = b.describeLocked()
	} else {
		status, answer = b.soapLocked(r.Header.Get("SOAPAction"), body)
	}
	b.mu.Unlock()
	w.Header().Set("Content-Type", `text/xml; charset="utf-8"`)
	w.WriteHeader(status)
	io.WriteString(w, answer)
}

func (b *box) describeLocked() string {
	control := b.control
	if control == "" {
		control = "/ctl/IPConn"
	}
	base := ""
	if b.base != "" {
		base = "<URLBase>" + b.base + "</URLBase>"
	}
	return `<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><specVersion><major>1</major><minor>0</minor></specVersion>` + base +
		`<device><deviceType>` + searchTargets[0] + `</deviceType><friendlyName>Box</friendlyName><UDN>uuid:1</UDN><deviceList><device><deviceList><device>` +
		`<serviceList><service><serviceType>` + b.service() + `</serviceType><serviceId>x</serviceId><SCPDURL>/x.xml</SCPDURL><controlURL>` + control +
		`</controlURL><eventSubURL>/e</eventSubURL></service></serviceList></device></deviceList></device></deviceList></device></root>`
}

const envelope = `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>%s</s:Body></s:Envelope>`

// soapLocked does what an action asks.
func (b *box) soapLocked(action string, body []byte) (int, string) {
	service, name, _ := strings.Cut(strings.Trim(action, `"`), "#")
	args := arguments(body)
	out, code := []string(nil), 401
	if service == b.service() {
		out, code = b.actLocked(name, args)
	}
	if code != 0 {
		return 500, fmt.Sprintf(envelope, fmt.Sprintf(`<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail>`+
			`<UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>%d</errorCode><errorDescription>x</errorDescription></UPnPError></detail></s:Fault>`, code))
	}
	inner := ""
	for i := 0; i < len(out); i += 2 {
		inner += "<" + out[i] + ">" + out[i+1] + "</" + out[i] + ">"
	}
	return 200, fmt.Sprintf(envelope, fmt.Sprintf(`<u:%sResponse xmlns:u="%s">%s</u:%sResponse>`, name, service, inner, name))
}

// actLocked returns names and values, or the code of an error.
func (b *box) actLocked(name string, args map[string]string) (out []string, code int) {
	proto := TCP
	if args["NewProtocol"] == "UDP" {
		proto = UDP
	}
	n, _ := strconv.ParseUint(args["NewExternalPort"], 10, 16)
	at := slot{proto, uint16(n)}
	switch name {
	case "GetExternalIPAddress":
		return []string{"NewExternalIPAddress", b.external.String()}, 0
	case "AddAnyPortMapping":
		if !b.igd2 {
			return nil, 401
		}
		for b.taken != nil && b.taken(at.port) {
			at.port++
		}
		args["NewExternalPort"] = strconv.Itoa(int(at.port))
		_, code := b.actLocked("AddPortMapping", args)
		return []string{"NewReservedPort", strconv.Itoa(int(at.port))}, code
	case "AddPortMapping":
		internal, _ := strconv.ParseUint(args["NewInternalPort"], 10, 16)
		life, _ := strconv.ParseUint(args["NewLeaseDuration"], 10, 32)
		client := netip.AddrPortFrom(netip.MustParseAddr(args["NewInternalClient"]), uint16(internal))
		old, ok := b.table[at]
		switch {
		case b.forever && life != 0:
			return nil, 725
		case b.samePort && at.port != uint16(internal):
			return nil, 724
		case ok && b.once || ok && old.client != client || b.taken != nil && b.taken(at.port):
			return nil, 718
		}
		e := tenant{client: client, by: UPnP, renewed: old.renewed + 1}
		if life > 0 {
			e.until = time.Now().Add(time.Duration(life) * time.Second)
		}
		b.table[at] = e
		b.asked = append(b.asked, "UPnP "+proto.String())
		return nil, 0
	case "DeletePortMapping":
		if _, ok := b.table[at]; !ok {
			return nil, 714
		}
		delete(b.table, at)
		b.asked = append(b.asked, "UPnP "+proto.String()+" end")
		return nil, 0
	case "GetSpecificPortMappingEntry":
		e, ok := b.table[at]
		if !ok {
			return nil, 714
		}
		return []string{"NewInternalPort", strconv.Itoa(int(e.client.Port())), "NewInternalClient", e.client.Addr().String(),
			"NewEnabled", "1", "NewPortMappingDescription", "x", "NewLeaseDuration", "0"}, 0
	}
	return nil, 401
}

// arguments reads the innermost elements.
func arguments(body []byte) map[string]string {
	out := map[string]string{}
	d := xml.NewDecoder(bytes.NewReader(body))
	for last := ""; ; {
		tok, err := d.Token()
		if err != nil {
			return out
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			last = tok.Name.Local
		case xml.CharData:
			out[last] = strings.TrimSpace(string(tok))
		case xml.EndElement:
			last = ""
		}
	}
}
