package race

import (
	"context"
	"path/filepath"
	"time"

	"filbert/transfer/merkle"
)

// thex has the file fetched by filbert from a source that has a BLAKE3 tree, and
// from one that has none but the Tiger tree of servents, which costs more to
// verify by.
func (c course) thex(ctx context.Context) (Heat, error) {
	file, err := haul(filepath.Join(c.dir, "cargo.bin"), c.Size)
	if err != nil {
		return Heat{}, err
	}
	guest, err := c.node(ctx, "guest", "--downloads", filepath.Join(c.dir, "downloads"))
	if err != nil {
		return Heat{}, err
	}
	defer guest.Kill()
	h := Heat{Case: THEX, Runners: []Runner{{Name: "filbert, by the Tiger tree"}, {Name: "filbert, by the BLAKE3 tree"}}}
	var runs []func() (time.Duration, error)
	for i, kind := range []merkle.Kind{merkle.Tiger, merkle.Blake3} {
		tree, err := plant(kind, file)
		if err != nil {
			return Heat{}, err
		}
		s, err := open(file, tree, unlimited)
		if err != nil {
			return Heat{}, err
		}
		defer s.close()
		runs = append(runs, func() (time.Duration, error) { return c.get(ctx, guest, &h.Runners[i], file, s.host()) })
	}
	return h, c.inTurn(ctx, &h, runs)
}
