package config

import (
	"errors"
	"fmt"
	"maps"
)

// layer is the values of one layer and where each was found. It is a
// koanf.Provider.
type layer struct {
	values  map[string]any
	origins map[string]Origin
}

func newLayer() layer {
	return layer{values: map[string]any{}, origins: map[string]Origin{}}
}

func (l layer) put(key string, value any, origin Origin) {
	l.values[key], l.origins[key] = value, origin
}

// Read implements koanf.Provider.
func (l layer) Read() (map[string]any, error) { return l.values, nil }

// ReadBytes implements koanf.Provider; layers need no parser.
func (l layer) ReadBytes() ([]byte, error) { return nil, errors.ErrUnsupported }

// merge lays a layer on top of those before.
func (c *Config) merge(l layer) error {
	if err := c.merged.Load(l, nil); err != nil {
		return fmt.Errorf("config: merge: %w", err)
	}
	maps.Copy(c.origins, l.origins)
	return nil
}
