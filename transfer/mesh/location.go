package mesh

import (
	"strings"

	"filbert/transfer/urn"
)

// parseLocation reads a value of X-Gnutella-Alternate-Location:
//
//	http://ip[:port]/uri-res/N2R?urn:sha1:<32> [time], ...
//
// Those that name another file than sha1, or name it by a number, are skipped.
// The time is when the place was last seen, by the clock of somebody else: the
// mesh goes by when it heard of it.
func parseLocation(value string, sha1 urn.SHA1) []AltLoc {
	var alts []AltLoc
	for field := range strings.SplitSeq(clip(value), ",") {
		place, _, _ := strings.Cut(strings.TrimSpace(field), " ")
		rest, ok := cutPrefixFold(place, "http://")
		if !ok {
			continue
		}
		host, path, _ := strings.Cut(rest, "/")
		name, ok := cutPrefixFold(path, "uri-res/N2R?")
		if !ok {
			continue
		}
		u, err := urn.Parse(name)
		if err != nil || !u.HasSHA1 || u.SHA1 != sha1 {
			continue
		}
		if addr, ok := parseAddr(host, true); ok {
			alts = append(alts, AltLoc{Addr: addr})
			if len(alts) == maxNamed {
				break
			}
		}
	}
	return alts
}
