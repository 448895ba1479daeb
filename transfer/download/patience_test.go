package download

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"filbert/transfer"
	"filbert/transfer/ranges"
	"filbert/transfer/store"
	"filbert/transfer/store/faultfs"
)

// TestBusySourceIsAskedWhenItSays: Retry-After is kept, bounded, and other
// sources are tried meanwhile.
func TestBusySourceIsAskedWhenItSays(t *testing.T) {
	for _, c := range []struct {
		retryAfter string
		want       time.Duration
	}{
		{"Retry-After: 290", 290 * time.Second},
		{"Retry-After: 0", time.Second},
		{"Retry-After: 4000", time.Hour},
		{"Retry-After: 3600", time.Hour},
		{"Retry-After: 99999999999", time.Minute},
		{"Retry-After: Fri, 31 Dec 2027 23:59:59 GMT", time.Minute},
		{"X-Nothing: 1", time.Minute},
	} {
		t.Run(c.retryAfter, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *pipes) {
				file, b := content(1, 5000)
				begin := time.Now()
				source := newServent(t, n, file, after(1, says("503 Busy", c.retryAfter), honest(b)))
				d := open(t, folder(), Config{Connector: n})
				d.add(file, source.Source)
				s := d.until(file, "waiting", waiting)
				if s.Until.Sub(begin) != c.want || !strings.Contains(s.Reason, "203.0.113.1:6346: is busy (503)") || s.Sources != 1 {
					t.Errorf("%+v", s)
				}
				d.want(file, Complete)
				if took := time.Since(begin); took != c.want {
					t.Errorf("asked again after %v", took)
				}
			})
		})
	}
}

func TestNewSourceEndsTheWait(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		file, b := content(1, 5000)
		begin := time.Now()
		d := open(t, folder(), Config{Connector: n})
		d.add(file, newServent(t, n, file, says("503 Busy", "Retry-After: 3600")).Source)
		d.until(file, "waiting", waiting)
		if err := d.AddSources(file.SHA1, []transfer.Source{newServent(t, n, file, honest(b)).Source}); err != nil {
			t.Fatal(err)
		}
		d.want(file, Complete)
		if took := time.Since(begin); took != 0 {
			t.Errorf("took %v", took)
		}
	})
}

// TestStall: a source that goes silent is left after half a minute, wherever it
// does, and another goes on with what is missing.
func TestStall(t *testing.T) {
	const size = 300000
	file, b := content(1, size)
	for _, c := range []struct {
		name string
		odd  answer
		rest ranges.Range // what the other source is asked for
	}{
		{"before the header", func(c net.Conn, _ *http.Request, _ ranges.Range, _ int) bool {
			c.Read(make([]byte, 1))
			return false
		}, ranges.Range{End: size}},
		{"in the header", func(c net.Conn, _ *http.Request, _ ranges.Range, _ int) bool {
			fmt.Fprint(c, "HTTP/1.1 206 Partial Content\r\nServer")
			c.Read(make([]byte, 1))
			return false
		}, ranges.Range{End: size}},
		{"dribbling the header", func(c net.Conn, _ *http.Request, _ ranges.Range, _ int) bool {
			fmt.Fprint(c, "HTTP/1.1 206 Partial Content\r\nServer: ")
			for range 100 {
				time.Sleep(10 * time.Second)
				if _, err := fmt.Fprint(c, "x"); err != nil {
					break
				}
			}
			return false
		}, ranges.Range{End: size}},
		{"in the body", func(c net.Conn, r *http.Request, asked ranges.Range, n int) bool {
			breaksOff(b, 100000)(c, r, asked, n)
			c.Read(make([]byte, 1))
			return false
		}, ranges.Range{Start: 100000, End: size}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *pipes) {
				begin := time.Now()
				odd := newServent(t, n, file, c.odd)
				d := open(t, folder(), Config{Connector: n})
				d.add(file, odd.Source)
				d.until(file, "asked", func(Status) bool { return len(odd.requests()) > 0 })
				other := newServent(t, n, file, honest(b))
				d.AddSources(file.SHA1, []transfer.Source{other.Source})
				d.want(file, Complete)
				if took := time.Since(begin); took != stallTimeout {
					t.Errorf("took %v", took)
				}
				if got := other.requests(); !slices.Equal(got, []ranges.Range{c.rest}) {
					t.Errorf("the other was asked for %v", got)
				}
			})
		})
	}
}

// hanging connects to nobody, ever.
type hanging struct{ network }

func (h hanging) Connect(ctx context.Context, src transfer.Source) (net.Conn, error) {
	if src.Index == 0 {
		return h.network.Connect(ctx, src)
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestConnectTimeout(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		file, b := content(1, 5000)
		begin := time.Now()
		d := open(t, folder(), Config{Connector: hanging{n}})
		d.add(file, transfer.Source{Index: 1, Servent: [16]byte{0xcd}, Push: true})
		s := d.until(file, "waiting", waiting)
		if took := time.Since(begin); took != connectTimeout || !strings.Contains(s.Reason, "servent cd000000000000000000000000000000: cannot be reached in time") {
			t.Errorf("after %v: %s", took, s.Reason)
		}
		d.AddSources(file.SHA1, []transfer.Source{newServent(t, n, file, honest(b)).Source})
		d.want(file, Complete)
	})
}

// TestSlowSourceIsLeftForAnother, but not if there is no other.
func TestSlowSourceIsLeftForAnother(t *testing.T) {
	for _, alone := range []bool{true, false} {
		inBubble(t, func(t *testing.T, n *pipes) {
			file, b := content(1, 60000)
			trickle := newServent(t, n, file, func(c net.Conn, _ *http.Request, asked ranges.Range, _ int) bool {
				head(c, "206 Partial Content", "Content-Range: "+ranges.ContentRange(asked, file.Size))
				for at := asked.Start; at < asked.End; at += 100 {
					time.Sleep(100 * time.Millisecond)
					if _, err := c.Write(b[at:min(at+100, asked.End)]); err != nil {
						return false
					}
				}
				return false
			})
			begin := time.Now()
			d := open(t, folder(), Config{Connector: n})
			d.add(file, trickle.Source)
			if !alone {
				d.until(file, "asked", func(Status) bool { return len(trickle.requests()) > 0 })
				d.AddSources(file.SHA1, []transfer.Source{newServent(t, n, file, honest(b)).Source})
			}
			s := d.until(file, "measured", func(s Status) bool { return s.Rate > 0 && s.Have > 10000 })
			if s.Rate < 900 || s.Rate > 1100 || s.ETA < 40*time.Second || s.ETA > 60*time.Second || s.Source != trickle.Addr.String() {
				t.Errorf("%+v", s)
			}
			d.want(file, Complete)
			want := map[bool]time.Duration{true: time.Minute, false: slowWindow}[alone]
			if took := time.Since(begin); took < want || took > want+time.Second {
				t.Errorf("alone %v: took %v, want %v", alone, took, want)
			}
		})
	}
}

// TestSourceThatAlwaysFailsIsGivenUp after some attempts, further and further
// apart.
func TestSourceThatAlwaysFailsIsGivenUp(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		file, _ := content(1, 5000)
		source := newServent(t, n, file, says("500 Error"))
		d := open(t, folder(), Config{Connector: n})
		d.add(file, source.Source)
		s := d.until(file, "given up", func(s Status) bool { return s.State == Waiting && s.Until.IsZero() })
		if n := len(source.requests()); n != maxFailures || s.Sources != 0 || !strings.Contains(s.Reason, "no source left; the last: 203.0.113.1:6346: failed (500)") {
			t.Errorf("%d attempts, %+v", n, s)
		}
	})
}

// TestReasonIsFitToBeShown: what a source says may be for the terminal.
func TestReasonIsFitToBeShown(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		file, _ := content(1, 5000)
		d := open(t, folder(), Config{Connector: n})
		d.add(file, newServent(t, n, file, func(c net.Conn, _ *http.Request, _ ranges.Range, _ int) bool {
			fmt.Fprintf(c, "HTTP/1.1 206 OK\r\n\x1b]0;owned\x07\u202e%s\r\n\r\n", strings.Repeat("x", 5000))
			return false
		}).Source)
		s := d.until(file, "waiting", waiting)
		if !strings.Contains(s.Reason, `\x1b]0;owned\a\u202exxx`) || len(s.Reason) > 2*maxReasonBytes || s.Reason != transfer.Display(s.Reason) {
			t.Errorf("%q", s.Reason)
		}
	})
}

// searching finds sources, given time.
type searching struct {
	takes time.Duration
	find  func() []transfer.Source
	asked []time.Time
	names []bool
}

func (s *searching) Find(ctx context.Context, _ transfer.File, byName bool) ([]transfer.Source, error) {
	s.asked, s.names = append(s.asked, time.Now()), append(s.names, byName)
	select {
	case <-time.After(s.takes):
		return s.find(), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// TestSearchWhenNobodyIsLeft: the first search finds nothing, the second does.
func TestSearchWhenNobodyIsLeft(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		file, b := content(1, 5000)
		begin := time.Now()
		finder := &searching{takes: 10 * time.Second}
		finder.find = func() []transfer.Source {
			if len(finder.asked) < 2 {
				return nil
			}
			return []transfer.Source{newServent(t, n, file, honest(b)).Source}
		}
		d := open(t, folder(), Config{Connector: n, Finder: finder})
		d.add(file)
		s := d.until(file, "waiting", waiting)
		if s.Reason != "no source" || s.Until.Sub(begin) != findEvery {
			t.Errorf("%+v", s)
		}
		d.want(file, Complete)
		if took := time.Since(begin); took != findEvery+10*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// TestSearchesBecomeRare: while nobody is found, searches are by hash and by name in
// turn, and ever rarer; who is found makes them what they were.
func TestSearchesBecomeRare(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		file, _ := content(1, 3*mb)
		finder := &searching{takes: time.Second, find: func() []transfer.Source { return nil }}
		d := open(t, folder(), Config{Connector: n, Finder: finder})
		begin := time.Now()
		d.add(file)
		time.Sleep(5 * time.Hour)
		other := newServent(t, n, file, says("404 Not Found"))
		if err := d.AddSources(file.SHA1, []transfer.Source{other.Source}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(75 * time.Minute)
		d.stop()
		want := []time.Duration{0, 5, 15, 35, 75, 135, 195, 255, 315, 320, 330, 350}
		if len(finder.asked) != len(want) {
			t.Fatalf("%d searches: %v", len(finder.asked), finder.asked)
		}
		for i, moment := range finder.asked {
			if at := moment.Sub(begin); at != want[i]*time.Minute {
				t.Errorf("search %d after %v, want %d minutes", i, at, want[i])
			}
			if byName := i%2 == 1; i < 8 && finder.names[i] != byName {
				t.Errorf("search %d is by name: %t", i, finder.names[i])
			}
		}
	})
}

// TestStopDuringEverything ends the manager while a search goes on and a
// source is silent.
func TestStopDuringEverything(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		silent, _ := content(1, 5000)
		lost, _ := content(2, 5000)
		d := open(t, folder(), Config{Connector: n, Finder: &searching{takes: time.Hour}})
		d.add(silent, newServent(t, n, silent, func(c net.Conn, _ *http.Request, _ ranges.Range, _ int) bool {
			c.Read(make([]byte, 1))
			return false
		}).Source)
		d.add(lost)
		synctest.Wait()
		begin := time.Now()
		d.stop()
		if took := time.Since(begin); took != 0 {
			t.Errorf("took %v to stop", took)
		}
		if _, err := d.Wait(context.Background(), lost.SHA1); err == nil {
			t.Error("a stopped manager let somebody wait")
		}
		if _, err := d.Add(Request{File: lost}); err == nil {
			t.Error("a stopped manager took a request")
		}
	})
}

// TestFullDiskIsWaitedFor: the download says what it waits for, the source is
// left alone, and it goes on when there is room.
func TestFullDiskIsWaitedFor(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		file, b := content(1, 3<<20)
		fs := faultfs.New(faultfs.Config{})
		source := newServent(t, n, file, func(c net.Conn, r *http.Request, asked ranges.Range, count int) bool {
			return honest(b)(c, r, ranges.Range{Start: asked.Start, End: min(asked.End, asked.Start+1<<20)}, count)
		})
		d := open(t, fs, Config{Connector: n})
		fs.Inject(faultfs.Fault{Op: faultfs.Write, Suffix: ".partial", Err: errFull})
		d.add(file, source.Source)
		s := d.until(file, "waiting", waiting)
		if !strings.Contains(s.Reason, store.ErrNoSpace.Error()) {
			t.Errorf("%+v", s)
		}
		fs.SetCapacity(1)
		time.Sleep(10 * time.Minute)
		if asked := len(source.requests()); asked > 1 {
			t.Errorf("the source was asked %d times for what cannot be written", asked)
		}
		fs.SetCapacity(1 << 30)
		fs.Heal()
		begin := time.Now()
		d.want(file, Complete)
		d.wantFile(file.Name, b)
		if took := time.Since(begin); took > diskWait {
			t.Errorf("took %v when there was room again", took)
		}
	})
}

// TestFailingDisk gives up in the end, says why, and does not fetch for ever
// what cannot be kept.
func TestFailingDisk(t *testing.T) {
	for _, op := range []faultfs.Op{faultfs.Write, faultfs.Sync} {
		inBubble(t, func(t *testing.T, n *pipes) {
			file, b := content(1, 300000)
			fs := folder()
			source := newServent(t, n, file, shortens(b))
			var told diary
			d := open(t, fs, Config{Connector: n, Witness: &told})
			fs.Inject(faultfs.Fault{Op: op, Suffix: ".partial", Err: errIO})
			d.add(file, source.Source)
			if s := d.want(file, Failed); !strings.Contains(s.Err.Error(), errIO.Error()) {
				t.Error(s.Err)
			}
			if asked := len(source.requests()); asked > 5*maxDiskErrors {
				t.Errorf("%v fails: asked %d times", op, asked)
			}
			if _, errs := told.heard(); len(errs) < maxDiskErrors || !errors.Is(errs[0], errIO) {
				t.Errorf("%v fails: told %v", op, errs)
			}
		})
	}
}
