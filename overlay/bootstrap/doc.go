// Package bootstrap finds the network for a node that knows nobody: it asks UDP
// host caches, GWebCaches and the local network for hosts, one after the other
// and only while it must.
//
// Each way is a Source. Plan decides which one is looked at when; Bootstrap
// carries that out. What is asked of whom is decided by the packages uhc and gwc;
// the sources here give them sockets, names and time. No source knows a host or
// a cache that it was not told of: whom to ask is the user's choice.
//
// Hosts of earlier runs and seeds are not found here: package overlay calls them
// by itself.
package bootstrap
