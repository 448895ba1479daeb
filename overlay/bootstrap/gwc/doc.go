// Package gwc is the policy of GWebCaches: web scripts that keep the addresses
// of hosts.
//
//	asker → cache   GET URL?get=1&net=gnutella&client=FLBT&version=…   (version 2)
//	                GET URL?hostfile=1&client=FLBT&version=…           (version 1)
//	cache → asker   lines; what a line is, its beginning tells
//
// Client decides which cache is asked when, in which style, and when one is dead;
// ParseAnswer reads both styles. Nothing here has a connection or a clock:
// package bootstrap makes the requests.
package gwc
