package stun

import (
	"fmt"
	"net/netip"
	"slices"
)

// Report is what a discovery found.
type Report struct {
	UDP           Verdict        `json:"udp"`    // datagrams come back
	NAT           Verdict        `json:"nat"`    // others see another address than the host has
	Mapped        netip.AddrPort `json:"mapped"` // as most servers see the socket
	Mapping       Mapping        `json:"mapping"`
	Filtering     Filtering      `json:"filtering"`
	Hairpin       Verdict        `json:"hairpin"`        // hosts behind the NAT reach one another by its address
	PortPreserved Verdict        `json:"port_preserved"` // the mapped port is that of the socket

	Servers  []ServerFinding `json:"servers"`
	Findings []Finding       `json:"findings"` // in the order of the tests
}

// ServerFinding is what one server said.
type ServerFinding struct {
	Server netip.AddrPort `json:"server"`
	Answer Answer         `json:"answer"`
	Error  string         `json:"error,omitempty"`
}

// Finding explains one test.
type Finding struct {
	Test   string `json:"test"`
	Asked  string `json:"asked"`
	Answer string `json:"answer"`
	Means  string `json:"means"`
}

// find adds a finding.
func (r *Report) find(test, asked, answer, means string) {
	r.Findings = append(r.Findings, Finding{test, asked, answer, means})
}

// answered are the servers that did.
func (r *Report) answered() (out []ServerFinding) {
	for _, s := range r.Servers {
		if s.Error == "" {
			out = append(out, s)
		}
	}
	return out
}

// judgeAsked concludes from one request to each server. Local are the addresses of
// the socket.
func (r *Report) judgeAsked(local []netip.AddrPort) {
	good := r.answered()
	asked := fmt.Sprintf("%d servers for our address", len(r.Servers))
	if len(good) == 0 {
		r.UDP = No
		r.find("udp", asked, "none answered", "UDP is blocked, or no server is up")
		return
	}
	r.UDP = Yes
	r.find("udp", asked, fmt.Sprintf("%d answered", len(good)), "UDP passes")

	votes := map[netip.AddrPort]int{}
	for _, s := range good {
		if votes[s.Answer.Mapped]++; votes[s.Answer.Mapped] > votes[r.Mapped] {
			r.Mapped = s.Answer.Mapped
		}
	}
	if slices.ContainsFunc(good, func(s ServerFinding) bool { return s.Answer.Mapped.Addr() != r.Mapped.Addr() }) {
		r.find("address", asked, "they see different addresses", "the NAT has several, or a server is wrong")
	}
	if len(local) == 0 {
		return
	}
	r.NAT = verdict(!slices.Contains(local, r.Mapped))
	if r.NAT == No {
		r.find("nat", "is the mapped address our own", r.Mapped.String(), "no NAT; a firewall there may be")
		return
	}
	r.find("nat", "is the mapped address our own", fmt.Sprintf("%v, and ours is %v", r.Mapped, local[0]), "a NAT")
	// One will do: where each server sees another port, one of them only can see ours.
	r.PortPreserved = verdict(slices.ContainsFunc(good, func(s ServerFinding) bool { return s.Answer.Mapped.Port() == local[0].Port() }))
	means := "the port is another one for others"
	if r.PortPreserved == Yes {
		means = "the NAT keeps the port if it can"
	}
	r.find("port", "is the mapped port our own", r.PortPreserved.String(), means)
}
