package proxy

import (
	"context"
	"fmt"

	"filbert/nat/punch"
)

// Sealing is an [Asker] or an [Asked].
type Sealing interface {
	Seal(message []byte) (word []byte, err error)
	Open(word []byte) (message []byte, err error)
}

// Sealed is a signal whose messages go as words over another. It implements punch.Signal;
// one goroutine uses it.
type Sealed struct {
	Words punch.Signal
	Seal  Sealing
}

// Send implements punch.Signal.
func (s *Sealed) Send(ctx context.Context, message []byte) error {
	word, err := s.Seal.Seal(message)
	if err != nil {
		return err
	}
	return s.Words.Send(ctx, word)
}

// Receive implements punch.Signal. Words that the peer did not seal are skipped, as many as
// a talk may have.
func (s *Sealed) Receive(ctx context.Context) (message []byte, err error) {
	for range MaxTalkWords {
		word, failed := s.Words.Receive(ctx)
		if failed != nil {
			return nil, failed
		}
		if message, err = s.Seal.Open(word); err == nil {
			return message, nil
		}
	}
	return nil, fmt.Errorf("proxy: %d words of no use: %w", MaxTalkWords, err)
}
