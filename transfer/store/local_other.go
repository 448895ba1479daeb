//go:build !unix

package store

// localFlags is empty where opening a file cannot wait for another program.
const localFlags = 0
