package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/urfave/cli/v2"

	"filbert/node/api"
	"filbert/node/shell"
)

// PromptContext is the context of a program that opens the prompt: Ctrl-C ends
// a command there, not the program, as SIGTERM and a lost terminal still do.
// The returned function gives the signals back.
func PromptContext(ctx context.Context) (context.Context, func()) {
	ctx, stop := signal.NotifyContext(context.WithoutCancel(ctx), syscall.SIGTERM, syscall.SIGHUP)
	// Main's own hold on SIGINT ends with the first one.
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	return ctx, func() {
		signal.Stop(interrupts)
		stop()
	}
}

// Prompt runs the interactive prompt of a node, or reads commands from env.In
// when that is no terminal. It ends with ctx, or when the user leaves.
func Prompt(ctx context.Context, env Env, node *api.Client, greeting, history string) error {
	out, ok := env.Out.(*os.File)
	if !ok {
		return errors.New("prompt: standard output is no file")
	}
	var printer *shell.Printer
	if terminal(env.In) && terminal(env.Out) {
		printer = shell.NewPrinter(out)
		news, stop := context.WithCancel(ctx)
		var telling sync.WaitGroup
		telling.Go(func() { tellMessages(news, node, printer) })
		defer telling.Wait()
		defer stop()
	}
	err := shell.Run(ctx, shell.Config{
		Executor: &executor{env: env, node: node},
		In:       env.In,
		Out:      out,
		History:  history,
		Greeting: greeting,
		Prompt:   func() string { return "filbert> " },
		Printer:  printer,
	})
	var told *shell.LineError
	switch {
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return nil // the node was stopped from elsewhere
	case errors.As(err, &told):
		return &exitError{ExitCode(err), errSilent}
	}
	return err
}

// Exec runs one line of the prompt.
func Exec(ctx context.Context, env Env, node *api.Client, line string) error {
	words, err := shell.Split(line)
	if err != nil {
		return usage("%w", err)
	}
	return (&executor{env: env, node: node}).execute(ctx, words)
}

// executor runs the commands of the prompt: those of the command line that need
// a node, with the node they have.
type executor struct {
	env  Env
	node *api.Client
}

// app builds the prompt's command table. Flags that choose a node mean nothing
// here, and are hidden.
func (e *executor) app() *cli.App {
	r := &runner{env: e.env, fixed: e.node}
	app := NewApp(e.env)
	app.Commands = append(r.client(), r.config(), r.paths(), r.version(), leave())
	app.Usage = "commands of the prompt"
	app.Description = "search WORDS..., then get NUMBER. Tab completes; Ctrl-C ends a command, quit leaves."
	for _, c := range app.Commands {
		prepare(c)
		hideHome(c)
	}
	return app
}

func hideHome(c *cli.Command) {
	for _, f := range c.Flags {
		if f, ok := f.(*cli.StringFlag); ok && slices.Contains([]string{flagHome, flagAPI, flagTokenFile}, f.Name) {
			f.Hidden = true
		}
	}
	for _, sub := range c.Subcommands {
		hideHome(sub)
	}
}

// leave is the command that ends the prompt.
func leave() *cli.Command {
	return &cli.Command{
		Name: "quit", Aliases: []string{"exit"}, Usage: "leave the prompt",
		Action: func(*cli.Context) error { return shell.ErrExit },
	}
}

// Run implements shell.Executor.
func (e *executor) Run(ctx context.Context, words []string) error {
	err := e.execute(ctx, words)
	if r := remedy(err); r != "" {
		return fmt.Errorf("%w; %s", err, r)
	}
	return err
}

func (e *executor) execute(ctx context.Context, words []string) error {
	if len(words) > 0 && words[0] == "filbert" {
		words = words[1:] // people paste whole commands
	}
	if len(words) == 0 {
		return nil
	}
	return Run(ctx, e.app(), append([]string{"filbert"}, words...))
}

// Complete implements shell.Executor.
func (e *executor) Complete(ctx context.Context, words []string, last string) []shell.Completion {
	commands := e.app().Commands
	var at *cli.Command
	var path []string
	for _, word := range words {
		i := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(word) })
		if i < 0 {
			break
		}
		at, commands = commands[i], commands[i].Subcommands
		path = append(path, at.Name)
	}
	var all []shell.Completion
	switch {
	case strings.HasPrefix(last, "-"):
		all = flagChoices(at)
	case len(path) == len(words) && (at == nil || len(commands) > 0):
		for _, c := range commands {
			all = append(all, shell.Completion{Value: c.Name, Help: c.Usage, Group: "commands"})
		}
	default:
		if list := choices[strings.Join(path, " ")]; list != nil {
			ctx, cancel := context.WithTimeout(ctx, completeWait)
			defer cancel()
			all = list(ctx, e.node)
		}
	}
	return slices.DeleteFunc(all, func(c shell.Completion) bool { return !strings.HasPrefix(c.Value, last) })
}

// flagChoices is the flags of a command.
func flagChoices(c *cli.Command) []shell.Completion {
	if c == nil {
		return nil
	}
	var out []shell.Completion
	for _, f := range c.Flags {
		doc, ok := f.(cli.DocGenerationFlag)
		if v, hidden := f.(cli.VisibleFlag); !ok || hidden && !v.IsVisible() {
			continue
		}
		out = append(out, shell.Completion{Value: "--" + f.Names()[0], Help: strings.ReplaceAll(doc.GetUsage(), "`", ""), Group: "flags"})
	}
	return out
}
