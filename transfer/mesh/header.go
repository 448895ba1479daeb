package mesh

import "filbert/transfer/urn"

// Keys of the headers in the form in which net/http keeps them.
const (
	keyAlt              = "X-Alt"
	keyFailed           = "X-Nalt"
	keyFirewalled       = "X-Falt"
	keyFailedFirewalled = "X-Nfalt"
	keyNodeInfo         = "X-Fw-Node-Info"
	keyLocation         = "X-Gnutella-Alternate-Location"
)

// Read takes what a request or an answer that is about the file sha1 says of
// its sources: those that have it, and those that failed. The header is an
// http.Header as net/http read it. Nothing of it was checked but its form.
func Read(header map[string][]string, sha1 urn.SHA1) (have, failed []AltLoc) {
	have = gather(have, header[keyAlt], ParseAlt)
	have = gather(have, header[keyLocation], func(v string) []AltLoc { return parseLocation(v, sha1) })
	have = gather(have, header[keyFirewalled], ParseFirewalled)
	failed = gather(failed, header[keyFailed], ParseAlt)
	failed = gather(failed, header[keyFailedFirewalled], ParseFirewalled)
	return have, failed
}

// ReadNode takes how a firewalled servent describes itself in a header: what
// pushes to it need.
func ReadNode(header map[string][]string) (AltLoc, bool) {
	nodes := gather(nil, header[keyNodeInfo], ParseFirewalled)
	if len(nodes) == 0 {
		return AltLoc{}, false
	}
	return nodes[0], true
}

// gather appends what parse finds in the values of one header, up to the bounds
// of all headers.
func gather(alts []AltLoc, values []string, parse func(string) []AltLoc) []AltLoc {
	read, most := 0, len(alts)+maxNamed
	for _, v := range values {
		if v = v[:min(len(v), maxRead-read)]; v == "" {
			break
		}
		read += len(v)
		alts = append(alts, parse(v)...)
	}
	return alts[:min(len(alts), most)]
}

// Write sets the headers that pass sources on, to a peer that does or does not
// take firewalled ones ("fwalt" in its X-Features).
func Write(header map[string][]string, have, failed []AltLoc, firewalled bool) {
	set(header, HeaderAlt, AppendAlt(nil, have))
	set(header, HeaderFailed, AppendAlt(nil, failed))
	if firewalled {
		set(header, HeaderFirewalled, AppendFirewalled(nil, have))
	}
}

func set(header map[string][]string, name string, value []byte) {
	if len(value) > 0 {
		header[name] = []string{string(value)}
	}
}
