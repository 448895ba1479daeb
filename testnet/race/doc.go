// Package race has filbert and other programs fetch the same bytes in turn, each
// as processes of its own, and tells who was faster by how much: nginx as a
// server, curl and aria2c as clients, as far as they are installed.
package race
