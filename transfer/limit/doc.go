// Package limit holds transfers to a number of bytes per second.
//
// It decides when bytes may move. It does not move them, knows no connections,
// and looks at an address only to spare hosts of the own network.
package limit
