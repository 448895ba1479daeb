package wire

import (
	"reflect"
	"testing"
)

func TestBye(t *testing.T) {
	for payload, want := range map[string]Bye{
		"\xc8\x00":                      {Code: 200},
		"\xc8\x00\x00":                  {Code: 200},
		"\xc8\x00bye":                   {Code: 200, Text: "bye"},
		"\xc8\x00bye\x00":               {Code: 200, Text: "bye"},
		"\xc8\x00bye\x00more":           {Code: 200, Text: "bye", Rest: []byte("\x00more")},
		"\xc8\x00bye\r\nA: b\r\n\r\n":   {Code: 200, Text: "bye", Rest: []byte("\r\nA: b\r\n\r\n")},
		"\xc8\x00bye\rbye\x00later\r\n": {Code: 200, Text: "bye\rbye", Rest: []byte("\x00later\r\n")},
	} {
		msg, err := Parse(TypeBye, []byte(payload))
		if err != nil || !reflect.DeepEqual(msg, &want) {
			t.Errorf("%q: %+v, error %v", payload, msg, err)
		}
	}
}
