package config

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"path/filepath"
	"strings"
)

// folders are what the system has for programs like this one.
type folders struct{ config, state, downloads string }

// appName is the name of our folder in those of the system.
const appName = "filbert"

// SystemFile returns the usual place of the system-wide file of settings, for an
// operating system as runtime.GOOS.
func SystemFile(goos string, env []string) string {
	switch goos {
	case "windows":
		return filepath.Join(cmp.Or(variables(env)["ProgramData"], `C:\ProgramData`), appName, "config.toml")
	case "darwin":
		return filepath.Join("/Library/Application Support", appName, "config.toml")
	}
	return filepath.Join("/etc", appName, "config.toml")
}

// userHome returns the user's home folder, "" if the environment has none.
func userHome(goos string, env map[string]string) string {
	if goos == "windows" {
		return env["USERPROFILE"]
	}
	return env["HOME"]
}

// systemFolders finds the folders of the user. Of the variables that name some,
// relative ones do not count (XDG Base Directory Specification 0.8).
func systemFolders(goos string, env map[string]string) (folders, error) {
	home := userHome(goos, env)
	if !filepath.IsAbs(home) {
		return folders{}, fmt.Errorf("config: the environment names no home folder (HOME, USERPROFILE): give --home DIR or set %s", homeVariable)
	}
	place := func(variable string, usual ...string) string {
		if dir := env[variable]; filepath.IsAbs(dir) {
			return filepath.Clean(dir)
		}
		return filepath.Join(append([]string{home}, usual...)...)
	}
	downloads := filepath.Join(home, "Downloads")
	switch goos {
	case "windows":
		return folders{
			config:    filepath.Join(place("APPDATA", "AppData", "Roaming"), appName),
			state:     filepath.Join(place("LOCALAPPDATA", "AppData", "Local"), appName),
			downloads: downloads,
		}, nil
	case "darwin":
		support := filepath.Join(home, "Library", "Application Support", appName)
		return folders{config: support, state: support, downloads: downloads}, nil
	}
	config := place("XDG_CONFIG_HOME", ".config")
	if data, err := readFile(filepath.Join(config, "user-dirs.dirs")); err == nil {
		downloads = cmp.Or(downloadFolder(data, home), downloads)
	}
	return folders{
		config:    filepath.Join(config, appName),
		state:     filepath.Join(place("XDG_STATE_HOME", ".local", "state"), appName),
		downloads: downloads,
	}, nil
}

// downloadFolder finds XDG_DOWNLOAD_DIR in a user-dirs.dirs file: lines such as
// XDG_DOWNLOAD_DIR="$HOME/Downloads", absolute or below $HOME. It returns "" if
// there is none, or if it is the home folder itself, which means none
// (xdg-user-dirs-update(1)).
func downloadFolder(data []byte, home string) (folder string) {
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, maxText)
	for lines.Scan() {
		value, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), "XDG_DOWNLOAD_DIR=")
		if !ok || len(value) < 2 || value[0] != '"' || value[len(value)-1] != '"' {
			continue
		}
		value = unescape(value[1 : len(value)-1])
		rest, below := strings.CutPrefix(value, "$HOME")
		switch {
		case below && (rest == "" || rest[0] == '/'):
			folder = filepath.Join(home, rest)
		case filepath.IsAbs(value):
			folder = filepath.Clean(value)
		}
	}
	if folder == filepath.Clean(home) {
		return ""
	}
	return folder
}

// unescape removes the backslashes of a shell word in double quotes.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
