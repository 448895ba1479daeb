package cli

import (
	"testing"
	"time"

	"filbert/node/api"
)

// TestEvents shows a line for each.
func TestEvents(t *testing.T) {
	const id = "aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dyptl2bi"
	at := time.Date(2026, 11, 28, 12, 0, 0, 0, time.Local)
	f := newFake(t)
	f.answers("GET /v1/events", []api.Event{
		{Number: 1, Time: at, Kind: "neighbor-up", Who: "192.0.2.1:1", PeerID: id, Cause: "it called, leaf to ultrapeer"},
		{Number: 2, Time: at.Add(time.Second), Kind: "member-dead", Who: id, PeerID: id, Name: "kim", Group: id, In: "family", Cause: "nobody heard of it any more"},
		{Number: 3, Time: at.Add(time.Minute), Kind: "member-there", Who: id, PeerID: id, Group: id},
		{Number: 4, Time: at.Add(time.Hour), Kind: "disk-problem", Who: "song.ogg", Cause: "no space left on device"},
	})
	out, said, code := f.run(t, "events", "--since", "10m")
	const want = "2026-11-28 12:00:00  neighbor-up        192.0.2.1:1 (aaaqeayeauda): it called, leaf to ultrapeer\n" +
		"2026-11-28 12:00:01  member-dead        kim in family: nobody heard of it any more\n" +
		"2026-11-28 12:01:00  member-there       " + id + " in aaaqeayeauda\n" +
		"2026-11-28 13:00:00  disk-problem       song.ogg: no space left on device\n"
	if out != want || said != "" || code != exitDone {
		t.Errorf("exit code %d, said %q:\n%s", code, said, out)
	}
	if _, _, code := f.run(t, "events", "--since", "-1m"); code != exitUsage {
		t.Errorf("exit code %d", code)
	}
}
