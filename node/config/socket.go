package config

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// shortPrefix begins the names of the folders for sockets whose usual place has
// too long a path.
const shortPrefix = "filbert-"

// socketPath returns where the socket of a servent is: beside its state, or, if
// that path is too long for a socket, in a folder named by the hash of the state
// folder, so that daemon and clients find the same one. That folder is in /tmp
// and not where TMPDIR or XDG_RUNTIME_DIR say, for a daemon started by the
// system and a client in a terminal need not have the same environment.
func socketPath(state, goos string, env map[string]string) string {
	usual := filepath.Join(state, "api.sock")
	if len(usual) <= maxSocketPath {
		return usual
	}
	short := "/tmp"
	if goos == "windows" {
		short = env["LOCALAPPDATA"]
	}
	sum := sha256.Sum256([]byte(state))
	return filepath.Join(short, shortPrefix+hex.EncodeToString(sum[:8]), "api.sock")
}

// Prepare makes the folders of the state and of the socket, for the user alone;
// those that exist stay as they are. It refuses a short socket folder that is
// not private, see CheckSocket.
func (p Paths) Prepare() error {
	for _, dir := range []string{filepath.Dir(p.State), filepath.Dir(p.Socket)} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("config: make folder: %w", err)
		}
	}
	return p.CheckSocket()
}

// CheckSocket refuses a socket that may be somebody else's: a short socket
// folder is in a folder that all may write to, so it must be a real folder of
// this user that nobody else may enter. A client calls it before it talks to
// the socket. It says nothing about a folder that does not exist.
func (p Paths) CheckSocket() error {
	dir := filepath.Dir(p.Socket)
	if dir == filepath.Dir(p.State) {
		return nil
	}
	info, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("config: socket folder: %w", err)
	case !info.IsDir() || !private(info):
		return fmt.Errorf("config: socket folder %s is not this user's alone (mode %v): remove it, or give a shorter --home", dir, info.Mode())
	}
	return nil
}
