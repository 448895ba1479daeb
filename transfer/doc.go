// Package transfer is the vocabulary of moving content: what a file and a
// source are, how a source is reached, how many bytes, and how a name that came
// from elsewhere is made fit for a file system or a screen.
//
// It moves nothing itself; its sub-packages share, verify and transfer.
package transfer
