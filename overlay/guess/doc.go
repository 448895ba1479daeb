// Package guess decides whom to ask next in a GUESS 0.2 search: a querier asks
// ultrapeers one after another by UDP, each of which answers from what it and its
// leaves share and names others.
//
//	querier                                   ultrapeer
//	   | ---- ping with QK: a key, please ------> |
//	   | <--- pong with QK: the key, hosts ------ |
//	   | ---- query with the key ---------------> |   once for a query
//	   | <--- pong: taken, hosts ---------------- |
//	   | <--- hits ------------------------------ |
//
// [Asker] keeps the hosts, their keys and what each search asked. It sends
// nothing; the package is pure: the time comes in.
package guess
