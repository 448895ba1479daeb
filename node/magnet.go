package node

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"filbert/overlay/hostcache"
	"filbert/query"
	"filbert/transfer"
	"filbert/transfer/download"
	"filbert/transfer/library"
	"filbert/transfer/urn"
)

// pathN2R is where servents serve a file by its hash (HUGE 0.94 §3.1).
const pathN2R = "/uri-res/N2R"

// ErrNotHere is an error of MagnetOf and MagnetAt: the node knows no more of the
// file than who asks.
var ErrNotHere = errors.New("it is neither shared nor fetched here")

// Linked is a magnet link out: of what it was made, and what it says.
type Linked struct {
	urn.Magnet
	Shared bool // others can fetch it here
	Hidden bool // they can, but where is not known, so the link does not say
}

// MagnetOf makes a link for the file with that hash: a shared one, a download or
// a result of a search. The error wraps ErrNotHere if there is none.
func (n *Node) MagnetOf(ctx context.Context, h urn.SHA1) (Linked, error) {
	if e, err := n.library.BySHA1(h); err == nil {
		return n.magnetOfShared(ctx, e), nil
	}
	for _, d := range n.Downloads() {
		if d.File.SHA1 == h {
			l := n.magnet(ctx, d.File)
			l.Tiger, l.Blake3 = d.Tiger, d.Blake3
			if r, known := n.byHash(l.URN); known {
				l.learn(r.Roots)
			}
			return l, nil
		}
	}
	r, known := n.byHash(urn.URN{SHA1: h, HasSHA1: true})
	if !known {
		return Linked{}, fmt.Errorf("node: magnet of %s: %w", h, ErrNotHere)
	}
	return n.magnetOfFound(ctx, r), nil
}

// magnetOfFound names the trees that sources told of.
func (n *Node) magnetOfFound(ctx context.Context, r query.Result) Linked {
	l := n.magnet(ctx, r.File)
	l.Tiger, l.Blake3 = r.Tiger, r.Blake3
	return l
}

// byHash is the result of a search with that SHA-1 that may have the hash trees named.
func (n *Node) byHash(u urn.URN) (query.Result, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.results.ByHash(u.SHA1, query.Roots{Tiger: u.Tiger, Blake3: u.Blake3})
}

// MagnetOfResult makes a link for a result of a search.
func (n *Node) MagnetOfResult(ctx context.Context, r query.Result) (Linked, error) {
	switch {
	case r.Group != "":
		return Linked{}, fmt.Errorf("node: magnet of %d: %w", r.Number, ErrOfGroup)
	case !r.Hashed():
		return Linked{}, fmt.Errorf("node: magnet of %d: %w", r.Number, ErrUnhashed)
	}
	l, err := n.MagnetOf(ctx, r.File.SHA1)
	// The result is an old one, or what is here with its SHA-1 is another file.
	if errors.Is(err, ErrNotHere) || err == nil && r.Denies(query.Roots{Tiger: l.Tiger, Blake3: l.Blake3}) {
		return n.magnetOfFound(ctx, r), nil
	}
	l.learn(r.Roots)
	return l, err
}

// learn names the trees that are not named yet.
func (l *Linked) learn(roots query.Roots) {
	if !l.Tiger.Known() {
		l.Tiger = roots.Tiger
	}
	if !l.Blake3.Known() {
		l.Blake3 = roots.Blake3
	}
}

// MagnetAt makes a link for a file on this machine that is shared or was fetched;
// path is absolute. The error wraps ErrNotHere if it is neither.
func (n *Node) MagnetAt(ctx context.Context, path string) (Linked, error) {
	paths := []string{filepath.Clean(path)}
	if real, err := filepath.EvalSymlinks(path); err == nil && real != paths[0] {
		paths = append(paths, real)
	}
	for _, path := range paths {
		for _, e := range n.library.Entries() {
			if rel, ok := strings.CutPrefix(path, e.Share+string(filepath.Separator)); ok && filepath.ToSlash(rel) == e.Rel {
				return n.magnetOfShared(ctx, e), nil
			}
		}
		for _, d := range n.Downloads() {
			if d.State == download.Complete && d.Path == path {
				return n.magnet(ctx, d.File), nil
			}
		}
	}
	return Linked{}, fmt.Errorf("node: magnet of %s: %w", path, ErrNotHere)
}

// magnetOfShared names the trees of the file too, so that who follows the link
// can verify it in parts.
func (n *Node) magnetOfShared(ctx context.Context, e *library.Entry) Linked {
	l := n.magnet(ctx, transfer.File{Name: e.Name, Size: e.Size, SHA1: e.SHA1})
	l.Tiger, l.Blake3 = e.Tiger, e.Blake3
	return l
}

// magnet is a link for a file, with our address if it is shared.
func (n *Node) magnet(ctx context.Context, f transfer.File) Linked {
	l := Linked{Magnet: urn.Magnet{URN: urn.URN{SHA1: f.SHA1, HasSHA1: true}, Name: transfer.SafeName(f.Name), Size: f.Size}}
	if _, err := n.library.BySHA1(f.SHA1); err != nil {
		return l
	}
	l.Shared = true
	if addr := n.reachedAt(ctx); addr.IsValid() {
		l.Sources = []string{sourceURL(addr, f.SHA1)}
	} else {
		l.Hidden = true
	}
	return l
}

// sourceURL names a servent as a source of a file.
func sourceURL(addr netip.AddrPort, h urn.SHA1) string {
	at := url.URL{Scheme: "http", Host: addr.String(), Path: pathN2R, RawQuery: h.URN()}
	return at.String()
}

// reachedAt is where others reach the node: as it was seen or set, else where it
// listens, if that is one address. It is not valid if neither is known.
func (n *Node) reachedAt(ctx context.Context) netip.AddrPort {
	if s, err := n.overlay.Status(ctx); err == nil && s.External.IsValid() {
		return netip.AddrPortFrom(s.External, n.addr.Port())
	}
	if n.cfg.External.IsValid() {
		return netip.AddrPortFrom(n.cfg.External, n.addr.Port())
	}
	if n.addr.Addr().IsUnspecified() {
		return netip.AddrPort{}
	}
	return n.addr
}

// GetMagnet begins to fetch what a link names. The servents that it names as
// sources are asked; if it says how long the file is, and names one or there is a file
// to adopt, nobody needs to be searched for first. If it names hash trees, the file is
// the one that has them.
func (n *Node) GetMagnet(ctx context.Context, m urn.Magnet, output string, terms download.Terms) (download.Status, error) {
	if n.downloads == nil {
		return download.Status{}, fmt.Errorf("node: get: %w", ErrNoDownloads)
	}
	named := n.sourcesIn(m)
	r, known := n.byHash(m.URN)
	switch {
	case known:
	case (len(named) > 0 || terms.Adopt != "") && m.Size >= 0:
		r = query.Result{File: transfer.File{SHA1: m.SHA1, Size: m.Size, Name: m.SHA1.String()}}
	default:
		var err error
		if r, err = n.find(ctx, m.SHA1, "", query.Roots{Tiger: m.Tiger, Blake3: m.Blake3}); err != nil {
			return download.Status{}, err
		}
	}
	if m.Size >= 0 && r.File.Size != m.Size {
		return download.Status{}, fmt.Errorf("node: get %s: found with %d bytes, the link says %d: %w", m.SHA1, r.File.Size, m.Size, ErrNotFound)
	}
	if m.Name != "" {
		r.File.Name = m.Name
	}
	r.Sources = append(named, r.Sources...)
	terms.Tiger, terms.Blake3 = m.Tiger, m.Blake3 // what a search told is not what was asked for
	return n.add(r, output, terms)
}

// sourcesIn is the servents that a link names as sources of its file. It names
// them by their addresses, and others are none: no name is looked up, and nobody
// is asked for anything but the file by its hash.
func (n *Node) sourcesIn(m urn.Magnet) []transfer.Source {
	var sources []transfer.Source
	for _, text := range m.Sources {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "http" || u.Path != pathN2R || u.User != nil {
			continue
		}
		name, err := urn.Parse(u.RawQuery)
		if err != nil || !name.HasSHA1 || name.SHA1 != m.SHA1 {
			continue
		}
		addr, err := addrIn(u)
		// Links are passed on, so it counts as told by somebody where it points
		// to: no low port, which is another service.
		if err != nil || addr == n.addr || n.cfg.Hosts.Acceptable(addr, addr.Addr()) != hostcache.Kept {
			continue
		}
		sources = append(sources, transfer.Source{Addr: addr})
	}
	return sources
}

// addrIn is the address in a URL.
func addrIn(u *url.URL) (netip.AddrPort, error) {
	addr, err := netip.ParseAddr(u.Hostname())
	if err != nil {
		return netip.AddrPort{}, err
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	return netip.AddrPortFrom(addr.Unmap(), uint16(port)), err
}
