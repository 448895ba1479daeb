package race

import (
	"context"
	"crypto/sha1"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"

	"filbert/transfer/urn"
)

// Run measures. Progress goes to tell, a line at a time. What it makes it takes
// away again, also when ctx ends, whose error it then returns.
func Run(ctx context.Context, cfg Config, tell func(string)) (report *Report, err error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.Timeout)
	defer cancel()
	dir, err := os.MkdirTemp(cfg.Dir, "filbert-race-")
	if err != nil {
		return nil, fmt.Errorf("race: %w", err)
	}
	defer func() {
		if e := os.RemoveAll(dir); e != nil && err == nil {
			err = fmt.Errorf("race: clean up: %w", e)
		}
	}()
	r := newReport(cfg)
	for _, program := range []string{"nginx", "curl", "aria2c"} {
		if _, err := exec.LookPath(program); err != nil {
			r.Absent = append(r.Absent, program)
		}
	}
	for _, one := range cfg.cases() {
		course := course{Config: cfg, dir: filepath.Join(dir, string(one)), tell: tell, absent: r.Absent}
		heats, err := course.run(ctx, one)
		if err != nil {
			return nil, fmt.Errorf("race: case %s: %w", one, err)
		}
		for _, h := range heats {
			h.judge(cfg.size(h.Case))
			r.Heats = append(r.Heats, h)
		}
	}
	return r, nil
}

// course is where one case is run.
type course struct {
	Config
	dir    string
	tell   func(string)
	absent []string
}

// run runs a case in a folder of its own.
func (c course) run(ctx context.Context, one Case) ([]Heat, error) {
	if err := os.Mkdir(c.dir, 0o755); err != nil {
		return nil, err
	}
	defer os.RemoveAll(c.dir) // room for the next; what cannot be removed is told in the end
	var h Heat
	var err error
	switch one {
	case Serve:
		return c.serve(ctx)
	case THEX:
		h, err = c.thex(ctx)
	case One:
		h, err = c.one(ctx)
	default:
		h, err = c.many(ctx, one == Fail)
	}
	return []Heat{h}, err
}

// cargo is a file to be fetched.
type cargo struct {
	path string
	size int64
	sha1 urn.SHA1
}

// haul makes a file of random bytes.
func haul(path string, size int64) (c cargo, err error) {
	f, err := os.Create(path)
	if err != nil {
		return c, err
	}
	defer f.Close()
	h := sha1.New()
	if _, err := io.CopyN(io.MultiWriter(f, h), rand.NewChaCha8([32]byte{byte(size)}), size); err != nil {
		return c, fmt.Errorf("make a file of %d bytes: %w", size, err)
	}
	return cargo{path: path, size: size, sha1: urn.SHA1(h.Sum(nil))}, f.Close()
}
