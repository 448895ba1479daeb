package cli

import (
	"testing"

	"filbert/node/api"
)

// TestGroupWarnings: what is wrong with a group is said beside it.
func TestGroupWarnings(t *testing.T) {
	for _, c := range []struct {
		group api.Group
		said  string
	}{
		{api.Group{Role: "owner", Signed: 0.7}, ""},
		{api.Group{Role: "owner", Signed: 0.8}, "lab: 80 % of what this node can sign as an owner is used, and in the end it lets nobody in; another can: " +
			"`filbert group role lab PEER owner`\n"},
		{api.Group{Role: "member", Signed: 0.8}, ""},
		{api.Group{Role: "owner", Unsafe: true, Signed: 0.8}, "lab: nothing is sent until it has a new key: `filbert group rotate lab`\n"},
		{api.Group{Role: "member", Unsafe: true}, "lab: nothing is sent until an owner gives it a new key\n"},
		{api.Group{Role: "none"}, "lab: this node was expelled; `filbert group leave lab` forgets the group\n"},
	} {
		f := newFake(t)
		c.group.Name = "lab"
		f.answers("GET /v1/groups", []api.Group{c.group})
		if _, said, code := f.run(t, "group"); said != c.said || code != exitDone {
			t.Errorf("%+v: exit code %d, said %q", c.group, code, said)
		}
	}
}
