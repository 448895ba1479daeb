package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"
)

// Version is the version of the program.
const Version = "0.1.0"

// Env is what commands run in: the process's own, or that of a test.
type Env struct {
	In       *os.File
	Out, Err io.Writer
	Environ  []string
	Dir      string // working directory
}

// System is the environment of this process.
func System() Env {
	dir, err := os.Getwd()
	if err != nil {
		dir = "" // relative paths are then refused where they are used
	}
	return Env{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Environ: os.Environ(), Dir: dir}
}

// Main runs the program with args, whose first is its name, and returns its exit
// code. more are commands beside those of this package.
func Main(env Env, args []string, more ...*cli.Command) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The second signal ends the process at once.
	defer context.AfterFunc(ctx, stop)()
	err := Run(ctx, NewApp(env, more...), args)
	report(env.Err, err)
	return ExitCode(err)
}

// NewApp builds the command table.
func NewApp(env Env, more ...*cli.Command) *cli.App {
	r := &runner{env: env}
	commands := append([]*cli.Command{r.start(), r.shell()}, r.client()...)
	commands = append(commands, r.config(), r.paths(), r.version(), r.completion())
	app := &cli.App{
		Name:                 "filbert",
		Usage:                "find and fetch files with no server",
		Version:              Version,
		HideVersion:          true, // its flag is ours
		Flags:                []cli.Flag{&cli.BoolFlag{Name: "version", Usage: "show the version"}},
		Description:          "A Gnutella 0.6 servent. Begin with `filbert start --seed HOST:PORT --share DIR`, or try it with `filbert testnet`.",
		Commands:             append(commands, more...),
		EnableBashCompletion: true,
		Suggest:              true,
		Writer:               env.Out,
		ErrWriter:            env.Err,
		ExitErrHandler:       func(*cli.Context, error) {}, // Main does it
		OnUsageError:         usageError,
		CommandNotFound:      nil,
		Action:               r.bare,
	}
	for _, c := range app.Commands {
		prepare(c)
	}
	return app
}

// prepare gives a command what all commands have.
func prepare(c *cli.Command) {
	c.OnUsageError = usageError
	c.HideHelpCommand = true
	for _, sub := range c.Subcommands {
		prepare(sub)
	}
	if len(c.Subcommands) > 0 && c.Action == nil {
		c.Action = unknownSubcommand
	}
}

// Run runs one command line.
func Run(ctx context.Context, app *cli.App, args []string) error {
	return app.RunContext(ctx, permute(app, args))
}

// bare is `filbert` alone, or with a word that is no command.
func (r *runner) bare(c *cli.Context) error {
	if c.Bool("version") {
		return r.version().Action(c)
	}
	if !c.Args().Present() {
		return cli.ShowAppHelp(c)
	}
	return unknown(c.Args().First(), c.App.Commands, "")
}

func unknownSubcommand(c *cli.Context) error {
	if !c.Args().Present() {
		return cli.ShowSubcommandHelp(c)
	}
	return unknown(c.Args().First(), c.Command.Subcommands, c.Command.Name+" ")
}

// unknown names the command that was probably meant.
func unknown(word string, commands []*cli.Command, parent string) error {
	hint := fmt.Sprintf("`filbert %shelp` lists them", parent)
	if parent != "" {
		hint = fmt.Sprintf("`filbert %s--help` lists them", parent)
	}
	said := cli.SuggestCommand(commands, word) // a sentence around the name
	for _, c := range commands {
		if said == fmt.Sprintf(cli.SuggestDidYouMeanTemplate, c.Name) {
			hint = fmt.Sprintf("did you mean %q? %s", parent+c.Name, hint)
		}
	}
	return usage("unknown command %q; %s", parent+word, hint)
}

func usageError(c *cli.Context, err error, _ bool) error {
	name := "filbert"
	if c.Command != nil && c.Command.HelpName != "" {
		name = c.Command.HelpName
	}
	return usage("%w; see `%s --help`", err, name)
}

// report prints an error for a user.
func report(w io.Writer, err error) {
	if err == nil || errors.Is(err, errSilent) {
		return
	}
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(w, "interrupted")
		return
	}
	text := strings.ReplaceAll(strings.TrimSuffix(err.Error(), "\n"), context.DeadlineExceeded.Error(), "not done in time")
	if r := remedy(err); r != "" {
		text += "; " + r
	}
	fmt.Fprintln(w, "filbert: "+text)
}
