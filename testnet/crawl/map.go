package crawl

import "time"

// Schema is the version of a Map's JSON; it goes up when a field changes its
// meaning or goes away.
const Schema = 1

// Map is an overlay as it was found.
type Map struct {
	Schema   int       `json:"schema"`
	Began    time.Time `json:"began"`
	Seconds  float64   `json:"seconds"`
	Complete bool      `json:"complete"` // everybody within the bounds was visited
	Nodes    []Node    `json:"nodes"`    // a node's id is its index
	Edges    [][2]int  `json:"edges"`    // ids, the smaller first; in the order in which they were found
}

// Node is one host on the map. Text that hosts told is escaped for terminals,
// logs and pages.
type Node struct {
	ID      int     `json:"id"`
	Addr    string  `json:"addr"`
	Role    Role    `json:"role"`
	Agent   string  `json:"agent,omitempty"` // its software, by its own word
	Uptime  float64 `json:"uptime_seconds,omitempty"`
	Files   uint32  `json:"files,omitempty"` // it shares, by its own word
	Depth   int     `json:"depth"`           // links from the nearest seed
	Seed    bool    `json:"seed,omitempty"`
	Visited bool    `json:"visited"`         // it answered
	Way     Way     `json:"way,omitempty"`   // by which it did
	Error   string  `json:"error,omitempty"` // why it did not
}

// Role is what a host is in the two-tier network.
type Role string

// The roles.
const (
	Unknown   Role = "unknown"
	Ultrapeer Role = "ultrapeer"
	Leaf      Role = "leaf"
)

// Way is how a host was asked.
type Way string

// The ways.
const (
	ByHeader Way = "crawler-header"
	ByPings  Way = "pings"
	ByUDP    Way = "crawler-ping"
)
