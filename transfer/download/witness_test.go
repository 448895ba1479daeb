package download

import (
	"net/netip"
	"sync"

	"filbert/transfer"
)

// diary is what a Witness heard.
type diary struct {
	mu     sync.Mutex
	barred []netip.Addr
	disk   []error
}

// Barred implements Witness.
func (d *diary) Barred(host netip.Addr, why string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if why != "" {
		d.barred = append(d.barred, host)
	}
}

// Disk implements Witness.
func (d *diary) Disk(file transfer.File, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if file.Name != "" {
		d.disk = append(d.disk, err)
	}
}

// heard is both.
func (d *diary) heard() ([]netip.Addr, []error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.barred, d.disk
}
