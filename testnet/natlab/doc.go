// Package natlab tries how two whole nodes behind NATs exchange a file: for every pair of kinds of NAT, or two behind
// one, it builds a small internet, has one node find and fetch what the other shares, and tells by which way it came, how
// long that took, and which way theory permits. The internet is the fabric in virtual time; or, on Linux and as root,
// network namespaces with boxes of nftables in real time, which exist only as long as this process and lead nowhere else.
package natlab
