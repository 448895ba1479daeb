//go:build unix

package config

import (
	"io/fs"
	"os"
	"syscall"
)

// private reports whether only this user may use what info describes.
func private(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid() && info.Mode().Perm()&0o077 == 0
}
