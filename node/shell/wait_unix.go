//go:build unix

package shell

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// waitInput returns when a read of file would not block, or with the cause of
// ctx when that ends first. A terminal in its cooked mode has input once a
// line is complete.
func waitInput(ctx context.Context, file *os.File) error {
	wakeReader, wakeWriter, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("wait for input: %w", err)
	}
	defer wakeReader.Close()
	stop := context.AfterFunc(ctx, func() { wakeWriter.Close() }) // ends the poll
	defer func() {
		if stop() {
			wakeWriter.Close()
		}
	}()
	input, err := descriptor(file)
	if err != nil {
		return err
	}
	wake, err := descriptor(wakeReader)
	if err != nil {
		return err
	}
	for {
		fds := []unix.PollFd{{Fd: input, Events: unix.POLLIN}, {Fd: wake, Events: unix.POLLIN}}
		_, err := unix.Poll(fds, -1)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return fmt.Errorf("wait for input: %w", err)
		case ctx.Err() != nil:
			return ctx.Err()
		case fds[0].Revents != 0:
			return nil // the read tells what it is
		}
	}
}

// descriptor returns the descriptor of a file and leaves its mode as it is,
// unlike [os.File.Fd].
func descriptor(file *os.File) (int32, error) {
	conn, err := file.SyscallConn()
	if err != nil {
		return -1, fmt.Errorf("wait for input: %w", err)
	}
	var fd int32
	err = conn.Control(func(n uintptr) { fd = int32(n) })
	return fd, err
}
