// Package natlab tries how two whole nodes behind NATs exchange a file: for every pair of kinds of NAT it builds a small
// internet in virtual time, has one node find and fetch what the other shares, and tells by which way it came, how
// long that took, and which way theory permits.
package natlab
