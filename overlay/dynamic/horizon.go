package dynamic

// hosts is how many ultrapeers see a query sent with a TTL to a neighbor of some
// degree, were the network a tree.
func hosts(degree, ttl int) float64 {
	n, hop := 0.0, 1.0
	for range ttl {
		n += hop
		hop *= float64(degree - 1)
	}
	return n
}

// horizon is how many it is taken to reach: a share of them is lost at each hop
// after the first. It is 0 for TTL 0.
func horizon(degree, ttl int) float64 {
	n := hosts(degree, ttl)
	for range ttl - 1 {
		n *= hopLoss
	}
	return n
}
