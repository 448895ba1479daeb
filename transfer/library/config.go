package library

import (
	"io/fs"
	"os"
	"time"

	"github.com/rs/zerolog"
)

// Share is a folder to share with everything below it.
type Share struct {
	Dir    string // absolute path; a name without meaning if FS is set
	Forced bool   // share it although it is a folder that is refused

	// FS, if set, is shared in place of a folder on disk. Its files must be able
	// to seek. It is not watched and never refused.
	FS fs.FS

	// Accept, if set, says which files are shared by their slash-separated path
	// below the share. It is called from one goroutine at a time.
	Accept func(rel string) bool
}

// Config sets up a Library. The zero value shares nothing and works.
type Config struct {
	Shares  []Share
	Cache   Cache         // of hashes; default a MemoryCache
	Workers int           // files hashed at once, of disks that are not flash one each; default 1
	Rate    int64         // bytes per second that are read to be hashed, all together; 0 is no limit
	Rescan  time.Duration // time from one scan of a share to the next; default 15 min
	Watch   bool          // ask the system to tell of changes

	// Quiet is how long a file or folder must not have changed before it is
	// looked at: what is being written is left alone, and a change in the same
	// tick of the file system's clock as the one that was hashed cannot hide.
	// Default 2 s.
	Quiet time.Duration

	// Homes are the home folders that are not shared as a whole, beside the usual
	// places. Default that of the user who runs the program.
	Homes []string

	// Busy tells that transfers are under way, which hashing then leaves the disks and
	// the processor to. It is asked for every block, from several goroutines. Default
	// is never.
	Busy func() bool

	// Disk tells of the disk that a device, as stat has it, is on. Default is to ask the
	// system. It is called from one goroutine at a time, once for each device.
	Disk func(dev uint64) Disk

	Log zerolog.Logger
}

func (c Config) withDefaults() Config {
	if c.Cache == nil {
		c.Cache = &MemoryCache{}
	}
	if c.Workers <= 0 {
		c.Workers = defaultWorkers
	}
	if c.Busy == nil {
		c.Busy = func() bool { return false }
	}
	if c.Disk == nil {
		c.Disk = diskOf
	}
	if c.Rescan <= 0 {
		c.Rescan = defaultRescan
	}
	if c.Quiet <= 0 {
		c.Quiet = defaultQuiet
	}
	if c.Homes == nil {
		if home, err := os.UserHomeDir(); err == nil {
			c.Homes = []string{home}
		}
	}
	return c
}
