package query

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// A Locator finds files in one way.
type Locator interface {
	// Name is a word for the way, for messages and counters.
	Name() string
	// Locate looks for files and calls found for each hit, from one goroutine,
	// until ctx ends or nothing more can come. It returns nil when ctx ended.
	Locate(ctx context.Context, q Query, found func(Hit)) error
}

// Searcher asks all its locators at once.
type Searcher struct{ Locators []Locator }

// Search calls found for every hit that q accepts, from one goroutine at a
// time, until ctx ends or all locators are done. An error of one locator does
// not keep the others from finding; errors are returned when all are done.
func (s *Searcher) Search(ctx context.Context, q Query, found func(Hit)) error {
	if err := q.Check(); err != nil {
		return fmt.Errorf("query: %w", err)
	}
	var (
		asking sync.WaitGroup
		mu     sync.Mutex
		failed []error
	)
	for _, l := range s.Locators {
		asking.Go(func() {
			err := l.Locate(ctx, q, func(h Hit) {
				if q.Accepts(h) {
					mu.Lock()
					defer mu.Unlock()
					found(h)
				}
			})
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed = append(failed, fmt.Errorf("query: %s: %w", l.Name(), err))
			}
		})
	}
	asking.Wait()
	return errors.Join(failed...)
}
