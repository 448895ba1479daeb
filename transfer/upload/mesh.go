package upload

import (
	"net/netip"
	"strings"
	"time"

	"filbert/transfer/mesh"
	"filbert/transfer/urn"
)

// Mesh is what is known of who else has a file. Its methods do not block and are
// called from many goroutines at once.
type Mesh interface {
	// Heard takes the sources of a file that the host from named, Reported those
	// it calls failed.
	Heard(sha1 urn.SHA1, from netip.Addr, alts []mesh.AltLoc)
	Reported(sha1 urn.SHA1, from netip.Addr, alts []mesh.AltLoc)
	// Offer is the sources of a file that a peer at to may be told, Bad those that
	// failed us.
	Offer(sha1 urn.SHA1, to netip.Addr) []mesh.AltLoc
	Bad(sha1 urn.SHA1, to netip.Addr) []mesh.AltLoc
}

// exchange takes what the request says of other sources of its file, and names
// ours: once in mesh.TellEvery for each file asked for in a row.
func (a *answer) exchange() {
	m, sum := a.server.cfg.Mesh, a.entry.SHA1
	if m == nil {
		return
	}
	peer := addrOf(a.r.RemoteAddr).Addr()
	have, failed := mesh.Read(a.r.Header, sum)
	if len(have) > 0 {
		m.Heard(sum, peer, have)
	}
	if len(failed) > 0 {
		m.Reported(sum, peer, failed)
	}
	if a.conn != nil {
		if takesFirewalled(a.r.Header.Values(headerFeatures)) {
			a.conn.firewalled = true // said in the first request of a connection only
		}
		now := time.Now()
		if a.conn.meshed == sum && now.Sub(a.conn.meshedAt) < mesh.TellEvery {
			return
		}
		a.conn.meshed, a.conn.meshedAt = sum, now
	}
	firewalled := a.conn != nil && a.conn.firewalled
	mesh.Write(a.w.Header(), m.Offer(sum, peer), m.Bad(sum, peer), firewalled)
}

// takesFirewalled reports whether X-Features lists what X-Falt is for.
func takesFirewalled(features []string) bool {
	for _, value := range features {
		for feature := range strings.SplitSeq(value, ",") {
			name, _, _ := strings.Cut(strings.TrimSpace(feature), "/")
			if strings.EqualFold(name, featureFirewalled) {
				return true
			}
		}
	}
	return false
}
