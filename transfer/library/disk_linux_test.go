package library

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestDiskOf asks for every disk of this machine and its partitions.
func TestDiskOf(t *testing.T) {
	if d := diskOf(0); d.Flash || d.Name == "" || d == diskOf(unix.Mkdev(0, 1<<19)) {
		t.Errorf("a file system without a disk is %+v", d)
	}
	paths, err := filepath.Glob("/sys/block/*/queue/rotational")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		spins, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		disk := filepath.Dir(filepath.Dir(path))
		devices, err := filepath.Glob(filepath.Join(disk, "*", "dev")) // of partitions
		if err != nil {
			t.Fatal(err)
		}
		var first Disk
		for i, device := range append([]string{filepath.Join(disk, "dev")}, devices...) {
			numbers, err := os.ReadFile(device)
			if err != nil {
				t.Fatal(err)
			}
			var major, minor uint32
			if _, err := fmt.Sscanf(string(numbers), "%d:%d", &major, &minor); err != nil {
				t.Fatal(err)
			}
			d := diskOf(unix.Mkdev(major, minor))
			if i == 0 {
				first = d
			}
			if d != first || d.Flash != (strings.TrimSpace(string(spins)) == "0") {
				t.Errorf("%s is %+v, its disk %+v; rotational: %s", device, d, first, spins)
			}
		}
	}
}
