//go:build !unix

package config

import "io/fs"

// private reports whether only this user may use what info describes: folders of
// the local application data are.
func private(fs.FileInfo) bool { return true }
