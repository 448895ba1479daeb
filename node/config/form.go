package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"filbert/nat/turn"
	"filbert/transfer/limit"
)

// form is what a text must look like.
type form uint8

const (
	formFree     form = iota
	formListen        // IP:port, port 0 and no IP included
	formPeer          // host:port
	formLoopback      // loopback host:port, or empty
	formIP            // IP address, or empty
	formFolder        // path
	formLevel         // level of zerolog
	formRole          // role in the network
	formWebCache      // URL of a GWebCache
	formRule          // rule of a schedule of limits
	formServer        // IP:port
	formTURN          // TURN server with its user and password
	formCommand       // program or argument, see hook; the list is checked as a whole
)

var roles = [...]string{"auto", "leaf", "ultrapeer"}

var levels = [...]string{"trace", "debug", "info", "warn", "error", "disabled"}

// check refuses a text that is not of the form. An error says what is wrong and,
// after a colon, what to do.
func (f form) check(text string) error {
	switch f {
	case formListen:
		return checkListen(text)
	case formPeer:
		return checkPeer(text)
	case formLoopback:
		return checkLoopback(text)
	case formIP:
		return checkIP(text)
	case formFolder:
		return checkFolder(text)
	case formRole:
		if !slices.Contains(roles[:], text) {
			return fmt.Errorf("%q is no role: give one of %s", text, strings.Join(roles[:], ", "))
		}
	case formWebCache:
		return checkWebCache(text)
	case formServer:
		return checkServer(text)
	case formTURN:
		_, err := turn.Parse(text)
		return err
	case formRule:
		_, err := limit.ParseRule(text)
		return err
	case formLevel:
		if !slices.Contains(levels[:], text) {
			return fmt.Errorf("%q is no level: give one of %s", text, strings.Join(levels[:], ", "))
		}
	}
	return nil
}

// shown is a text without what nobody should see.
func (f form) shown(text string) string {
	if f != formTURN {
		return text
	}
	server, err := turn.Parse(text)
	if err != nil {
		return "a text"
	}
	return server.String()
}

// splitPort splits host:port.
func splitPort(text string) (host string, port uint16, err error) {
	host, digits, err := net.SplitHostPort(text)
	if err != nil {
		return "", 0, fmt.Errorf("%q is not host:port: write it like 192.0.2.7:6346, servent.example:6346 or [2001:db8::7]:6346", text)
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("%q has no port from 0 to 65535: write it like 192.0.2.7:6346", text)
	}
	return host, uint16(n), nil
}

func checkListen(text string) error {
	host, _, err := splitPort(text)
	if err != nil || host == "" {
		return err
	}
	if addr, err := netip.ParseAddr(host); err != nil || addr.IsMulticast() {
		return fmt.Errorf("%q has no IP address of this machine: use [::] for all of them, or 0.0.0.0 for those of IPv4", text)
	}
	return nil
}

func checkPeer(text string) error {
	host, port, err := splitPort(text)
	switch {
	case err != nil:
		return err
	case port == 0:
		return fmt.Errorf("%q has port 0: give the port at which the servent is reached", text)
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		if addr.IsUnspecified() || addr.IsMulticast() {
			return fmt.Errorf("%q is the address of no servent: give that at which it is reached", text)
		}
		return nil
	}
	if !isHostname(host) {
		return fmt.Errorf("%q has neither an IP address nor a host name: write it like servent.example:6346", text)
	}
	return nil
}

// isHostname reports whether s is a name of RFC 1123 §2.1; underscores, which
// are in use, pass.
func isHostname(s string) bool {
	if len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(s, "."), ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "-") != label {
			return false
		}
		for _, r := range label {
			if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' {
				return false
			}
		}
	}
	return true
}

func checkLoopback(text string) error {
	if text == "" {
		return nil
	}
	host, _, err := splitPort(text)
	if err != nil {
		return err
	}
	if addr, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !addr.Unmap().IsLoopback()) {
		return fmt.Errorf("%q could be reached from outside: use 127.0.0.1, [::1] or localhost, "+
			"and a tunnel (ssh -L) from other machines", text)
	}
	return nil
}

func checkIP(text string) error {
	if text == "" {
		return nil
	}
	addr, err := netip.ParseAddr(text)
	if err != nil || addr.Zone() != "" || addr.IsUnspecified() || addr.IsMulticast() {
		return fmt.Errorf("%q is no IP address of a host: write it like 192.0.2.7 or 2001:db8::7, without a port", text)
	}
	return nil
}

func checkWebCache(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" || u.Hostname() == "" || u.User != nil || len(text) > maxWebCache {
		return fmt.Errorf("%q is no URL of a web cache: write it like http://cache.example/gwc.php, with http and %d bytes at most", text, maxWebCache)
	}
	return nil
}

func checkServer(text string) error {
	addr, err := netip.ParseAddrPort(text)
	if err != nil || addr.Port() == 0 || checkIP(addr.Addr().String()) != nil {
		return fmt.Errorf("%q is no address of a server: write it like 192.0.2.7:3478 or [2001:db8::7]:3478, a name is not looked up", text)
	}
	return nil
}

func checkFolder(text string) error {
	if strings.HasPrefix(text, "~") && text != "~" && !strings.HasPrefix(text, "~/") {
		return fmt.Errorf("%q is in the home of another user: write the whole path", text)
	}
	return nil
}

// errEmptyItem is what an empty item of a list is.
var errEmptyItem = errors.New("an item is empty: remove it")
