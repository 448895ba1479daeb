package bench

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
)

// resident is the memory of this process, now and at most since it began, in
// bytes, as the kernel counts it.
func resident(*runtime.MemStats) (now, peak int64, err error) {
	const file = "/proc/self/status"
	status, err := os.ReadFile(file)
	if err != nil {
		return 0, 0, fmt.Errorf("bench: memory: %w", err)
	}
	for _, line := range []struct {
		name  string
		value *int64
	}{{"\nVmRSS:", &now}, {"\nVmHWM:", &peak}} {
		_, rest, _ := bytes.Cut(status, []byte(line.name))
		figure, _, ok := bytes.Cut(bytes.TrimLeft(rest, " \t"), []byte(" kB"))
		if *line.value, err = strconv.ParseInt(string(figure), 10, 64); err != nil || !ok {
			return 0, 0, fmt.Errorf("bench: memory: %s says no %s", file, line.name[1:])
		}
		*line.value <<= 10
	}
	return now, max(now, peak), nil
}
