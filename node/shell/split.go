package shell

// Split returns the words of a line as the prompt does, or an error that names
// what was not closed.
func Split(line string) ([]string, error) { return split(line) }
