package race

import (
	"context"
	"os"
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
	content, err := os.Open(file.path)
	if err != nil {
		return Heat{}, err
	}
	defer content.Close()
	guest, err := c.node(ctx, "guest", "--downloads", filepath.Join(c.dir, "downloads"))
	if err != nil {
		return Heat{}, err
	}
	defer guest.Kill()
	h := Heat{Case: THEX, Runners: []Runner{{Name: "filbert, by the Tiger tree"}, {Name: "filbert, by the BLAKE3 tree"}}}
	var runs []func() (time.Duration, error)
	for i, kind := range []merkle.Kind{merkle.Tiger, merkle.Blake3} {
		tree, err := plant(kind, content, file.size)
		if err != nil {
			return Heat{}, err
		}
		s, err := open(file, tree, content, unlimited)
		if err != nil {
			return Heat{}, err
		}
		defer s.close()
		runs = append(runs, func() (time.Duration, error) { return c.get(ctx, guest, &h.Runners[i], file, s.host()) })
	}
	return h, c.inTurn(ctx, &h, runs)
}
