package race

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"filbert/transfer/merkle"
)

// sources is how many sources there are.
const sources = 4

// many has the file fetched from several sources at once, by filbert and by
// aria2c from the very same ones. With fail one of them dies and one becomes
// slow, when half of the time is over that it should take.
func (c course) many(ctx context.Context, fail bool) (Heat, error) {
	file, err := haul(filepath.Join(c.dir, "cargo.bin"), c.Many)
	if err != nil {
		return Heat{}, err
	}
	tree, err := plant(merkle.Blake3, file)
	if err != nil {
		return Heat{}, err
	}
	guest, err := c.node(ctx, "guest", "--downloads", filepath.Join(c.dir, "downloads"))
	if err != nil {
		return Heat{}, err
	}
	defer guest.Kill()

	h := Heat{Case: Four, Runners: []Runner{{Name: "filbert, verified as it comes"}}}
	whole := float64(file.size) / float64(sources*c.Rate)
	h.Ideal = whole
	if fail {
		h.Case = Fail
		h.Ideal = whole/2 + float64(file.size)/2/(float64(c.Rate)*(sources-2+1.0/slowShare))
	}
	// from opens the sources, which change when half of the time is over.
	from := func(fetch func(all []*source) (time.Duration, error)) (time.Duration, error) {
		var all []*source
		var changing sync.WaitGroup
		defer changing.Wait()
		defer func() {
			for _, s := range all {
				s.close()
			}
		}()
		for range sources {
			s, err := open(file, tree, c.Rate)
			if err != nil {
				return 0, err
			}
			all = append(all, s)
		}
		done, stop := context.WithCancel(ctx)
		defer stop()
		if fail {
			changing.Go(func() {
				select {
				case <-time.After(time.Duration(whole / 2 * float64(time.Second))):
					all[0].close()
					all[1].rate.Store(c.Rate / slowShare)
				case <-done.Done():
				}
			})
		}
		return fetch(all)
	}
	runs := []func() (time.Duration, error){func() (time.Duration, error) {
		return from(func(all []*source) (time.Duration, error) {
			hosts := make([]string, len(all))
			for i, s := range all {
				hosts[i] = s.host()
			}
			return c.get(ctx, guest, &h.Runners[0], file, hosts...)
		})
	}}
	if !slices.Contains(c.absent, "aria2c") {
		h.Runners = append(h.Runners, Runner{Name: "aria2c, verified in the end"})
		runs = append(runs, func() (time.Duration, error) {
			return from(func(all []*source) (time.Duration, error) {
				urls := make([]string, len(all))
				for i, s := range all {
					urls[i] = s.url()
				}
				return c.rival(ctx, "aria2c", &h.Runners[1], file, urls)
			})
		})
	}
	return h, c.inTurn(ctx, &h, runs)
}

// plant is the tree of a file.
func plant(kind merkle.Kind, file cargo) (*merkle.Tree, error) {
	f, err := os.Open(file.path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := merkle.NewBuilder(kind, file.size)
	if _, err := f.WriteTo(b); err != nil {
		return nil, err
	}
	return b.Tree()
}
