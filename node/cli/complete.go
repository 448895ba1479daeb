package cli

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"filbert/node/api"
	"filbert/node/shell"
)

// completeWait bounds what a node is asked while somebody presses Tab.
const completeWait = 500 * time.Millisecond

// results, peers, downloads and shares are the live things that an argument can
// be.
func resultChoices(ctx context.Context, n *api.Client) []shell.Completion {
	list, err := n.Results(ctx)
	if err != nil {
		return nil
	}
	var out []shell.Completion
	for _, r := range list {
		out = append(out, shell.Completion{Value: fmt.Sprint(r.Number), Help: fmt.Sprintf("%s, %s", r.Name, size(r.Size)), Group: "results"})
	}
	return out
}

func peerChoices(ctx context.Context, n *api.Client) []shell.Completion {
	list, err := n.Peers(ctx)
	if err != nil {
		return nil
	}
	var out []shell.Completion
	for _, p := range list {
		out = append(out, shell.Completion{Value: p.Addr, Help: p.Agent, Group: "peers"})
	}
	return out
}

func downloadChoices(ctx context.Context, n *api.Client) []shell.Completion {
	list, err := n.Downloads(ctx)
	if err != nil {
		return nil
	}
	var out []shell.Completion
	for i, d := range list {
		out = append(out, shell.Completion{Value: fmt.Sprint(i + 1), Help: fmt.Sprintf("%s, %s", d.Name, d.State), Group: "downloads"})
	}
	return out
}

func folderChoices(ctx context.Context, n *api.Client) []shell.Completion {
	list, err := n.Folders(ctx)
	if err != nil {
		return nil
	}
	var out []shell.Completion
	for _, f := range list {
		out = append(out, shell.Completion{Value: f.Name, Help: fmt.Sprintf("%s, %s", plural(f.Files, "file"), f.State), Group: "folders"})
	}
	return out
}

func shareChoices(ctx context.Context, n *api.Client) []shell.Completion {
	list, err := n.Shares(ctx)
	if err != nil {
		return nil
	}
	var out []shell.Completion
	for _, s := range list {
		out = append(out, shell.Completion{Value: s.Dir, Help: plural(s.Files, "file"), Group: "shares"})
	}
	return out
}

// browseChoices is the neighbors where they listen, the contacts, and the results.
func browseChoices(ctx context.Context, n *api.Client) []shell.Completion {
	list, err := n.Peers(ctx)
	if err != nil {
		return nil
	}
	var out []shell.Completion
	for _, p := range list {
		if p.Listen != "" {
			out = append(out, shell.Completion{Value: p.Listen, Help: p.Agent, Group: "peers"})
		}
	}
	return append(append(out, contactChoices(ctx, n)...), resultChoices(ctx, n)...)
}

// choices is what the arguments of a command can be, by its path.
var choices = map[string]func(context.Context, *api.Client) []shell.Completion{
	"get":              resultChoices,
	"play":             resultChoices,
	"magnet":           resultChoices,
	"browse":           browseChoices,
	"explain":          browseChoices,
	"contacts name":    contactChoices,
	"contacts trust":   contactChoices,
	"contacts rm":      contactChoices,
	"msg":              messageChoices,
	"msg read":         messageChoices,
	"msg rm":           messageChoices,
	"disconnect":       peerChoices,
	"downloads cancel": downloadChoices,
	"folders show":     folderChoices,
	"folders cancel":   folderChoices,
	"collection":       resultChoices,
	"share rm":         shareChoices,
}

func (r *runner) completeResults(c *cli.Context)   { r.complete(c, resultChoices) }
func (r *runner) completeBrowse(c *cli.Context)    { r.complete(c, browseChoices) }
func (r *runner) completeContacts(c *cli.Context)  { r.complete(c, contactChoices) }
func (r *runner) completeMessages(c *cli.Context)  { r.complete(c, messageChoices) }
func (r *runner) completePeers(c *cli.Context)     { r.complete(c, peerChoices) }
func (r *runner) completeDownloads(c *cli.Context) { r.complete(c, downloadChoices) }
func (r *runner) completeFolders(c *cli.Context)   { r.complete(c, folderChoices) }
func (r *runner) completeShares(c *cli.Context)    { r.complete(c, shareChoices) }

// complete prints what a command's argument can be, for the user's own shell.
func (r *runner) complete(c *cli.Context, list func(context.Context, *api.Client) []shell.Completion) {
	n, err := r.node(c)
	if err != nil {
		return
	}
	defer n.Close()
	ctx, cancel := context.WithTimeout(c.Context, completeWait)
	defer cancel()
	for _, choice := range list(ctx, n) {
		fmt.Fprintln(c.App.Writer, choice.Value)
	}
}

// Scripts that make other shells ask us.
var (
	//go:embed completion/filbert.bash
	bashScript string
	//go:embed completion/filbert.zsh
	zshScript string
	//go:embed completion/filbert.ps1
	powershellScript string
)

func (r *runner) completion() *cli.Command {
	return &cli.Command{
		Name: "completion", Usage: "print a script that completes commands in your shell", ArgsUsage: "bash|zsh|fish|powershell", Category: "setup",
		Description: "For example: filbert completion bash > ~/.local/share/bash-completion/completions/filbert",
		Action: func(c *cli.Context) error {
			script := ""
			switch name := c.Args().First(); name {
			case "bash":
				script = bashScript
			case "zsh":
				script = zshScript
			case "powershell", "pwsh":
				script = powershellScript
			case "fish":
				var err error
				if script, err = c.App.ToFishCompletion(); err != nil {
					return err
				}
			default:
				return usage("for which shell? bash, zsh, fish or powershell")
			}
			fmt.Fprintln(r.env.Out, strings.TrimSpace(script))
			return nil
		},
		BashComplete: func(c *cli.Context) { fmt.Fprintln(c.App.Writer, "bash\nzsh\nfish\npowershell") },
	}
}
