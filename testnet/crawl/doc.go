// Package crawl draws the map of an overlay: it visits ultrapeers from a few
// known ones on and asks each who its neighbors are.
//
//	TCP   GNUTELLA CONNECT/0.6, Crawler: 0.1        → Peers:, Leaves:   (gtk-gnutella, LimeWire)
//	      as a neighbor: PING, TTL 2                → a PONG for each   (every servent)
//	UDP   LIME/5v1                                  → LIME/6v1          (LimeWire, gtk-gnutella)
//
// A host is visited once, by the first of these ways that it answers. Walk
// decides who is visited next; Crawl carries that out; a Map is written as JSON
// and as an SVG picture.
//
// Neighbors are a servent's own word. Hosts that cannot be reached stand on the
// map by the word of others. An address told by a host of the public network is
// never followed to a private one.
package crawl
