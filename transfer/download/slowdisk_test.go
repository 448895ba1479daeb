package download

import (
	"context"
	"testing"
	"time"

	"filbert/transfer/store/faultfs"
)

// TestSlowDisk: each write of one file takes two seconds, or one hangs for a
// minute, or a sync does. Other files come as fast as ever, whoever asks is
// answered at once, and no source is blamed.
func TestSlowDisk(t *testing.T) {
	const size, rate = 1_300_000, 200_000
	for name, fault := range map[string]faultfs.Fault{
		"writes of 2 s":       {Op: faultfs.Write, Delay: 2 * time.Second},
		"a write of a minute": {Op: faultfs.Write, Call: 2, Delay: time.Minute},
		"a sync of a minute":  {Op: faultfs.Sync, Call: 1, Delay: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *pipes) {
				disk := folder()
				d := open(t, disk, Config{Connector: n})
				atOnce := func(what string, do func()) {
					t.Helper()
					begin := time.Now()
					do()
					if took := time.Since(begin); took > 0 {
						t.Errorf("%s took %v", what, took)
					}
				}
				slow, other, third := gather(t, n, 1, size, rate), gather(t, n, 2, size, rate), gather(t, n, 3, size, rate)
				slow.file.Name, other.file.Name, third.file.Name = "slow", "other", "third"
				for _, s := range slow.seeds[:3] {
					s.spoil, s.stalls = nil, nil
				}
				fault.Suffix = slow.file.SHA1.String() + ".partial"
				disk.Inject(fault)
				began := time.Now()
				d.add(slow.file, sourcesOf(slow.seeds)...)
				d.add(other.file, sourcesOf(other.seeds)...)
				d.want(other.file, Complete)
				alone := time.Since(began)
				if alone > 5*time.Second { // 2.2 s of bytes from its three honest sources
					t.Errorf("another file took %v", alone)
				}
				if s, err := d.Status(slow.file.SHA1); err != nil || s.State == Complete {
					t.Fatalf("the disk is not slow: %+v, %v", s, err)
				}
				atOnce("the list", func() { d.List() })
				atOnce("adding", func() { d.add(third.file, sourcesOf(third.seeds)...) })
				atOnce("adding sources", func() { d.AddSources(slow.file.SHA1, sourcesOf(slow.seeds)) })
				d.want(third.file, Complete)
				atOnce("cancelling", func() {
					ctx, cancel := context.WithCancel(t.Context())
					cancel() // it waits for the disk otherwise
					d.Cancel(ctx, third.file.SHA1, true)
				})
				s := d.want(slow.file, Complete)
				d.wantFile(slow.file.Name, slow.bytes)
				if s.Wasted > 0 {
					t.Errorf("%d bytes for nothing", s.Wasted)
				}
				for addr, src := range d.came(slow.file) {
					if src.failures > 0 || src.dropped || src.reason != "" {
						t.Errorf("%v is blamed: %s", addr, src.reason)
					}
				}
				t.Logf("the slow one took %v", time.Since(began))
			})
		})
	}
}
