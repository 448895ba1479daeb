package race

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// web is an nginx that serves a folder on loopback.
type web struct {
	addr string
	pid  int
	stop func()
}

func (w web) url(name string) string { return "http://" + w.addr + "/" + name }

// nginxConfig is for workers that read what their starter may read.
const nginxConfig = `%sdaemon off;
worker_processes auto;
pid nginx.pid;
error_log stderr crit;
events { worker_connections 256; }
http {
	access_log off;
	sendfile on;
	keepalive_requests 1000000;
	client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
	server { listen %s; root %q; }
}
`

// nginx starts a web server. Its port is free when it is looked for, so another
// program may take it first: then another is tried.
func (c course) nginx(ctx context.Context, folder string) (web, error) {
	var last error
	for range 3 {
		w, err := c.tryNginx(ctx, folder)
		if err == nil {
			return w, nil
		}
		last = err
	}
	return web{}, last
}

func (c course) tryNginx(ctx context.Context, folder string) (web, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return web{}, err
	}
	addr := l.Addr().String()
	l.Close()
	user := ""
	if os.Getuid() == 0 {
		user = "user root;\n"
	}
	prefix, err := os.MkdirTemp(c.dir, "nginx-")
	if err != nil {
		return web{}, err
	}
	conf := filepath.Join(prefix, "nginx.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, nginxConfig, user, addr, folder), 0o600); err != nil {
		return web{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, "nginx", "-p", prefix, "-c", conf)
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // which its worker hears of
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		cancel()
		return web{}, fmt.Errorf("nginx: %w", err)
	}
	stop := func() { cancel(); cmd.Wait() }
	err = until(ctx, "nginx", func() (bool, error) {
		conn, err := net.DialTimeout("tcp", addr, time.Second)
		if err != nil {
			return cmd.Process.Signal(syscall.Signal(0)) != nil, nil
		}
		return true, conn.Close()
	})
	if err != nil {
		stop()
		return web{}, fmt.Errorf("nginx: %w: %s", err, said.Bytes())
	}
	return web{addr: addr, pid: cmd.Process.Pid, stop: stop}, nil
}

// rival has a program fetch the file from URLs, and takes away what it fetched.
func (c course) rival(ctx context.Context, program string, r *Runner, file cargo, urls []string) (time.Duration, error) {
	out := filepath.Join(c.dir, "fetched-by-"+program)
	var args []string
	switch program {
	case "curl":
		args = []string{"--silent", "--show-error", "--fail", "--output", out, urls[0]}
	case "aria2c":
		args = append([]string{
			"--quiet", "--no-conf", "--allow-overwrite=true", "--file-allocation=none", "--split=" + fmt.Sprint(len(urls)),
			"--max-connection-per-server=" + fmt.Sprint(len(urls)), "--min-split-size=1M", "--max-tries=5", "--retry-wait=1", "--connect-timeout=2",
			"--checksum=sha-1=" + hex.EncodeToString(file.sha1[:]), "--dir", c.dir, "--out", filepath.Base(out),
		}, urls...)
	}
	began := time.Now()
	cmd := exec.CommandContext(ctx, program, args...)
	said, err := cmd.CombinedOutput()
	took := time.Since(began)
	if err != nil {
		return 0, fmt.Errorf("%w: %s", err, said)
	}
	r.fetching = append(r.fetching, (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds())
	if info, err := os.Stat(out); err != nil || info.Size() != file.size {
		return 0, fmt.Errorf("left another file behind: %v", err)
	}
	return took, os.Remove(out)
}
