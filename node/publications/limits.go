package publications

import "time"

const (
	// maxUnits is how many publications of a group are published or followed here (count):
	// each has the manifests of its versions in memory, of up to 16 MiB.
	maxUnits = 64

	// maxAnnouncement and maxHave are the longest values on the board that are read, in bytes:
	// twice what is written.
	maxAnnouncement = 1 << 10
	maxHave         = 128

	// haveStep is how much more a follower has when it tells the others (percent).
	haveStep = 10

	// refreshEvery is how often the board is read at most (time), lookEvery how often the
	// files of a version are looked at when somebody asks for its state, and lookShare how
	// many times as long as that took nobody does so again.
	refreshEvery = 200 * time.Millisecond
	lookEvery    = time.Second
	lookShare    = 20

	// firstPause and lastPause bound the wait after something failed (time).
	firstPause = 5 * time.Second
	lastPause  = 10 * time.Minute

	// maxDirTries is how many names are tried for the folder of a version (count).
	maxDirTries = 100
)
