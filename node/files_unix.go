//go:build unix

package node

import "syscall"

// maxFiles is how many files and connections the system lets this process have
// open at once, 0 if it does not say.
func maxFiles() uint64 {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil {
		return 0
	}
	return uint64(l.Cur)
}
