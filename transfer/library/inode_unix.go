//go:build unix

package library

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// inode is the device and inode of a file, 0 if its file system has none.
func inode(info fs.FileInfo) (dev, ino uint64) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0
	}
	return uint64(stat.Dev), uint64(stat.Ino)
}

// openFlags keep the open of what became a FIFO or a terminal line after it was
// looked at from waiting, or from taking the terminal.
const openFlags = syscall.O_NONBLOCK | syscall.O_NOCTTY

// isMounted reports whether dir is on another device than the folder above it.
func isMounted(dir string) bool {
	own, err := os.Lstat(dir)
	if err != nil {
		return false
	}
	above, err := os.Lstat(filepath.Dir(dir))
	if err != nil {
		return false
	}
	dev, _ := inode(own)
	devAbove, _ := inode(above)
	return dev != devAbove
}
