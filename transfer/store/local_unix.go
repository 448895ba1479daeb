//go:build unix

package store

import "syscall"

// localFlags keep the open of what became a FIFO or a terminal line after it was
// looked at from waiting, or from taking the terminal.
const localFlags = syscall.O_NONBLOCK | syscall.O_NOCTTY
