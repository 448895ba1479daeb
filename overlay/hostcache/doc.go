// Package hostcache remembers hosts that may be dialed, and decides which one is
// next, which are told to others, and which addresses are believed at all. It
// is pure policy: the time and the randomness come in, bytes for the disk go
// out.
//
// It follows Bitcoin Core's address manager in spirit. Hosts we only heard of
// are in the new table, hosts we reached in the tried table. Both consist of
// small buckets, and a secret key decides into which few of them the hosts of
// one network (/16 of IPv4, /32 of IPv6), or told by one network, can fall: who
// owns few networks fills a small share, however many addresses they tell. Word
// of others never changes what is known of a host, moves it or shortens its
// back-off, and never drives a host out that was reached.
//
// A pick draws a network first and then a host of it, so that 150 addresses in
// one network count as much as one. Hosts named by the user are pinned: kept
// apart, never dropped, dialed first.
//
// Only ultrapeers belong here: a leaf takes no connections. Formats and sources
// of addresses (pongs, X-Try-Ultrapeers, UDP host caches) are the business of
// others.
package hostcache
