package config

import "fmt"

// Layer is one of the places that settings come from. A later one wins.
type Layer uint8

// The layers.
const (
	FromDefault Layer = iota // the table
	FromFile                 // the system-wide file, then the user's
	FromEnv                  // environment variables
	FromFlag                 // the command line
)

// Origin says where a value came from.
type Origin struct {
	Layer Layer
	Name  string // path of the file, variable, or flag without dashes
	Line  int    // in the file, from 1; 0 if it is not known
}

// String returns "default", "file PATH:LINE", "env NAME" or "flag --NAME".
func (o Origin) String() string {
	switch o.Layer {
	case FromDefault:
		return "default"
	case FromFile:
		if o.Line > 0 {
			return fmt.Sprintf("file %s:%d", o.Name, o.Line)
		}
		return "file " + o.Name
	case FromEnv:
		return "env " + o.Name
	case FromFlag:
		return "flag --" + o.Name
	}
	return fmt.Sprintf("Layer(%#x) %s", uint8(o.Layer), o.Name)
}

// MarshalText implements encoding.TextMarshaler with String.
func (o Origin) MarshalText() ([]byte, error) { return []byte(o.String()), nil }
