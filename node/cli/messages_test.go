package cli

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filbert/node/api"
	"filbert/node/shell"
)

var atNoon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.Local)

// TestMessages shows a conversation, and which one of several.
func TestMessages(t *testing.T) {
	f := newFake(t)
	list := []api.Message{
		{With: strings.Repeat("a", 56), Author: strings.Repeat("a", 56), Text: "hello", Sent: atNoon, State: "received"},
		{With: strings.Repeat("a", 56), Mine: true, Text: "who is it?", Sent: atNoon.Add(time.Minute), State: "waiting", Reason: "it is away"},
	}
	f.answers("GET /v1/conversations/{peer}", list)
	f.answers("POST /v1/conversations/{peer}/read", nil)
	f.answers("GET /v1/conversations", []api.Conversation{{With: list[0].With, Messages: 2, Unread: 1, Waiting: 1, Last: list[1]}})
	out, said, code := f.run(t, "msg", "read", "kim")
	const want = "2026-11-28 12:00 aaaaaaaaaaaa (unknown): hello\n" +
		"2026-11-28 12:01 me: who is it? [waiting: it is away]\n"
	if out != want || said != "" || code != exitDone {
		t.Errorf("exit code %d, said %q:\n%s", code, said, out)
	}
	out, said, code = f.run(t, "msg")
	const conversations = "WITH                    UNREAD  WAITING  MESSAGES  LAST              TEXT\n" +
		"aaaaaaaaaaaa (unknown)  1       1        2         2026-11-28 12:01  who is it?\n"
	if out != conversations || said != "" || code != exitDone {
		t.Errorf("exit code %d, said %q:\n%s", code, said, out)
	}
}

// TestGroupMessages: what is written in a group stands under its name.
func TestGroupMessages(t *testing.T) {
	f := newFake(t)
	id := strings.Repeat("c", 56)
	list := []api.Message{
		{With: id, Group: true, Name: "family", By: "kim", Known: true, Text: "dinner", Sent: atNoon, State: "received"},
		{With: id, Group: true, Name: "family", Mine: true, Text: "I come", Sent: atNoon.Add(time.Minute), State: "posted"},
	}
	f.answers("GET /v1/groups/family/messages", list)
	f.answers("POST /v1/groups/family/messages", list[1])
	f.answers("POST /v1/groups/family/messages/read", nil)
	f.answers("DELETE /v1/groups/family/messages", nil)
	f.answers("GET /v1/conversations", []api.Conversation{
		{With: id, Group: true, Name: "family", Known: true, Messages: 2, Unread: 1, Last: list[1]},
		{With: strings.Repeat("d", 56), Group: true, Messages: 1, Last: list[0]},
	})
	for _, test := range []struct {
		words, out, said string
		code             int
	}{
		{"msg --group family I come", "", "", exitDone},
		{"msg read --group family", "2026-11-28 12:00 kim: dinner\n2026-11-28 12:01 me: I come\n", "", exitDone},
		{"msg rm --group family", "", "the messages with family are forgotten\n", exitDone},
		{"msg --group family", "", "and what?", exitUsage},
		{"msg read --group family kim", "", "with whom?", exitUsage},
	} {
		out, said, code := f.run(t, strings.Fields(test.words)...)
		if out != test.out || !strings.Contains(said, test.said) || test.said == "" && said != "" || code != test.code {
			t.Errorf("%s: exit code %d, said %q:\n%s", test.words, code, said, out)
		}
	}
	out, _, _ := f.run(t, "msg")
	if !strings.Contains(out, "\nfamily (group) ") || !strings.Contains(out, "\n"+strings.Repeat("d", 56)+" (left) ") {
		t.Error(out)
	}
}

// TestNotices: at the prompt stands what comes, and what of ours failed.
func TestNotices(t *testing.T) {
	f := newFake(t)
	f.streams("GET /v1/messages/events", "message",
		api.Message{Name: "kim", By: "kim", Known: true, Text: "hello", Sent: atNoon, State: "received"},
		api.Message{Name: "kim", By: "kim", Known: true, Mine: true, Text: "hi", Sent: atNoon, State: "waiting"},
		api.Message{Name: "kim", By: "kim", Known: true, Mine: true, Text: "hi", Sent: atNoon, State: "delivered"},
		api.Message{Name: "lee", Known: true, Mine: true, Text: "and you", Sent: atNoon, State: "failed", Reason: "not delivered in time"},
		api.Message{Name: "kim", By: "kim", Known: true, Text: "sorry", Sent: atNoon, State: "received late"},
		api.Message{Name: "family", Group: true, By: "kim", Known: true, Text: "dinner", Sent: atNoon, State: "received"},
		api.Message{Name: "family", Group: true, Author: strings.Repeat("b", 56), Text: "who is hungry?", Sent: atNoon, State: "received"},
		api.Message{Name: "family", Group: true, Mine: true, Known: true, Text: "me", Sent: atNoon, State: "posted"},
	)
	client := api.Dial(filepath.Join(f.home, "api.sock"))
	defer client.Close()
	var out bytes.Buffer
	tellMessages(t.Context(), client, shell.NewPrinter(&out))
	const want = "12:00:00 kim: hello\n" +
		"not delivered to lee: 12:00:00 me: and you [failed: not delivered in time]\n" +
		"12:00:00 kim: sorry [received late]\n" +
		"[family] 12:00:00 kim: dinner\n" +
		"[family] 12:00:00 bbbbbbbbbbbb (unknown): who is hungry?\n"
	if out.String() != want {
		t.Errorf("%s", out.String())
	}
}
