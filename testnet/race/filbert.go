package race

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"filbert/node/api"
	"filbert/testnet/process"
	"filbert/transfer/urn"
)

// look is how often a node is asked whether something has happened.
const look = 20 * time.Millisecond

// until asks again and again.
func until(ctx context.Context, what string, holds func() (bool, error)) error {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		ok, err := holds()
		if ok || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", what, ctx.Err())
		}
	}
}

// shares waits until a node shares its file.
func shares(ctx context.Context, n *process.Node) error {
	return until(ctx, "the file to be hashed", func() (bool, error) {
		s, err := n.Status(ctx)
		return s.Files == 1, err
	})
}

// listens is where a node can be reached.
func listens(ctx context.Context, n *process.Node) (string, error) {
	s, err := n.Status(ctx)
	return s.Listen, err
}

// get has a node fetch the file from hosts, and takes away what it fetched.
func (c course) get(ctx context.Context, n *process.Node, r *Runner, file cargo, hosts ...string) (time.Duration, error) {
	link := urn.Magnet{URN: urn.URN{SHA1: file.sha1, HasSHA1: true}, Size: file.size, Name: "cargo.bin"}
	for _, host := range hosts {
		link.Sources = append(link.Sources, "http://"+host+"/uri-res/N2R?"+file.sha1.URN())
	}
	before, _, err := used(n.PID())
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if _, err := n.Get(ctx, api.GetRequest{Target: link.String()}); err != nil {
		return 0, err
	}
	var last api.Download
	err = n.Watch(ctx, file.sha1, "", func(d api.Download) { last = d })
	took := time.Since(began)
	if err != nil {
		return 0, err
	}
	if last.State != "complete" {
		return 0, errors.New(last.State + ": " + last.Reason + last.Error)
	}
	after, resident, err := used(n.PID())
	r.fetching, r.Resident = append(r.fetching, (after-before).Seconds()), max(r.Resident, resident)
	return took, errors.Join(err, os.Remove(last.Path))
}
