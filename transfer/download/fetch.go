package download

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"filbert/transfer/ranges"
	"filbert/transfer/store"
)

// fetch asks src for the beginning of the missing bytes gap and writes what
// comes. The error is a *refusal if the source is to blame, a *diskError if the
// disk is, or ctx's; bytes may have been written with any of them.
func (d *download) fetch(ctx context.Context, p *store.Partial, src *source, gap ranges.Range) error {
	asked := ranges.Range{Start: gap.Start, End: min(gap.End, gap.Start+chunkBytes)}
	answer, err := d.ask(ctx, src, asked)
	if err != nil {
		return err
	}
	span, refused := judge(answer, d.file, asked, gap)
	if refused != nil {
		return refused
	}
	if err := d.receive(ctx, p, src, span, answer.Body); err != nil {
		return err
	}
	if !ended(answer) {
		d.hangUp()
	}
	return nil
}

// ask sends the request, over the connection to src if there is one. A source
// may have ended that between two requests, which is no offence.
func (d *download) ask(ctx context.Context, src *source, asked ranges.Range) (*http.Response, error) {
	for {
		if d.client != nil && d.client.source != src {
			d.hangUp()
		}
		if d.client == nil {
			c, err := dial(ctx, d.manager.cfg.Connector, src, d.file.SHA1, d.manager.agent)
			if err != nil {
				return nil, d.blame(ctx, "cannot be reached", err)
			}
			d.client = c
			d.tell(c)
		}
		answer, err := d.client.get(asked)
		if err == nil {
			d.hear(d.client, answer)
			return answer, nil
		}
		kept := d.client.answers > 0
		d.hangUp()
		if !kept || ctx.Err() != nil {
			return nil, d.blame(ctx, "does not answer", err)
		}
	}
}

// hangUp ends the connection there is.
func (d *download) hangUp() {
	if d.client != nil {
		d.client.close()
		d.client = nil
	}
}

// blame makes an error of the network the source's, unless it was we who ended
// the exchange.
func (d *download) blame(ctx context.Context, what string, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return refuse(failed, "%s in time", what)
	}
	return refuse(failed, "%s: %w", what, err)
}

// receive writes the body of an answer, which is the bytes span.
func (d *download) receive(ctx context.Context, p *store.Partial, src *source, span ranges.Range, body io.Reader) error {
	if d.buffer == nil {
		d.buffer = make([]byte, readBytes)
	}
	limit, host := d.manager.cfg.Limit, d.client.host()
	at, slowSince, slowBytes := span.Start, time.Now(), int64(0)
	for at < span.End {
		piece := limit.Piece(host, int(min(int64(len(d.buffer)), span.End-at)))
		waiting := time.Now()
		if err := limit.Wait(ctx, host, piece); err != nil {
			return err
		}
		slowSince = slowSince.Add(time.Since(waiting)) // we are slow ourselves
		n, err := body.Read(d.buffer[:piece])
		now := time.Now()
		if n > 0 {
			if written, err := p.WriteAt(d.buffer[:n], at); err != nil {
				d.sources.gave(src, int64(written))
				if errors.Is(err, store.ErrFragmented) {
					return refuse(lied, "sends scattered pieces: %w", err)
				}
				return &diskError{err}
			}
			at += int64(n)
			d.sources.gave(src, int64(n))
			d.arrived(now, int64(n), p)
		}
		switch {
		case at == span.End:
			return nil
		case err != nil:
			return d.blame(ctx, "broke off", err)
		}
		if slowBytes += int64(n); now.Sub(slowSince) >= slowWindow {
			d.takeOffers()
			if slowBytes < slowRate*int64(slowWindow/time.Second) && d.sources.hasOther(src, now) {
				return refuse(failed, "is slow: %d bytes in %v", slowBytes, slowWindow)
			}
			slowSince, slowBytes = now, 0
		}
	}
	return nil
}
