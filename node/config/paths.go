package config

import (
	"cmp"
	"fmt"
	"path/filepath"
)

// Paths are the places of one servent, all absolute.
type Paths struct {
	Config    string // file of settings
	State     string // database
	Identity  string // private key
	Lock      string // held by the one daemon that runs
	Socket    string // unix socket of the control API
	Token     string // secret of the control API over TCP
	Downloads string // folder, unless the setting names another
}

// Place is a path with its name.
type Place struct {
	Name string `json:"name"`
	Path string `json:"path"`
}

// All lists the places by name.
func (p Paths) All() []Place {
	return []Place{
		{"config", p.Config}, {"state", p.State}, {"identity", p.Identity}, {"lock", p.Lock},
		{"socket", p.Socket}, {"token", p.Token}, {"downloads", p.Downloads},
	}
}

// Locate finds the places without reading any settings. With Request.Home
// everything is below that folder; otherwise below the folders that the system
// has for settings, state and downloads. It makes nothing.
func Locate(r Request) (Paths, error) {
	env := variables(r.Env)
	home, err := absolute(r.Dir, cmp.Or(r.Home, env[homeVariable]))
	if err != nil {
		return Paths{}, fmt.Errorf("config: home folder: %w", err)
	}
	file, err := absolute(r.Dir, cmp.Or(r.File, env[fileVariable]))
	if err != nil {
		return Paths{}, fmt.Errorf("config: file of settings: %w", err)
	}
	var folders folders
	if home != "" {
		folders.config, folders.state, folders.downloads = home, home, filepath.Join(home, "downloads")
	} else if folders, err = systemFolders(r.OS, env); err != nil {
		return Paths{}, err
	}
	return Paths{
		Config:    cmp.Or(file, filepath.Join(folders.config, "config.toml")),
		State:     filepath.Join(folders.state, "state.db"),
		Identity:  filepath.Join(folders.state, "identity.pem"),
		Lock:      filepath.Join(folders.state, "filbert.lock"),
		Socket:    socketPath(folders.state, r.OS, env),
		Token:     filepath.Join(folders.state, "api.token"),
		Downloads: folders.downloads,
	}, nil
}

// absolute puts a relative path below dir; an empty one stays empty.
func absolute(dir, path string) (string, error) {
	switch {
	case path == "":
		return "", nil
	case filepath.IsAbs(path):
		return filepath.Clean(path), nil
	case !filepath.IsAbs(dir):
		return "", fmt.Errorf("%q is relative and there is no working directory: give the whole path", path)
	}
	return filepath.Join(dir, path), nil
}
