package hook

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// File is a file that is complete.
type File struct {
	Path string // absolute
	Size int64  // bytes
	SHA1 string // urn:sha1:…

	Group string // name of the group whose member gave it, "" if none did
}

// placeholders is what may stand in an argument.
var placeholders = []string{"{path}", "{dir}", "{name}", "{size}", "{sha1}", "{group}"}

// placeholder matches what looks like one.
var placeholder = regexp.MustCompile(`\{[a-z0-9]+\}`)

// shells are programs that obey a text they are given; joining ones make one text
// of all their arguments.
var (
	shells  = []string{"sh", "ash", "bash", "dash", "ksh", "mksh", "zsh", "fish", "csh", "tcsh"}
	joining = []string{"cmd", "powershell", "pwsh"}
)

// Check refuses a command that cannot be run or is dangerous. An empty one is
// none. The error says what is wrong and, after a colon, what to do.
func Check(argv []string) error {
	if len(argv) == 0 {
		return nil
	}
	if placeholder.MatchString(argv[0]) {
		return fmt.Errorf("the program %q has a placeholder: name a program of yours, and use placeholders in its arguments", argv[0])
	}
	for _, arg := range argv[1:] {
		for _, p := range placeholder.FindAllString(arg, -1) {
			if !slices.Contains(placeholders, p) {
				return fmt.Errorf("%q is no placeholder: use one of %s", p, strings.Join(placeholders, " "))
			}
		}
	}
	for i, arg := range argv { // it may be that another program runs the shell
		if obeys, err := checkShell(arg, argv[i+1:]); obeys || err != nil {
			return err
		}
	}
	return nil
}

// checkShell refuses names of files where a shell would obey them. It reports
// whether the program is one.
func checkShell(program string, args []string) (obeys bool, _ error) {
	program = strings.ToLower(filepath.Base(program))
	given := slices.ContainsFunc(args, placeholder.MatchString)
	switch ext := filepath.Ext(program); {
	case !given:
		return false, nil
	case ext == ".bat", ext == ".cmd":
		return true, fmt.Errorf("%q is run by a shell of Windows, which would obey the names of files: give a program", program)
	case ext == ".exe":
		program = strings.TrimSuffix(program, ext)
	}
	if slices.Contains(joining, program) {
		return true, fmt.Errorf("%q would obey the names of files: give a program", program)
	}
	if !slices.Contains(shells, program) {
		return false, nil
	}
	// The first argument that is no flag is what it obeys: a text or a script.
	i := slices.IndexFunc(args, func(arg string) bool { return !strings.HasPrefix(arg, "-") && !strings.HasPrefix(arg, "+") })
	if i >= 0 && placeholder.MatchString(args[i]) {
		return true, errShell
	}
	return true, nil
}

// errShell is a file's name in what a shell obeys.
var errShell = errors.New(`a placeholder in what a shell runs would let names of files run commands: ` +
	`give it as an argument after that, as in ["sh", "-c", "mv \"$1\" /done", "sh", "{path}"]`)

// arguments is the command for a file.
func arguments(argv []string, f File) []string {
	fill := strings.NewReplacer(
		"{path}", f.Path, "{dir}", filepath.Dir(f.Path), "{name}", filepath.Base(f.Path),
		"{size}", strconv.FormatInt(f.Size, 10), "{sha1}", f.SHA1, "{group}", f.Group,
	)
	out := []string{argv[0]}
	for _, arg := range argv[1:] {
		out = append(out, fill.Replace(arg))
	}
	return out
}
