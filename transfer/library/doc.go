// Package library knows the files a servent shares: it walks the shared
// folders, hashes what it finds in the background (SHA-1, by which HUGE 0.94
// names files), watches for changes, and opens a shared file for whoever sends
// it, if it still is the file that was hashed.
//
// Hashing uses as many cores as it is given, reads one file at a time of a disk that may
// have an arm to move, and all but stops while transfers are under way.
//
// It refuses folders that are shared by accident more often than on purpose,
// leaves out what is private by its name (keys, mail, dot files), follows no
// symbolic link and opens nothing but regular files below a shared folder.
//
// It does not search (that is the index, which it tells what changed), does not
// send, and does not decide where the cache of its hashes lies.
//
// One goroutine, started by Run, owns the shares and their files. Everybody
// else reads immutable snapshots of the entries without a lock.
package library
