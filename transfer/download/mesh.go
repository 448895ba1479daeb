package download

import (
	"net/http"
	"net/netip"
	"time"

	"filbert/transfer"
	"filbert/transfer/mesh"
	"filbert/transfer/urn"
)

// Mesh is what is known of who has a file. Its methods do not block and are
// called from many goroutines at once.
type Mesh interface {
	// Heard takes the sources of a file that the host from named, Reported those
	// it calls failed.
	Heard(sha1 urn.SHA1, from netip.Addr, alts []mesh.AltLoc)
	Reported(sha1 urn.SHA1, from netip.Addr, alts []mesh.AltLoc)
	// Worked notes that a source gave us bytes that turned out right, Failed that
	// it does not have the file, or lies.
	Worked(sha1 urn.SHA1, alt mesh.AltLoc)
	Failed(sha1 urn.SHA1, alt mesh.AltLoc)
	// Offer is the sources of a file that a peer at to may be told, Bad those that
	// failed us.
	Offer(sha1 urn.SHA1, to netip.Addr) []mesh.AltLoc
	Bad(sha1 urn.SHA1, to netip.Addr) []mesh.AltLoc
	// Self is how we name ourselves to a peer at to, over a connection from local. It
	// reports false if the peer could not connect to us there.
	Self(local, to netip.Addr) (mesh.AltLoc, bool)
	// Sources is at most n sources of a file for us to try.
	Sources(sha1 urn.SHA1, n int) []transfer.Source
}

// tell puts into a request what is known of others that have the file: into the
// first of a connection, again after a while, and when there is something here that
// we can give ourselves.
func (d *download) tell(c *client, now time.Time) {
	m := d.manager.cfg.Mesh
	if m == nil {
		return
	}
	first, share := c.told.IsZero(), !c.named && d.shares()
	if !first && !share && now.Sub(c.told) < mesh.TellEvery {
		return
	}
	c.told = now
	if first {
		c.header[headerFeatures] = []string{featureFirewalled}
		c.header[headerURN] = []string{d.file.SHA1.URN()}
	}
	have := m.Offer(d.file.SHA1, c.host())
	if share || c.named {
		if self, ok := m.Self(c.local(), c.host()); ok {
			have = append([]mesh.AltLoc{self}, have...)
		}
		c.named = true
	}
	mesh.Write(c.header, have, m.Bad(d.file.SHA1, c.host()), true)
}

// hear takes what an answer says of others that have the file, and tries them.
func (d *download) hear(c *client, answer *http.Response) {
	m := d.manager.cfg.Mesh
	if m == nil {
		return
	}
	have, failed := mesh.Read(answer.Header, d.file.SHA1)
	if len(failed) > 0 {
		m.Reported(d.file.SHA1, c.host(), failed)
	}
	if len(have) > 0 {
		m.Heard(d.file.SHA1, c.host(), have)
		d.offer(m.Sources(d.file.SHA1, maxMeshSources))
	}
}

// worked tells the mesh who gave the file that is here, whole and right.
func (d *download) worked() {
	if m := d.manager.cfg.Mesh; m != nil {
		for _, src := range d.sources.list {
			if src.bytes > 0 {
				m.Worked(d.file.SHA1, altLoc(src.Source))
			}
		}
	}
}

// failed tells the mesh of a source that is of no use for the file.
func (d *download) failed(src *source) {
	if m := d.manager.cfg.Mesh; m != nil && src.dropped {
		m.Failed(d.file.SHA1, altLoc(src.Source))
	}
}

// altLoc is a source as the mesh names it.
func altLoc(src transfer.Source) mesh.AltLoc {
	if src.Push {
		return mesh.AltLoc{Firewalled: true, Servent: src.Servent, Proxies: src.Proxies}
	}
	return mesh.AltLoc{Addr: src.Addr}
}
