package node

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"

	"filbert/overlay/wire"
)

// TestGivers gives connections to those who wait, in their order, and bounds how
// many do.
func TestGivers(t *testing.T) {
	p := &pushes{waiting: map[wire.GUID][]*giver{}}
	servent := wire.GUID{1}
	pipe := func() net.Conn { a, _ := net.Pipe(); return a }
	if p.give(servent, pipe()) {
		t.Error("given to nobody")
	}
	first, err := p.wait(servent)
	second, err2 := p.wait(servent)
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	conn := pipe()
	if !p.give(servent, conn) || len(second.conn) != 0 || <-first.conn != conn {
		t.Error("not given to the first who waits")
	}
	p.end(servent, first)
	if p.give(wire.GUID{2}, pipe()) {
		t.Error("given to one who waits for another servent")
	}
	late := pipe()
	if !p.give(servent, late) {
		t.Error("not given to the second")
	}
	p.end(servent, second) // it never took it
	if _, err := late.Write([]byte("x")); err == nil {
		t.Error("a connection that nobody took is open")
	}
	if p.givers != 0 || len(p.waiting) != 0 {
		t.Errorf("%d waits are left, in %d lists", p.givers, len(p.waiting))
	}
	for i := range maxGivers + 1 {
		_, err := p.wait(wire.GUID{byte(i), byte(i >> 8)})
		if full := i == maxGivers; full != errors.Is(err, errManyGivers) {
			t.Errorf("wait %d: %v", i, err)
		}
	}
}

func FuzzGIV(f *testing.F) {
	f.Add([]byte("GIV 1:C1C2C3C4C5C6C7C8FFCACBCCCDCECF00/blue sky.txt"))
	f.Add([]byte("GIV 4294967295:c1c2c3c4c5c6c7c8ffcacbcccdcecf00/"))
	f.Add([]byte("GIV 0:/"))
	f.Fuzz(func(t *testing.T, line []byte) {
		guid, err := parseGIV(line)
		if err != nil {
			return
		}
		if !bytes.Contains(bytes.ToLower(line), []byte(":"+guid.String()+"/")) {
			t.Errorf("%q names %v", line, guid)
		}
	})
}

func FuzzProxyRequest(f *testing.F) {
	f.Add("/gnutella/push-proxy?ServerId=YHBMHRGFY3D4R76KZPGM3TWPAA&file=1")
	f.Add("/gnet/push-proxy?guid=c1c2c3c4c5c6c7c8ffcacbcccdcecf00")
	f.Add("/gnutella/pushproxy?ServerID=yhbmhrgfy3d4r76kzpgm3twpaa======")
	f.Fuzz(func(t *testing.T, target string) {
		if strings.ContainsAny(target, " \r\n") {
			return
		}
		head := "GET " + target + " HTTP/1.1\r\nHost: x\r\nX-Node: 9.1.1.1:6346\r\n\r\n"
		request, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head)))
		if err != nil {
			return
		}
		guid, _, ok := parseProxyRequest(request)
		if !ok {
			return
		}
		again, err := http.NewRequest(http.MethodGet, "http://x"+proxyPath+"?ServerId="+serverID.EncodeToString(guid[:]), nil)
		if err != nil {
			t.Fatal(err)
		}
		if same, _, ok := parseProxyRequest(again); !ok || same != guid {
			t.Errorf("%v was read again as %v, %v", guid, same, ok)
		}
	})
}

// TestServerID holds the name of a servent against the published one.
func TestServerID(t *testing.T) {
	guid, err := wire.ParseGUID("c1c2c3c4c5c6c7c8ffcacbcccdcecf00")
	if got := serverID.EncodeToString(guid[:]); err != nil || got != "YHBMHRGFY3D4R76KZPGM3TWPAA" {
		t.Errorf("%s, error %v", got, err)
	}
}
