package turn

import (
	"fmt"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, test := range []struct {
		text string
		want Server
	}{
		{"turn:anna:secret@192.0.2.7:3478", NewServer("192.0.2.7:3478", "anna", "secret")},
		{"turn:anna:secret@turn.example:80", NewServer("turn.example:80", "anna", "secret")},
		{"turn:anna:se:cr@et@[2001:db8::7]:3478", NewServer("[2001:db8::7]:3478", "anna", "se:cr@et")},
		{"turn:1764300000%3Aanna:%25%40=@turn.example:3478", NewServer("turn.example:3478", "1764300000:anna", "%@=")},
	} {
		if got, err := Parse(test.text); err != nil || got != test.want {
			t.Errorf("%s: %#v, %v", test.text, got, err)
		}
	}
	for _, text := range []string{
		"", "turn:", "anna:secret@turn.example:3478", "stun:anna:secret@turn.example:3478", "turn:turn.example:3478", "turn:anna@turn.example:3478",
		"turn::secret@turn.example:3478", "turn:anna:@turn.example:3478", "turn:anna:secret@turn.example", "turn:anna:secret@turn.example:0",
		"turn:anna:secret@:3478", "turn:anna:secret@turn.example:65536", "turn:anna:secret%zz@turn.example:3478", "turn:anna:secret" + strings.Repeat("x", maxText) + "@turn.example:3478",
	} {
		if got, err := Parse(text); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %#v, %v", text, got, err)
		}
	}
}

// TestSaysNoPassword prints a server in all ways that a log might.
func TestSaysNoPassword(t *testing.T) {
	s := NewServer("turn.example:3478", "anna", "secret")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		for _, what := range []any{s, &s, []Server{s}, struct{ S Server }{s}} {
			if got := fmt.Sprintf(verb, what); strings.Contains(got, "secret") || strings.Contains(got, "anna") {
				t.Errorf("%s: %s", verb, got)
			}
		}
	}
}
