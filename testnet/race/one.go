package race

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"filbert/testnet/process"
)

// one has the file fetched from one source: by filbert from filbert, and by curl,
// which verifies nothing, and aria2c, which does, from nginx.
func (c course) one(ctx context.Context) (Heat, error) {
	share := filepath.Join(c.dir, "share")
	if err := os.Mkdir(share, 0o755); err != nil {
		return Heat{}, err
	}
	c.tell(fmt.Sprintf("making a file of %d bytes", c.Size))
	file, err := haul(filepath.Join(share, "cargo.bin"), c.Size)
	if err != nil {
		return Heat{}, err
	}
	owner, err := c.node(ctx, "owner", "--share", share)
	if err != nil {
		return Heat{}, err
	}
	defer owner.Kill()
	if err := shares(ctx, owner); err != nil {
		return Heat{}, err
	}
	guest, err := c.node(ctx, "guest", "--downloads", filepath.Join(c.dir, "downloads"))
	if err != nil {
		return Heat{}, err
	}
	defer guest.Kill()
	from, err := listens(ctx, owner)
	if err != nil {
		return Heat{}, err
	}

	h := Heat{Case: One, Runners: []Runner{{Name: "filbert from filbert, verified"}}}
	runs := []func() (time.Duration, error){h.serving(0, owner.PID(), func(r *Runner) (time.Duration, error) {
		return c.get(ctx, guest, r, file, from)
	})}
	if !slices.Contains(c.absent, "nginx") {
		web, err := c.nginx(ctx, share)
		if err != nil {
			return Heat{}, err
		}
		defer web.stop()
		for _, rival := range []struct{ program, name string }{{"curl", "curl from nginx"}, {"aria2c", "aria2c from nginx, verified"}} {
			if slices.Contains(c.absent, rival.program) {
				continue
			}
			h.Runners = append(h.Runners, Runner{Name: rival.name})
			runs = append(runs, h.serving(len(runs), web.pid, func(r *Runner) (time.Duration, error) {
				return c.rival(ctx, rival.program, r, file, []string{web.url("cargo.bin")})
			}))
		}
	}
	return h, c.inTurn(ctx, &h, runs)
}

// serving is run for a runner, with the processor time noted that a server needs
// meanwhile.
func (h *Heat) serving(runner, server int, run func(*Runner) (time.Duration, error)) func() (time.Duration, error) {
	return func() (time.Duration, error) {
		before, err := family(server)
		if err != nil {
			return 0, err
		}
		r := &h.Runners[runner]
		took, err := run(r)
		if err != nil {
			return 0, err
		}
		after, err := family(server)
		r.serving = append(r.serving, (after - before).Seconds())
		return took, err
	}
}

// inTurn runs every program, again and again.
func (c course) inTurn(ctx context.Context, h *Heat, runs []func() (time.Duration, error)) error {
	for n := range c.Runs {
		for i, run := range runs {
			took, err := run()
			if err != nil {
				return fmt.Errorf("%s: %w", h.Runners[i].Name, err)
			}
			c.tell(fmt.Sprintf("%s, run %d of %d: %s took %.2f s", h.Case, n+1, c.Runs, h.Runners[i].Name, took.Seconds()))
			h.Runners[i].Seconds = append(h.Runners[i].Seconds, took.Seconds())
		}
	}
	return ctx.Err()
}

// node starts a node that knows nobody.
func (c course) node(ctx context.Context, name string, flags ...string) (*process.Node, error) {
	return process.Start(ctx, process.Config{
		Program: c.Program, Home: filepath.Join(c.dir, name),
		Args: append([]string{"--listen", "127.0.0.1:0", "--log", "warn"}, flags...),
	})
}
