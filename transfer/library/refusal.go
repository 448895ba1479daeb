package library

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Refusal is why a folder is not shared unless the user insists.
type Refusal uint8

// The reasons. NotRefused is the zero value.
const (
	NotRefused       Refusal = iota
	RefusedRelative          // not an absolute path
	RefusedRoot              // the root of a file system tree
	RefusedMount             // where a disk, stick or network share is mounted
	RefusedHome              // a home folder
	RefusedHomes             // a folder that contains home folders
	RefusedDesktop           // the desktop
	RefusedDocuments         // the documents folder as a whole
	RefusedConfig            // settings of programs
	RefusedHidden            // a dot folder or something below one
	RefusedSystem            // files of the operating system
)

var refusalNames = [...]string{
	NotRefused:       "not refused",
	RefusedRelative:  "not an absolute path",
	RefusedRoot:      "the root of a file system",
	RefusedMount:     "the root of a mounted disk",
	RefusedHome:      "a home folder",
	RefusedHomes:     "a folder of home folders",
	RefusedDesktop:   "the desktop",
	RefusedDocuments: "the documents folder",
	RefusedConfig:    "settings of programs",
	RefusedHidden:    "a hidden folder",
	RefusedSystem:    "files of the operating system",
}

// String says the reason.
func (r Refusal) String() string {
	if int(r) < len(refusalNames) {
		return refusalNames[r]
	}
	return fmt.Sprintf("Refusal(%#02x)", uint8(r))
}

// RefusedError is the answer to sharing a folder that is refused unless forced.
type RefusedError struct {
	Dir    string
	Reason Refusal
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("library: %s is not shared: %s", e.Dir, e.Reason)
}

// Names of folders that are never meant, per operating system, in lower case
// where that does not tell case apart.
var (
	systemDirs = map[string][]string{
		"windows": {"windows", "program files", "program files (x86)", "programdata", "$recycle.bin", "system volume information", "recovery", "boot"},
		"darwin":  {"system", "library", "applications", "bin", "sbin", "usr", "etc", "dev", "cores", "private/etc"},
		"linux":   {"bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "libx32", "proc", "run", "sbin", "snap", "sys", "usr", "var"},
	}
	homeParents = map[string][]string{
		"windows": {"users", "documents and settings"},
		"darwin":  {"users"},
		"linux":   {"home", "var/home", "usr/home"},
	}
	rootHomes = map[string][]string{
		"darwin": {"var/root", "private/var/root"},
		"linux":  {"root"},
	}
	mountParents = map[string][]string{
		"darwin": {"volumes"},
		"linux":  {"mnt", "media"},
	}
	configDirs = map[string][]string{
		"windows": {"appdata", "application data", "local settings"},
		"darwin":  {"library"},
	}
	desktopDirs   = []string{"desktop"}
	documentsDirs = []string{"documents", "my documents"}
)

// refuse says whether the folder dir may be shared on the operating system goos
// ("windows", "darwin", anything else is Unix), judged by the path alone. homes
// are home folders beyond those at the usual places.
func refuse(goos, dir string, homes []string) Refusal {
	if goos != "windows" && goos != "darwin" {
		goos = "linux"
	}
	parts, ok := splitPath(goos, dir)
	if !ok {
		return RefusedRelative
	}
	below := parts[1:] // parts[0] is the volume
	switch {
	case len(below) == 0 && goos == "windows":
		return RefusedMount
	case len(below) == 0:
		return RefusedRoot
	case isMountPoint(goos, below):
		return RefusedMount
	}
	home, contains := homeOf(goos, parts, homes)
	switch {
	case contains:
		return RefusedHomes
	case home == len(parts):
		return RefusedHome
	case slices.ContainsFunc(below, func(name string) bool { return strings.HasPrefix(name, ".") }):
		return RefusedHidden
	case home > 0:
		return refuseInHome(goos, parts[home:])
	case startsWithAny(below, systemDirs[goos]) && !startsWith(below, []string{"run", "media"}):
		return RefusedSystem
	}
	return NotRefused
}

// refuseInHome judges a path below a home folder.
func refuseInHome(goos string, rel []string) Refusal {
	if slices.Contains(configDirs[goos], rel[0]) {
		return RefusedConfig
	}
	if goos == "windows" && len(rel) == 2 && strings.HasPrefix(rel[0], "onedrive") {
		rel = rel[1:]
	}
	if len(rel) == 1 {
		switch name := strings.ToLower(rel[0]); {
		case slices.Contains(desktopDirs, name):
			return RefusedDesktop
		case slices.Contains(documentsDirs, name):
			return RefusedDocuments
		}
	}
	return NotRefused
}

// homeOf finds the home folder that parts is or lies in: the number of leading
// parts that are the home folder, or 0. contains tells that parts is a folder
// with home folders below it.
func homeOf(goos string, parts, homes []string) (n int, contains bool) {
	below := parts[1:]
	for _, parent := range homeParents[goos] {
		p := strings.Split(parent, "/")
		switch {
		case startsWith(below, p) && len(below) > len(p):
			return 1 + len(p) + 1, false
		case slices.Equal(below, p):
			return 0, true
		}
	}
	for _, home := range rootHomes[goos] {
		if p := strings.Split(home, "/"); startsWith(below, p) {
			return 1 + len(p), false
		}
	}
	for _, home := range homes {
		h, ok := splitPath(goos, home)
		switch {
		case !ok || len(h) == 1: // a home of "/" says nothing
		case startsWith(parts, h):
			return len(h), false
		case startsWith(h, parts):
			return 0, true
		}
	}
	return 0, false
}

// isMountPoint reports whether a path is where systems mount disks: /media,
// /media/stick and /media/user/stick, but nothing deeper.
func isMountPoint(goos string, below []string) bool {
	if goos == "linux" && startsWith(below, []string{"run", "media"}) {
		return len(below) <= 4
	}
	for _, parent := range mountParents[goos] {
		if below[0] == parent {
			return len(below) <= 2 || parent == "media" && len(below) <= 3
		}
	}
	return false
}

// splitPath cuts an absolute path into its volume and the names below it, in
// lower case where case does not matter.
func splitPath(goos, dir string) (parts []string, ok bool) {
	volume := ""
	switch goos {
	case "windows":
		if volume, dir, ok = cutVolume(strings.ToLower(strings.ReplaceAll(dir, `\`, "/"))); !ok {
			return nil, false
		}
	case "darwin":
		dir = strings.ToLower(dir)
	}
	if !path.IsAbs(dir) {
		return nil, false
	}
	parts = []string{volume}
	if clean := path.Clean(dir); clean != "/" {
		parts = append(parts, strings.Split(clean[1:], "/")...)
	}
	return parts, true
}

// cutVolume takes "c:" or "//server/share" off a Windows path with forward
// slashes.
func cutVolume(dir string) (volume, rest string, ok bool) {
	dir = strings.TrimPrefix(dir, "//?/")
	if unc, found := strings.CutPrefix(dir, "unc/"); found {
		dir = "//" + unc
	}
	if len(dir) >= 2 && dir[1] == ':' {
		return dir[:2], dir[2:], true
	}
	if server, found := strings.CutPrefix(dir, "//"); found {
		host, share, _ := strings.Cut(server, "/")
		share, rest, _ = strings.Cut(share, "/")
		return "//" + host + "/" + share, "/" + rest, host != "" && share != ""
	}
	return "", "", false
}

func startsWith(parts, prefix []string) bool {
	return len(parts) >= len(prefix) && slices.Equal(parts[:len(prefix)], prefix)
}

func startsWithAny(parts, dirs []string) bool {
	return slices.ContainsFunc(dirs, func(dir string) bool { return startsWith(parts, strings.Split(dir, "/")) })
}
