// Package state keeps what a node remembers between two runs: named buckets of
// keys and values in one file (go.etcd.io/bbolt), or in memory for simulated
// nodes, behind the same type. It also holds the lock that keeps a second
// instance out of a home directory.
//
// A transaction is durable when Update returns, and after a crash the file
// holds the old state or the new one. Every value carries a checksum over its
// bucket, its key and itself. A file that is damaged is recognised when it is
// opened, set aside under another name, and a new one is begun; see Open.
//
// The package knows nothing of what it keeps. It is meant for a few thousand
// small values: transactions run one at a time.
package state
