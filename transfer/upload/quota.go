package upload

import "net/netip"

// quota counts what hosts hold of something that is limited in all and per
// host.
type quota struct {
	max, perHost   int
	full, hostFull Reason // why nothing is left

	used  int
	hosts map[netip.Prefix]int // has at most max keys
}

// take takes one for host, or tells why there is none.
func (q *quota) take(host netip.Prefix) Reason {
	switch {
	case q.hosts[host] >= q.perHost:
		return q.hostFull
	case q.used >= q.max:
		return q.full
	}
	if q.hosts == nil {
		q.hosts = map[netip.Prefix]int{}
	}
	q.used++
	q.hosts[host]++
	return Granted
}

// give gives back what take took.
func (q *quota) give(host netip.Prefix) {
	q.used--
	if q.hosts[host]--; q.hosts[host] == 0 {
		delete(q.hosts, host)
	}
}
