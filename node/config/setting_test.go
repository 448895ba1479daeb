package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestTable holds the table of settings against itself and against Values.
func TestTable(t *testing.T) {
	fields := map[string]reflect.Type{}
	for f := range reflect.TypeFor[Values]().Fields() {
		fields[f.Tag.Get("koanf")] = f.Type
	}
	kinds := map[Kind]string{KindText: "string", KindList: "[]string", KindInt: "int", KindDuration: "time.Duration", KindBool: "bool"}
	for _, s := range Settings() {
		if got := fmt.Sprintf("%T", s.Default); got != kinds[s.Kind] {
			t.Errorf("%s is of %v and has a default of type %s", s.Key, s.Kind, got)
		}
		if s.Env != envPrefix+strings.ToUpper(strings.ReplaceAll(s.Key, "-", "_")) || slices.Contains(otherVariables[:], s.Env) {
			t.Errorf("%s has the variable %s", s.Key, s.Env)
		}
		if s.Help == "" || strings.ContainsAny(s.Help, "\n") {
			t.Errorf("%s has the help %q", s.Key, s.Help)
		}
		if len(s.Key) > maxSuggest {
			t.Errorf("%s is too long to be suggested", s.Key)
		}
		if field, ok := fields[s.Key]; !ok || s.Key != "external" && field.String() != kinds[s.Kind] {
			t.Errorf("%s, of %v, is the field of type %v", s.Key, s.Kind, field)
		}
		delete(fields, s.Key)
		texts := []string{fmt.Sprint(s.Default)}
		if s.Kind == KindList {
			texts = nil
		}
		if value, err := s.parse(texts); err != nil || !reflect.DeepEqual(value, s.Default) {
			t.Errorf("the default of %s is parsed as %v, %v", s.Key, value, err)
		}
	}
	if len(fields) > 0 {
		t.Errorf("fields without setting: %v", fields)
	}
	if got := Kind(0x42).String(); got != "Kind(0x42)" {
		t.Errorf("unknown kind prints as %s", got)
	}
}

// TestBounds tries every number and duration at its bounds and beyond.
func TestBounds(t *testing.T) {
	for _, s := range Settings() {
		write := func(n int64) string { return fmt.Sprint(n) }
		switch s.Kind {
		case KindDuration:
			write = func(n int64) string { return fmt.Sprintf("%dns", n) }
		case KindInt:
		default:
			continue
		}
		for n, ok := range map[int64]bool{s.Min - 1: false, s.Min: true, s.Min + 1: true, s.Max - 1: true, s.Max: true, s.Max + 1: false, 0: s.Off || s.Min <= 0} {
			if _, err := s.parse([]string{write(n)}); (err == nil) != ok {
				t.Errorf("%s = %s: %v", s.Key, write(n), err)
			}
		}
	}
}

func TestTextBounds(t *testing.T) {
	folders := find(Settings(), "shares")
	for _, n := range []int{maxText - 1, maxText, maxText + 1} {
		if _, err := folders.parse([]string{"/" + strings.Repeat("x", n-1)}); (err == nil) != (n <= maxText) {
			t.Errorf("a text of %d bytes: %v", n, err)
		}
	}
	for _, n := range []int{maxItems - 1, maxItems, maxItems + 1} {
		if _, err := folders.parse(slices.Repeat([]string{"/x"}, n)); (err == nil) != (n <= maxItems) {
			t.Errorf("a list of %d items: %v", n, err)
		}
	}
}
