package library

// Disk is what a file is read from.
type Disk struct {
	Name string // of the disk, whatever file systems are on it
	// Flash tells that it has no arm to move: that reading several files at once
	// costs it nothing.
	Flash bool
}

// disks decides which of the files that wait is hashed next. A disk that is not known
// to be flash has one reader at a time; the others get what remains of the workers, in
// turn. It is owned by the loop.
type disks struct {
	diskOf func(dev uint64) Disk
	known  map[uint64]Disk // by device: as many as file systems are shared
	inTurn []*reading      // the disks with files that wait or are read
	active int
}

// reading is one disk.
type reading struct {
	Disk
	waiting []*file // first come first
	active  int     // files being read
}

func newDisks(diskOf func(dev uint64) Disk) disks {
	return disks{diskOf: diskOf, known: map[uint64]Disk{}}
}

// add has a file wait.
func (d *disks) add(f *file) {
	r := d.of(f)
	r.waiting = append(r.waiting, f)
}

// of is the disk of a file.
func (d *disks) of(f *file) *reading {
	disk, ok := d.known[f.id.dev]
	if !ok {
		disk = d.diskOf(f.id.dev)
		d.known[f.id.dev] = disk
	}
	for _, r := range d.inTurn {
		if r.Disk == disk {
			return r
		}
	}
	r := &reading{Disk: disk}
	d.inTurn = append(d.inTurn, r)
	return r
}

// next is a file to be hashed now, if there is one and less than most are; done must
// follow when it was.
func (d *disks) next(most int) *file {
	if d.active >= most {
		return nil
	}
	for i, r := range d.inTurn {
		if len(r.waiting) == 0 || !r.Flash && r.active > 0 {
			continue
		}
		f := r.waiting[0]
		r.waiting[0] = nil
		r.waiting = r.waiting[1:]
		r.active++
		d.active++
		d.inTurn = append(append(d.inTurn[:i:i], d.inTurn[i+1:]...), r)
		return f
	}
	return nil
}

// done takes note that a file is not read any more.
func (d *disks) done(f *file) {
	r := d.of(f)
	r.active--
	d.active--
	if r.active > 0 || len(r.waiting) > 0 {
		return
	}
	for i, o := range d.inTurn {
		if o == r {
			d.inTurn = append(d.inTurn[:i:i], d.inTurn[i+1:]...)
			return
		}
	}
}
