// Package contacts is the user's own book of peers: a petname and a level of trust
// for each peer ID that matters to them. Names are given by the user alone and mean
// something on this machine alone; nothing a peer says of itself comes in here.
//
// The book is kept in node/state, a value per peer, and held in memory whole.
package contacts
