//go:build !linux

package race

import "time"

// used is not known on this system.
func used(int) (cpu time.Duration, resident int64, err error) { return 0, 0, nil }
