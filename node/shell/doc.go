// Package shell is the interactive prompt: it reads lines, splits them into
// words as a POSIX shell does, hands them to an Executor and prints what goes
// wrong. It knows no command by itself and nothing of the node.
//
// There are three ways of reading, chosen by what the files of Config are:
//
//   - the line editor (history, completion, search) when standard input,
//     output and error are one terminal that can move its cursor;
//   - a plain prompt on any other terminal, TERM=dumb included;
//   - no prompt at all when the input is a pipe or a file, with an exit status
//     for scripts.
//
// The line editor is github.com/reeflective/readline. It reads os.Stdin and
// writes os.Stdout by itself, whatever it is told, which is why only these two
// get it. Of its many parts the editing commands and the drawing of the line
// are used; completion lists, history and search are of this package, since
// they must do without color, hold names in any script and end with a context.
package shell
