package topology

// Caps on graphs that come from outside: from an edge list or a command line.
const (
	// MaxNodes is the most nodes of a graph: twice the million that the largest
	// simulations have. A node costs about 30 bytes.
	MaxNodes = 1 << 21

	// MaxEdges is the most edges of a graph, and the most links in an edge list:
	// mean degree 16 at MaxNodes. An edge costs 32 bytes, and about 60 more while
	// the graph is made.
	MaxEdges = 1 << 24

	// maxLine is the longest line of an edge list, in bytes: two numbers need
	// 40, comments have been seen with 100.
	maxLine = 4096
)
