// Package corpus makes libraries of files for the nodes of a testnet: who shares
// what, with names of ordinary words and contents from a seed.
//
// A plan and its seed decide everything, on every machine: names, sizes, bytes
// and owners. Few files are on many nodes and most on one (Zipf), so that
// searches are common or rare and downloads have one source or many. The library
// says which files a query matches, so that a search on the testnet has a known
// answer. It comes as folders on disk or, for simulated nodes, as one fs.FS per
// node whose bytes are made when they are read.
//
// The package starts no node and asks no query. It also splits a given folder
// among nodes, see Slice.
package corpus
