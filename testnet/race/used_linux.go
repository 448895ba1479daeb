package race

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// tick is the unit of processor time in /proc, on every architecture of Linux.
const tick = 10 * time.Millisecond

// family is the processor time that a process and its children have used so far.
func family(pid int) (time.Duration, error) {
	sum, _, err := used(pid)
	if err != nil {
		return 0, err
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return 0, err
	}
	for _, child := range bytes.Fields(children) {
		n, err := strconv.Atoi(string(child))
		if err != nil {
			return 0, err
		}
		cpu, _, err := used(n)
		if err != nil {
			return 0, err
		}
		sum += cpu
	}
	return sum, nil
}

// used is the processor time a process has used so far, and the most memory it
// had at a time (bytes).
func used(pid int) (cpu time.Duration, resident int64, err error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, err
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	for _, at := range []int{11, 12} { // utime and stime, counted from the state
		n, err := strconv.ParseInt(string(fields[at]), 10, 64)
		if err != nil {
			return 0, 0, err
		}
		cpu += time.Duration(n) * tick
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, err
	}
	_, rest, _ := bytes.Cut(status, []byte("\nVmHWM:"))
	figure, _, _ := bytes.Cut(bytes.TrimLeft(rest, " \t"), []byte(" kB"))
	kib, err := strconv.ParseInt(string(figure), 10, 64)
	return cpu, kib << 10, err
}
