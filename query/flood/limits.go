package flood

const (
	// minRouted is the shortest word, in bytes, that route tables are asked for
	// when a query has longer ones; gtk-gnutella's figure.
	minRouted = 3

	// maxRoutedURNs is up to how many files have their hashes in the route
	// table. Each takes two slots: of more, the table would be hashes only.
	maxRoutedURNs = 20_000
)
