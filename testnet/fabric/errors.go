package fabric

import (
	"context"
	"os"
	"syscall"
)

// canceledError and timeoutError are what package net makes of a context's errors.
type canceledError struct{}

func (canceledError) Error() string        { return "operation was canceled" }
func (canceledError) Is(target error) bool { return target == context.Canceled }

type timeoutError struct{}

func (timeoutError) Error() string        { return "i/o timeout" }
func (timeoutError) Timeout() bool        { return true }
func (timeoutError) Temporary() bool      { return true }
func (timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// contextError turns the error of a context into that of a dial.
func contextError(err error) error {
	switch err {
	case context.Canceled:
		return canceledError{}
	case context.DeadlineExceeded:
		return timeoutError{}
	}
	return err
}

// callError is the failure of a system call.
func callError(call string, errno syscall.Errno) error { return os.NewSyscallError(call, errno) }
