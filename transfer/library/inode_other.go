//go:build !unix

package library

import "io/fs"

// inode is not to be had without opening the file: size and time must do.
func inode(fs.FileInfo) (dev, ino uint64) { return 0, 0 }

// openFlags is empty where opening a file cannot wait for another program.
const openFlags = 0

// isMounted is left to the names of drives and network shares.
func isMounted(string) bool { return false }
