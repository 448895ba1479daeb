package cli

import (
	"strings"
	"testing"

	"filbert/node/api"
)

// TestDoctor tells what is wrong to a person, to a program, and by its exit code.
func TestDoctor(t *testing.T) {
	for _, tt := range []struct {
		worst string
		code  int
	}{{"ok", exitDone}, {"warn", doctorWarn}, {"critical", doctorCritical}} {
		f := newFake(t)
		f.answers("GET /v1/doctor", api.Health{Worst: tt.worst, Checks: []api.Check{
			{Name: "tcp", Level: tt.worst, Found: "nobody reached port 7", Means: "it calls", Do: "forward it"},
			{Name: "disk", Level: "ok", Found: "room"},
		}})
		out, said, code := f.run(t, "doctor")
		want := "CHECK  RESULT    FOUND\n" +
			"tcp    critical  nobody reached port 7\n" +
			"                   it calls\n" +
			"                   forward it\n" +
			"disk   ok        room\n"
		if code != tt.code || said != "" || tt.worst == "critical" && out != want {
			t.Errorf("%s: exit code %d, said %q:\n%s", tt.worst, code, said, out)
		}
		if out, _, code := f.run(t, "doctor", "--json"); code != tt.code || !strings.Contains(out, `"do": "forward it"`) {
			t.Errorf("%s as JSON: exit code %d: %s", tt.worst, code, out)
		}
		if _, said, code := f.run(t, "doctor", "me"); code != exitUsage || said == "" {
			t.Errorf("an argument: exit code %d, said %q", code, said)
		}
	}
}
