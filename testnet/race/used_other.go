//go:build !linux

package race

import "time"

// family is not known on this system.
func family(int) (cpu time.Duration, err error) { return 0, nil }

// used is not known on this system.
func used(int) (cpu time.Duration, resident int64, err error) { return 0, 0, nil }
