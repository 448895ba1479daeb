package download

import (
	"context"
	"net/http"
	"sync"
	"time"

	"filbert/transfer/store"
)

// open opens the file, or takes it up again where rest left it.
func (d *download) open() (*store.Partial, error) {
	if p := d.resting; p != nil {
		d.resting = nil
		<-d.manager.resting
		return p, nil
	}
	return d.manager.cfg.Store.Open(d.file, d.output)
}

// rest leaves the file of a download that waits for sources open, and what is
// verified of it shared, if there is something of it and room for one more. It
// reports false if the file is to be closed.
func (d *download) rest(p *store.Partial) bool {
	if d.tree == nil || p.Written() == 0 {
		return false
	}
	select {
	case d.manager.resting <- struct{}{}:
	default:
		return false
	}
	if p.Flush() != nil { // the error shows again when it is closed
		<-d.manager.resting
		return false
	}
	d.resting = p
	d.settled(p)
	return true
}

// end closes a file that rests.
func (d *download) end() {
	d.keepTermsLast()
	if d.resting == nil {
		return
	}
	p := d.resting
	d.resting = nil
	<-d.manager.resting
	d.share(nil, nil)
	d.close(p)
}

// askAround asks a source that makes us wait who else has the file: a HEAD needs
// none of its slots. It returns when the next is due, zero if there is none.
func (d *download) askAround(ctx context.Context, tasks *sync.WaitGroup) time.Time {
	now := time.Now()
	src := d.sources.queued(now)
	if d.manager.cfg.Mesh == nil || src == nil || d.sources.solo {
		return time.Time{}
	}
	if now.Before(d.nextAsk) {
		return d.nextAsk
	}
	d.askPause = min(max(2*d.askPause, firstAsk), lastAsk)
	d.nextAsk = now.Add(d.askPause)
	asked := &source{Source: src.Source} // the other is the loop's
	tasks.Go(func() {
		c, err := dial(ctx, d.manager.cfg.Connector, asked, d.file.SHA1, d.manager.agent)
		if err != nil {
			d.log.Debug().Err(err).Msg("asking around failed")
			return
		}
		defer c.close()
		d.tell(c, time.Now())
		if answer, err := c.headOnly(); err == nil {
			d.hear(c, answer)
		}
	})
	return d.nextAsk
}

// headOnly asks for the head of an answer with the file.
func (c *client) headOnly() (*http.Response, error) {
	c.header["User-Agent"] = []string{c.agent}
	return c.exchange(&http.Request{Method: http.MethodHead, URL: c.target, Header: c.header})
}
