// Package lan finds servents on the local network, and lets itself be found, by
// multicast DNS (RFC 6762) and service discovery (RFC 6763).
//
// The service is _gnutella-svc._tcp: "gnutella-svc" is the name that IANA keeps
// for Gnutella. Instances have random names that say nothing of machine or user.
// Only private, link-local and loopback addresses are announced, and taken from
// others.
//
// Whoever announces tells everybody on the same network that a servent runs
// here: it is for the user to say so.
package lan
