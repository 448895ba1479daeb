//go:build unix

package hook

import (
	"os/exec"
	"syscall"
)

// alone gives a command a process group of its own: Ctrl-C at our terminal does
// not reach it, and killing it kills what it started.
func alone(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
}
