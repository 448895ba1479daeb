//go:build !unix

package node

// maxFiles: the system has no such limit.
func maxFiles() uint64 { return 0 }
