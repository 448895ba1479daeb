package uhc

import (
	"net/netip"
	"strconv"
	"strings"
)

// defaultPort is that of a cache named without one.
const defaultPort = 6346

// parseName reads "host", "host:port" or "[v6]:port" and returns it in one form:
// lower case, with a port. ok is false for anything else.
func parseName(text string) (host string, port uint16, ok bool) {
	if len(text) > maxName {
		return "", 0, false
	}
	host, digits := text, ""
	if rest, bracket := strings.CutPrefix(text, "["); bracket {
		if host, digits, ok = strings.Cut(rest, "]"); !ok || !strings.Contains(host, ":") {
			return "", 0, false
		}
		if digits, ok = strings.CutPrefix(digits, ":"); !ok && digits != "" {
			return "", 0, false
		}
	} else if strings.Count(text, ":") == 1 {
		host, digits, _ = strings.Cut(text, ":")
	}
	number := uint64(defaultPort)
	if digits != "" {
		var err error
		if number, err = strconv.ParseUint(digits, 10, 16); err != nil || number == 0 {
			return "", 0, false
		}
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().String(), uint16(number), addr.Zone() == ""
	}
	if !isHostname(host) {
		return "", 0, false
	}
	return strings.ToLower(host), uint16(number), true
}

// isHostname reports whether s is a DNS name of at least two labels.
func isHostname(s string) bool {
	labels := 0
	for label := range strings.SplitSeq(strings.TrimSuffix(s, "."), ".") {
		labels++
		if label == "" || len(label) > 63 || strings.Trim(label, "-") != label {
			return false
		}
		for i := range len(label) {
			if c := label[i] | 0x20; (c < 'a' || c > 'z') && (label[i] < '0' || label[i] > '9') && label[i] != '-' && label[i] != '_' {
				return false
			}
		}
	}
	return labels >= 2
}

// parsePHC reads the lines of a PHC extension: "host[:port][&option[=value]]…".
// Options are left out, as are lines that name nothing, and those beyond maxPHC.
func parsePHC(text string) []string {
	var names []string
	lines := 0
	for line := range strings.SplitSeq(text, "\n") {
		if lines++; lines > maxPHC {
			break
		}
		name, _, _ := strings.Cut(strings.TrimSpace(line), "&")
		if host, port, ok := parseName(name); ok {
			names = append(names, join(host, port))
		}
	}
	return names
}

// join is the inverse of parseName.
func join(host string, port uint16) string {
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + strconv.Itoa(int(port))
}
