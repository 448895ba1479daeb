// Package cli is the commands of filbert. All but start talk to a running node
// through its control API; start runs one. The same commands, without the
// program's name, are those of the prompt.
//
// Data goes to standard output, talk and progress to standard error. Exit codes
// are those of exit.go.
package cli
