package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/urfave/cli/v2"

	"filbert/node/api"
	"filbert/node/config"
)

func (r *runner) config() *cli.Command {
	return &cli.Command{
		Name: "config", Usage: "show, check and change the settings", Category: "setup",
		Subcommands: []*cli.Command{
			{
				Name: "show", Usage: "show the settings in force for the next start",
				Flags: append(homeFlags(), &cli.BoolFlag{Name: "origin", Usage: "say where each value comes from"}, jsonFlag()),
				Action: func(c *cli.Context) error {
					if err := noArguments(c); err != nil {
						return err
					}
					conf, err := config.Load(r.request(c))
					if err != nil {
						return &exitError{exitUsage, err}
					}
					return show(r, c, conf.Explain(), func(rows []config.Row) error { return r.showSettings(rows, c.Bool("origin")) })
				},
			},
			{
				Name: "check", Usage: "check the settings and the folders they name", Flags: homeFlags(),
				Action: func(c *cli.Context) error {
					if err := noArguments(c); err != nil {
						return err
					}
					conf, err := config.Load(r.request(c))
					if err != nil {
						return &exitError{exitUsage, err}
					}
					if problems := conf.Check(); len(problems) > 0 {
						return &exitError{exitFailed, problems}
					}
					r.say("the settings are good")
					return nil
				},
			},
			{
				Name: "set", Usage: "write a setting to the user's file", ArgsUsage: "KEY VALUE...", Flags: homeFlags(),
				Description: "Lists take several values. The node uses the new value at its next start.",
				Action:      r.setConfig,
				BashComplete: func(c *cli.Context) {
					for _, s := range config.Settings() {
						fmt.Fprintln(c.App.Writer, s.Key)
					}
				},
			},
		},
	}
}

func (r *runner) setConfig(c *cli.Context) error {
	if c.NArg() < 1 {
		return usage("set what? `filbert config set KEY VALUE...`; `filbert config show` lists the keys")
	}
	for _, s := range config.Settings() {
		if s.Secret && s.Key == c.Args().First() {
			return usage("%s has passwords, which everybody on the machine sees in a command: write it into the file that `filbert paths` names, or into %s", s.Key, s.Env)
		}
	}
	paths, err := config.Locate(r.request(c))
	if err != nil {
		return err
	}
	if err := config.Set(paths.Config, r.env.Dir, c.Args().First(), c.Args().Tail()); err != nil {
		return &exitError{exitUsage, err}
	}
	r.say("written to %s", paths.Config)
	if _, err := config.Load(r.request(c)); err != nil { // it may contradict another setting
		return &exitError{exitUsage, err}
	}
	return nil
}

func (r *runner) showSettings(rows []config.Row, origin bool) error {
	head := []string{"SETTING", "VALUE"}
	if origin {
		head = append(head, "ORIGIN")
	}
	t := newTable(r.env.Out, append(head, "MEANING")...)
	for _, row := range rows {
		cells := []string{row.Key, orDash(valueText(row.Value))}
		if origin {
			cells = append(cells, row.Origin.String())
		}
		t.row(append(cells, row.Help)...)
	}
	return t.end()
}

func valueText(v any) string {
	if list, ok := v.([]string); ok {
		return strings.Join(list, ", ")
	}
	return fmt.Sprint(v)
}

func (r *runner) paths() *cli.Command {
	return &cli.Command{
		Name: "paths", Usage: "show where everything is kept", Category: "setup", Flags: append(homeFlags(), jsonFlag()),
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			paths, err := config.Locate(r.request(c))
			if err != nil {
				return err
			}
			return show(r, c, paths.All(), func(all []config.Place) error {
				t := newTable(r.env.Out, "WHAT", "WHERE")
				for _, p := range all {
					t.row(p.Name, p.Path)
				}
				return t.end()
			})
		},
	}
}

func (r *runner) version() *cli.Command {
	return &cli.Command{
		Name: "version", Usage: "show the version", Category: "setup", Flags: []cli.Flag{jsonFlag()},
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			v := api.Version{Schema: api.Schema, Version: Version, Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH}
			return show(r, c, v, func(v api.Version) error {
				fmt.Fprintf(r.env.Out, "filbert %s%s (%s, %s)\n", v.Version, revision(), v.Go, v.System)
				return nil
			})
		},
	}
}

// revision is the commit the program was built from, where Go recorded it.
func revision() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				return " " + s.Value[:min(12, len(s.Value))]
			}
		}
	}
	return ""
}
