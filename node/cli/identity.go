package cli

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/urfave/cli/v2"

	"filbert/node/api"
	"filbert/node/config"
	"filbert/overlay/identity"
)

func (r *runner) id() *cli.Command {
	return &cli.Command{
		Name: "id", Usage: "show who this node is, and compare with another", Category: "network",
		Flags: clientFlags(
			&cli.StringFlag{Name: "with", Usage: "show the safety number with `PEER`: read it to each other over the telephone; if both see the same, nobody stands between you"},
			jsonFlag(),
		),
		Description: "It needs no running node, but for a PEER that is no peer ID. " + peerHelp,
		Action: r.action(func(c *cli.Context, n *api.Client) error {
			if err := noArguments(c); err != nil {
				return err
			}
			id, err := n.Identity(c.Context, c.String("with"))
			if errors.Is(err, api.ErrNotRunning) && !errors.Is(err, fs.ErrPermission) && r.fixed == nil && c.String(flagAPI) == "" {
				id, err = r.keptIdentity(c, err)
			}
			if err != nil {
				return err
			}
			return show(r, c, id, r.showIdentity)
		}),
	}
}

func (r *runner) showIdentity(id api.Identity) error {
	t := newTable(r.env.Out)
	t.row("peer ID", id.PeerID)
	t.row("servent GUID", id.GUID)
	if id.Face != "" {
		t.row("in this run", id.Face)
	}
	if id.With != nil {
		t.row("with", id.With.PeerID)
		if id.With.Trust != "" {
			t.row("petname", orDash(id.With.Name))
			t.row("trust", id.With.Trust)
		}
		t.row("safety number", id.Safety[:len(id.Safety)/2])
		t.row("", id.Safety[len(id.Safety)/2+1:])
	}
	if err := t.end(); err != nil || id.With == nil || id.With.Trust == "trusted" {
		return err
	}
	r.say("if the other side sees the same digits: `filbert contacts trust %s trusted`", orElse(id.With.Name, id.With.PeerID))
	return nil
}

// keptIdentity is who the node of the home is, which does not run, as why says. Nothing is written.
func (r *runner) keptIdentity(c *cli.Context, why error) (api.Identity, error) {
	paths, err := config.Locate(r.request(c))
	if err != nil {
		return api.Identity{}, err
	}
	id, err := identity.Load(paths.Identity)
	if errors.Is(err, fs.ErrNotExist) { // it never did
		return api.Identity{}, why
	}
	if err != nil {
		return api.Identity{}, err
	}
	out := api.IdentityOf(id.PeerID())
	if text := c.String("with"); text != "" {
		peer, err := identity.ParsePeerID(text)
		if err != nil {
			return api.Identity{}, fmt.Errorf("%.80q is no peer ID; for others the node has to run: %w", text, why)
		}
		if peer == id.PeerID() {
			return api.Identity{}, usage("that is this node itself")
		}
		with := api.IdentityOf(peer) // the book is the node's
		out.With, out.Safety = &api.Contact{PeerID: with.PeerID, GUID: with.GUID}, identity.SafetyNumber(id.PeerID(), peer)
	}
	return out, nil
}
