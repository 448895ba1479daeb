package cli

import (
	"strings"
	"testing"
	"time"

	"filbert/node/api"
)

// TestExplain tells the way to a servent to a person, to a program, and by its exit code.
func TestExplain(t *testing.T) {
	for _, tt := range []struct {
		reach string
		code  int
	}{{"direct", exitDone}, {"helped", explainHelped}, {"none", explainNone}} {
		f := newFake(t)
		f.answers("GET /v1/explain", api.Path{
			Reach: tt.reach, Addr: "192.0.2.7:6346", GUID: "0f0f", Push: true, Own: "open", Proxies: []string{"192.0.2.1:7", "192.0.2.2:7"}, Words: []string{"192.0.2.2:7"}, Relays: []string{},
			Ways: []api.Way{
				{Way: "push", Try: true, Why: "it is asked"}, {Way: "relay", Try: true, After: 3, Failed: true, Why: "it failed"}, {Way: "direct", Why: "it says no"},
			},
			Attempts: []api.Attempt{{Way: "push", At: time.Now().Add(-time.Hour), Seconds: 0.2504, Outcome: "failed", Reason: "late"}},
		})
		out, said, code := f.run(t, "explain", "192.0.2.7:6346")
		want := "address     192.0.2.7:6346\n" +
			"servent     0f0f\n" +
			"it says     nobody can connect to it\n" +
			"push proxy  192.0.2.1:7\n" +
			"push proxy  192.0.2.2:7, passes on words about a path\n" +
			"we          can be connected to\n" +
			"reached     with help\n" +
			"\n" +
			"WAY     TRIED     WHY\n" +
			"push    first     it is asked\n" +
			"relay   after 3s  it failed\n" +
			"direct  no        it says no\n" +
			"\n" +
			"AGO  WAY   TOOK   OUTCOME\n" +
			"1h   push  250ms  failed: late\n"
		if code != tt.code || said != "" || tt.reach == "helped" && out != want {
			t.Errorf("%s: exit code %d, said %q:\n%s", tt.reach, code, said, out)
		}
		if out, _, code := f.run(t, "explain", "1", "--json"); code != tt.code || !strings.Contains(out, `"why": "it is asked"`) {
			t.Errorf("%s as JSON: exit code %d: %s", tt.reach, code, out)
		}
		if _, said, code := f.run(t, "explain"); code != exitUsage || !strings.Contains(said, "explain whom") {
			t.Errorf("nobody: exit code %d, said %q", code, said)
		}
	}
}
