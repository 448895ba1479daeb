package node

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// TestSignal carries words both ways, and gives up in time.
func TestSignal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		defer here.Close()
		defer there.Close()
		a, b := &signal{here, bufio.NewReader(here)}, &signal{there, bufio.NewReader(there)}
		for _, word := range [][]byte{{}, []byte("offer"), make([]byte, maxPunchWord)} {
			sent := make(chan error, 1)
			go func() { sent <- a.Send(t.Context(), word) }()
			if got, err := b.Receive(t.Context()); err != nil || !bytes.Equal(got, word) || <-sent != nil {
				t.Errorf("said %d bytes, heard %d, %v", len(word), len(got), err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := b.Receive(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("silence: %v", err)
		}
		if err := a.Send(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("too late: %v", err)
		}
		here.SetDeadline(time.Time{})
		go func() { here.Write([]byte{0xff, 0xff}) }()
		if _, err := b.Receive(t.Context()); err == nil {
			t.Error("a word of 65,535 bytes is taken")
		}
	})
}

// FuzzPunchWord reads what a peer says about a path: never more than the cap.
func FuzzPunchWord(f *testing.F) {
	f.Add([]byte{0, 3, 'a', 'b', 'c'})
	f.Add([]byte{0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		word, err := readWord(bytes.NewReader(b))
		if err == nil && (len(word) > maxPunchWord || !bytes.Equal(b[2:2+len(word)], word)) {
			t.Errorf("read %x of %x", word, b)
		}
	})
}
