package download

import (
	"context"
	"crypto/sha1"
	"flag"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"filbert/transfer"
	"filbert/transfer/store"
	"filbert/transfer/store/faultfs"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if folder := os.Getenv(envFolder); folder != "" {
		downloadUntilKilled(folder)
		return
	}
	goleak.VerifyTestMain(m)
}

// content is a file of n bytes that no other seed gives.
func content(seed byte, n int) (transfer.File, []byte) {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{seed}).Read(b)
	return transfer.File{Name: "interop medium.bin", Size: int64(n), SHA1: sha1.Sum(b)}, b
}

// desk is a manager at work, on a folder in memory.
type desk struct {
	t  *testing.T
	fs *faultfs.FS
	*Manager
	stop func() // ends it, and waits until it has
}

// open starts a manager on the folder.
func open(t *testing.T, fs *faultfs.FS, cfg Config) *desk {
	t.Helper()
	s, err := store.New(store.Config{FS: fs, Folder: "/"})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Store = s
	if cfg.Rand == nil {
		cfg.Rand = rand.New(rand.NewPCG(1, 2))
	}
	cfg.Version = "0.1"
	m := New(cfg)
	d := &desk{t: t, fs: fs, Manager: m, stop: running(m)}
	t.Cleanup(d.stop)
	return d
}

// running runs m; what it returns ends it, and waits until it has ended.
func running(m *Manager) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() { m.Run(ctx) })
	return func() { cancel(); run.Wait() }
}

// add asks for a file, and fails the test if that is refused.
func (d *desk) add(f transfer.File, sources ...transfer.Source) {
	d.t.Helper()
	if _, err := d.Add(Request{File: f, Sources: sources}); err != nil {
		d.t.Fatal(err)
	}
}

// want waits until the download of f has ended as wanted.
func (d *desk) want(f transfer.File, state State) Status {
	d.t.Helper()
	s, err := d.Wait(context.Background(), f.SHA1)
	if err != nil {
		d.t.Fatal(err)
	}
	if s.State != state {
		d.t.Fatalf("%v, want %v: %+v", s.State, state, s)
	}
	return s
}

// until waits for a status that is as wanted, on the way.
func (d *desk) until(f transfer.File, what string, wanted func(Status) bool) Status {
	d.t.Helper()
	var last Status
	for last = range d.Watch(context.Background(), f.SHA1) {
		if wanted(last) {
			return last
		}
	}
	d.t.Fatalf("never %s: %+v", what, last)
	return last
}

func waiting(s Status) bool { return s.State == Waiting }

// wantFile looks at a complete file.
func (d *desk) wantFile(name string, want []byte) {
	d.t.Helper()
	f, err := d.fs.Open(name)
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	got := make([]byte, len(want)+1)
	if n, _ := f.ReadAt(got, 0); !slices.Equal(got[:n], want) {
		d.t.Fatalf("%s has %d bytes that are not the %d wanted", name, n, len(want))
	}
}
