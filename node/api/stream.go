package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// stream writes server-sent events. Its methods may be called from several
// goroutines.
type stream struct {
	mu   sync.Mutex
	w    http.ResponseWriter
	ctl  *http.ResponseController
	dead bool
}

// streaming is the answer of an operation that sends events: body runs until it
// is done or ctx, which ends with the client, does. Whenever nothing was sent
// for a while a comment is, so that both ends know of the other.
func streaming(body func(ctx context.Context, s *stream)) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		r, w := humago.Unwrap(hc)
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Cache-Control", "no-store")
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		s := &stream{w: w, ctl: http.NewResponseController(w)}
		s.write(": filbert\n\n")
		var alive sync.WaitGroup
		alive.Go(func() {
			t := time.NewTicker(beat)
			defer t.Stop()
			for {
				select {
				case <-t.C:
					s.write(":\n\n")
				case <-ctx.Done():
					return
				}
			}
		})
		body(ctx, s)
		cancel()
		alive.Wait()
	}}
}

// send writes one event with data as JSON.
func (s *stream) send(event string, data any) {
	b, err := json.Marshal(data)
	if err != nil {
		panic(err) // a type of ours that JSON cannot hold
	}
	s.write(fmt.Sprintf("event: %s\ndata: %s\n\n", event, b))
}

func (s *stream) write(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead {
		return
	}
	s.ctl.SetWriteDeadline(time.Now().Add(beat)) // an error shows at the write
	if _, err := s.w.Write([]byte(text)); err != nil || s.ctl.Flush() != nil {
		s.dead = true // the request's context ends as well
	}
}

// events describes a stream in the OpenAPI document.
func events(description string) map[string]*huma.Response {
	return map[string]*huma.Response{
		"200": {Description: description, Content: map[string]*huma.MediaType{"text/event-stream": {}}},
	}
}
