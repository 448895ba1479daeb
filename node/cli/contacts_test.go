package cli

import (
	"testing"

	"filbert/node/api"
)

// TestIdentity shows who the node is, alone and beside another.
func TestIdentity(t *testing.T) {
	f := newFake(t)
	f.answers("GET /v1/id", api.Identity{
		PeerID: "abc", GUID: "0f", With: &api.Contact{PeerID: "xyz", Name: "kim", Trust: "known"}, Safety: "11111 22222 33333 44444",
	})
	out, said, code := f.run(t, "id", "--with", "kim")
	const want = "peer ID        abc\n" +
		"servent GUID   0f\n" +
		"with           xyz\n" +
		"petname        kim\n" +
		"trust          known\n" +
		"safety number  11111 22222\n" +
		"               33333 44444\n"
	if out != want || code != exitDone || said != "if the other side sees the same digits: `filbert contacts trust kim trusted`\n" {
		t.Errorf("exit code %d, said %q:\n%s", code, said, out)
	}
}

// TestContacts shows the book.
func TestContacts(t *testing.T) {
	f := newFake(t)
	f.answers("GET /v1/contacts", []api.Contact{{PeerID: "xyz", Name: "kim", Trust: "trusted"}, {PeerID: "abc", Trust: "blocked"}})
	out, said, code := f.run(t, "contacts")
	if out != "NAME  TRUST    PEER ID\nkim   trusted  xyz\n-     blocked  abc\n" || said != "" || code != exitDone {
		t.Errorf("exit code %d, said %q:\n%s", code, said, out)
	}
}
