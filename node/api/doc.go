// Package api is the control interface of a running node: an OpenAPI 3.1
// service over a unix socket in the node's home, or over loopback TCP with a
// token, and the client of it. Commands, the prompt and pages use the client
// and nothing else of the node.
//
// Strings that came from peers are escaped for display (transfer.Display)
// before they leave here. Streams are server-sent events.
package api
