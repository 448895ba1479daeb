package node

import (
	"context"

	"filbert/node/hook"
	"filbert/node/publications"
	"filbert/overlay/group"
	"filbert/transfer/download"
	"filbert/transfer/urn"
)

// takeEnded tells the folders of every download that is over, and has the user's
// command run for those that are complete. It takes what the manager says at once, so that no download waits for it.
func (n *Node) takeEnded(ctx context.Context) error {
	for {
		select {
		case st := <-n.ended:
			n.folders.over(st)
			happened{&n.events}.over("", st)
			if st.State == download.Complete {
				if err := n.fetched.Add(st.File, st.Path, n.downloads.Tree(st.File.SHA1)); err != nil {
					n.log.Warn().Err(err).Msg("a fetched file is not given on")
				}
				n.routing.kick()
				n.hooks.Add(hook.File{Path: st.Path, Size: st.File.Size, SHA1: st.File.SHA1.URN()})
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// membersGave is happened, of what members of groups give. It implements space.Witness.
type membersGave struct {
	happened
	hooks *hook.Runner
}

// Over implements space.Witness. What belongs to a publication is no file of the user's.
func (m membersGave) Over(in *group.Group, st download.Status) {
	m.over(in.ID().String(), st)
	if st.State == download.Complete && !publications.Keeps(st.Path) {
		m.hooks.Add(hook.File{Path: st.Path, Size: st.File.Size, SHA1: st.File.SHA1.URN(), Group: in.State().Name()})
	}
}

// Hook tells how the user's command for a complete download went.
func (n *Node) Hook(h urn.SHA1) hook.Outcome { return n.hooks.Outcome(h.URN()) }
