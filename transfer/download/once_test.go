package download

import (
	"flag"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"filbert/transfer/store"
	"filbert/transfer/store/faultfs"
)

var onceStep = flag.Int("once-step", 4, "TestEveryCallFailsOnce lets every so manieth call fail")

// TestEveryCallFailsOnce fetches a file from three honest sources and three others,
// once for each call of the disk, which fails: the disk is full or broken for that
// moment. The file becomes right without anybody's help, with no more than one
// pause and what one sync may lose, and a power cut then leaves it as it is.
func TestEveryCallFailsOnce(t *testing.T) {
	const size, rate = 1_300_000, 400_000
	fetchOnce := func(t *testing.T, disk *faultfs.FS, n *pipes) (took time.Duration, twice int64, failed bool) {
		c := gather(t, n, 1, size, rate)
		begin := time.Now()
		s, err := store.New(store.Config{FS: disk, Folder: "/", FlushAfter: 200 * time.Millisecond})
		if err != nil {
			failed = true
			if s, err = store.New(store.Config{FS: disk, Folder: "/", FlushAfter: 200 * time.Millisecond}); err != nil {
				t.Fatal(err)
			}
		}
		d := &desk{t: t, fs: disk, Manager: New(Config{Store: s, Connector: n})}
		defer running(d.Manager)()
		request := Request{File: c.file, Sources: sourcesOf(c.seeds)}
		if _, err := d.Add(request); err != nil {
			failed = true
			if _, err := d.Add(request); err != nil {
				t.Fatal(err)
			}
		}
		for s := range d.Watch(t.Context(), c.file.SHA1) {
			failed = failed || s.State == Waiting
		}
		d.want(c.file, Complete)
		took = time.Since(begin)
		for _, src := range d.came(c.file) {
			twice += src.bytes
		}
		disk.Restart()
		d.wantFile(c.file.Name, c.bytes)
		if left, _ := disk.List(".filbert"); len(left) > 0 { // what was taken away came back with the power
			open(t, disk, Config{Connector: n})
			synctest.Wait()
		}
		left, err := disk.List(".filbert")
		if files, _ := disk.List("."); err != nil || len(left) > 0 || len(files) > 1 {
			t.Errorf("there are %v and %v, %v", files, left, err)
		}
		return took, twice - size, failed
	}
	clean := faultfs.New(faultfs.Config{})
	var quick time.Duration
	inBubble(t, func(t *testing.T, n *pipes) { quick, _, _ = fetchOnce(t, clean, n) })
	runs, noticed, slowest, most := 0, 0, quick, int64(0)
	for op := faultfs.Open; op <= faultfs.Close; op++ {
		for call := 1 + int(op)%*onceStep; call <= clean.CallsOf(op); call += *onceStep {
			for _, cause := range []error{errIO, errFull} {
				t.Run(fmt.Sprintf("%v %d: %v", op, call, cause), func(t *testing.T) {
					inBubble(t, func(t *testing.T, n *pipes) {
						disk := faultfs.New(faultfs.Config{Seed: uint64(call)})
						disk.Inject(faultfs.Fault{Op: op, Call: call, Err: cause, Wrote: 1000})
						took, twice, failed := fetchOnce(t, disk, n)
						if took > quick+diskWait+2*time.Second || twice > size/2 {
							t.Errorf("took %v, %v without a fault; %d bytes came twice", took, quick, twice)
						}
						runs++
						if failed {
							noticed++
						}
						slowest, most = max(slowest, took), max(most, twice)
					})
				})
			}
		}
	}
	t.Logf("%d calls failed, %d times it was told; %v at most, %v without; at most %d bytes came twice", runs, noticed, slowest, quick, most)
	if noticed == 0 {
		t.Error("no fault was ever told")
	}
}
