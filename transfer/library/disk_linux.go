package library

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// diskOf asks the system what disk a device is on. A file system without a block
// device, as that of a network or of a container, is a disk of its own that nothing is
// known of.
func diskOf(dev uint64) Disk {
	dir, err := filepath.EvalSymlinks(fmt.Sprintf("/sys/dev/block/%d:%d", unix.Major(dev), unix.Minor(dev)))
	if err != nil {
		return Disk{Name: fmt.Sprintf("device %d", dev)}
	}
	for range 2 { // a partition lies in its disk
		b, err := os.ReadFile(filepath.Join(dir, "queue", "rotational"))
		if err == nil {
			return Disk{Name: dir, Flash: string(bytes.TrimSpace(b)) == "0"}
		}
		dir = filepath.Dir(dir)
	}
	return Disk{Name: fmt.Sprintf("device %d", dev)}
}
