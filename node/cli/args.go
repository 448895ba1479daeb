package cli

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// permute moves flags before the other arguments, since the flag parser stops at
// the first argument that is none and people write `search blue sky --json`.
// What follows "--" stays where it is, and so does everything when a shell asks
// how the line goes on. args begins with the program's name.
func permute(app *cli.App, args []string) []string {
	if len(args) == 0 || args[len(args)-1] == "--"+cli.BashCompletionFlag.Names()[0] {
		return args
	}
	flags := valued(app.Flags)
	commands := app.Commands
	out, rest := []string{args[0]}, args[1:]
	var words []string
	takes := false // the command takes words that name none below it
	for {
		// Flags of this level up to the name of a command below it.
		n := takeFlags(rest, flags)
		out, rest = append(out, rest[:n]...), rest[n:]
		if len(rest) == 0 || rest[0] == "--" {
			return append(out, rest...)
		}
		i := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(rest[0]) })
		if i < 0 && takes {
			break
		}
		if i < 0 {
			return append(out, rest...) // no command: that is what is to be said, whatever follows
		}
		out, rest = append(out, rest[0]), rest[1:]
		flags, takes = valued(commands[i].Flags), commands[i].ArgsUsage != ""
		if commands = commands[i].Subcommands; len(commands) == 0 {
			break
		}
	}
	for len(rest) > 0 && rest[0] != "--" {
		if n := takeFlags(rest, flags); n > 0 {
			out, rest = append(out, rest[:n]...), rest[n:]
			continue
		}
		words, rest = append(words, rest[0]), rest[1:]
	}
	if len(rest) > 0 || len(words) > 0 {
		out = append(out, "--")
	}
	out = append(out, words...)
	if len(rest) > 0 {
		rest = rest[1:] // its "--" stands before the words now
	}
	return append(out, rest...)
}

// takeFlags counts the arguments at the start of args that are flags and their
// values.
func takeFlags(args []string, valued map[string]bool) int {
	n := 0
	for n < len(args) && len(args[n]) > 1 && args[n][0] == '-' && args[n] != "--" {
		name := strings.TrimLeft(args[n], "-")
		n++
		if valued[name] && n < len(args) {
			n++
		}
	}
	return n
}

// valued is the names of the flags whose value is the next argument.
func valued(flags []cli.Flag) map[string]bool {
	m := map[string]bool{}
	for _, f := range flags {
		if d, ok := f.(cli.DocGenerationFlag); ok && d.TakesValue() {
			for _, name := range f.Names() {
				m[name] = true
			}
		}
	}
	return m
}
