// Package faultfs is the store's folder in memory, and a disk as bad as one
// likes: at a chosen call it fails, writes half, is full, is slow or loses its
// power, and what was not synced is then lost in part and out of order.
//
// What survives a power cut is what POSIX promises and no more:
//
//   - Of the bytes written since the last Sync that succeeded, any sectors, each
//     with any of the contents it was given since.
//   - After a Sync that failed the same, even though reads go on giving the new
//     bytes and the next Sync succeeds (as the page cache of Linux behaves).
//   - Of the names made, moved and removed since the last SyncDir of their
//     folder, any. A rename happens as a whole or not at all.
//
// The same seed and the same calls lose the same bytes. It keeps everything in
// memory and knows no permissions, no symbolic links, and no folders in folders
// that are themselves in folders.
package faultfs
