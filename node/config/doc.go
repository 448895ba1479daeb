// Package config knows the settings of a servent and its places on disk.
//
// A value comes from the last layer that gives it: defaults, the system-wide
// file, the user's file (both TOML 1.0), the environment, flags. One table,
// Settings, says for every key what it is, what it may be and what it means;
// files, variables, flags and help are made from it. Every value remembers where
// it came from, and whatever is wrong (an unknown key, a wrong type, a value out
// of bounds, two values that exclude one another) is told with its place and
// what to do about it, all at once.
//
// Places follow the XDG Base Directory Specification 0.8 and xdg-user-dirs, or
// the customs of Windows and macOS, or are all below one folder.
//
// The package reads the files of settings and nothing else: environment, flags
// and working directory come in. It starts nothing and keeps no state.
package config
