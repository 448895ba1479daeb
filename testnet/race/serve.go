package race

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// serve has a file asked of filbert and of nginx: all of it, and small ranges of it
// over many connections. Slots, line and limits of filbert are on.
func (c course) serve(ctx context.Context) ([]Heat, error) {
	share := filepath.Join(c.dir, "share")
	if err := os.Mkdir(share, 0o755); err != nil {
		return nil, err
	}
	c.tell(fmt.Sprintf("making a file of %d bytes", c.Size))
	file, err := haul(filepath.Join(share, "cargo.bin"), c.Size)
	if err != nil {
		return nil, err
	}
	owner, err := c.node(ctx, "owner", "--share", share, "--upload-slots", strconv.Itoa(loadConns), "--upload-slots-per-host", strconv.Itoa(connsPerAddr),
		"--upload-limit", strconv.Itoa(serveLimit), "--limit-lan")
	if err != nil {
		return nil, err
	}
	defer owner.Kill()
	if err := shares(ctx, owner); err != nil {
		return nil, err
	}
	at, err := listens(ctx, owner)
	if err != nil {
		return nil, err
	}
	type server struct{ name, addr, target string }
	servers := []server{{"filbert", at, "/uri-res/N2R?" + file.sha1.URN()}}
	if !slices.Contains(c.absent, "nginx") {
		web, err := c.nginx(ctx, share)
		if err != nil {
			return nil, err
		}
		defer web.stop()
		servers = append(servers, server{"nginx", web.addr, "/cargo.bin"})
	}
	var heats []Heat
	heat := func(what string, requests int, run func(s server) (time.Duration, error)) error {
		h := Heat{Case: Serve, What: what, Requests: requests}
		var runs []func() (time.Duration, error)
		for _, s := range servers {
			h.Runners = append(h.Runners, Runner{Name: s.name})
			runs = append(runs, func() (time.Duration, error) { return run(s) })
		}
		err := c.inTurn(ctx, &h, runs)
		heats = append(heats, h)
		return err
	}
	if err := heat("the whole file", 1, func(s server) (time.Duration, error) { return drain(ctx, s.addr, s.target, file.size) }); err != nil {
		return nil, err
	}
	for _, kib := range []int{4, 64} {
		l := load{size: file.size, length: kib << 10, requests: int(min(c.Size>>10, maxRequests)) / loadConns * loadConns}
		what := fmt.Sprintf("ranges of %d KiB over %d connections", kib, loadConns)
		if err := heat(what, l.requests, func(s server) (time.Duration, error) {
			l.addr, l.target = s.addr, s.target
			return l.run(ctx)
		}); err != nil {
			return nil, err
		}
	}
	return heats, nil
}
