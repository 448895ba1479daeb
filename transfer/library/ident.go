package library

import "io/fs"

// ident tells whether a file is still the one that was hashed: content that
// changes without any of these is not noticed. Device and inode are 0 where
// the system or the fs.FS does not give them.
type ident struct {
	size  int64  // bytes
	mtime int64  // modification time, ns since 1970
	dev   uint64 // device
	ino   uint64 // inode
}

func identOf(info fs.FileInfo) ident {
	dev, ino := inode(info)
	return ident{size: info.Size(), mtime: info.ModTime().UnixNano(), dev: dev, ino: ino}
}
