package config

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// loader reads layers and collects what is wrong in them.
type loader struct {
	request  Request
	paths    Paths
	settings []Setting
	env      map[string]string
	problems Problems
}

// keys lists all keys.
func (l *loader) keys() []string {
	keys := make([]string, len(l.settings))
	for i, s := range l.settings {
		keys[i] = s.Key
	}
	return keys
}

// set puts a value into a layer; base is the folder that relative ones are below.
func (l *loader) set(into layer, s *Setting, origin Origin, texts []string, base string) {
	value, err := s.parse(texts)
	if err == nil {
		value, err = l.resolve(s, value, base)
	}
	if err != nil {
		l.problems.add(origin, s.Key, "%v", err)
		return
	}
	into.put(s.Key, value, origin)
}

// resolve makes the folders of a value absolute.
func (l *loader) resolve(s *Setting, value any, base string) (any, error) {
	if s.form != formFolder {
		return value, nil
	}
	return eachText(value, func(folder string) (string, error) {
		if folder == "" {
			return l.usual(s), nil
		}
		return l.folder(folder, base)
	})
}

// folder returns an absolute path: a relative one is below base, one that begins
// with a tilde below the user's home.
func (l *loader) folder(path, base string) (string, error) {
	if rest, ok := strings.CutPrefix(path, "~"); ok {
		home := userHome(l.request.OS, l.env)
		if home == "" {
			return "", fmt.Errorf("%q is below a home folder that the environment does not name: write the whole path", path)
		}
		return filepath.Join(home, rest), nil
	}
	return absolute(base, path)
}

// usual is the folder that is meant where a setting names none; "" is found out later.
func (l *loader) usual(s *Setting) string {
	if s.Key == keyDownloads {
		return l.paths.Downloads
	}
	return ""
}

// defaults is the lowest layer.
func (l *loader) defaults() layer {
	layer := newLayer()
	for _, s := range l.settings {
		value := s.Default
		if value == "" && s.form == formFolder {
			value = l.usual(&s)
		}
		layer.put(s.Key, value, Origin{})
	}
	return layer
}

// environment is the layer of our variables.
func (l *loader) environment() layer {
	layer := newLayer()
	known := slices.Clone(otherVariables[:])
	for i := range l.settings {
		s := &l.settings[i]
		known = append(known, s.Env)
		text, ok := l.env[s.Env]
		if !ok {
			continue
		}
		texts := []string{text}
		if s.Kind == KindList {
			texts = split(text, s.form)
		}
		l.set(layer, s, Origin{Layer: FromEnv, Name: s.Env}, texts, l.request.Dir)
	}
	for _, entry := range l.request.Env {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, envPrefix) && !slices.Contains(known, name) {
			l.problems.unknown(Origin{Layer: FromEnv, Name: name}, name, known)
		}
	}
	return layer
}

// split cuts the list in a variable: folders as in PATH, others at commas.
func split(text string, f form) []string {
	switch {
	case text == "":
		return nil
	case f == formFolder:
		return filepath.SplitList(text)
	}
	items := strings.Split(text, ",")
	for i := range items {
		items[i] = strings.TrimSpace(items[i])
	}
	return items
}

// flags is the highest layer.
func (l *loader) flags() layer {
	layer := newLayer()
	for i := range l.settings {
		if texts, ok := l.request.Flags[l.settings[i].Key]; ok {
			l.set(layer, &l.settings[i], Origin{Layer: FromFlag, Name: l.settings[i].Key}, texts, l.request.Dir)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(l.request.Flags)) {
		if find(l.settings, key) == nil {
			l.problems.unknown(Origin{Layer: FromFlag, Name: key}, key, l.keys())
		}
	}
	return layer
}

// variables turns an environment into a map.
func variables(env []string) map[string]string {
	m := make(map[string]string, len(env))
	for _, entry := range env {
		if name, value, ok := strings.Cut(entry, "="); ok {
			m[name] = value
		}
	}
	return m
}
