// Package topology makes and measures the graphs that overlays have: who is
// linked to whom, as data, without servents or sockets.
//
// It draws random, ring, tree, power-law (Barabási-Albert) and circulant graphs
// and reads measured ones (the edge lists of the SNAP collection). Of a graph it
// tells degrees, distances and connectedness, and what a Gnutella 0.6 flood
// costs on it: the figures a simulation is set against.
//
// A graph depends on its arguments and the random numbers that come in, and on
// nothing else: the same seed makes the same graph on every machine.
package topology
