package natlab

import (
	"errors"
	"fmt"
	"net/netip"

	"filbert/node"
)

// spaces is an internet of network namespaces: a core that routes, and behind it hosts and boxes, whose NATs and
// filters are nftables.
type spaces struct {
	ipv6  bool
	core  *space
	all   []*space
	homes map[byte]*space // boxes with two hosts, by number
}

func newSpaces(ipv6 bool) (*spaces, error) {
	s := &spaces{ipv6: ipv6, homes: make(map[byte]*space)}
	var err error
	if s.core, err = s.space(true); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close lets go of the namespaces.
func (s *spaces) Close() error {
	var errs []error
	for _, sp := range s.all {
		errs = append(errs, sp.file.Close())
	}
	return errors.Join(errs...)
}

// space makes a namespace, one that routes or not.
func (s *spaces) space(routes bool) (*space, error) {
	sp, err := newSpace()
	if sp != nil {
		s.all = append(s.all, sp)
	}
	if err == nil && routes {
		err = sp.run(nil, "echo 1 > /proc/sys/net/ipv4/ip_forward", "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding")
	}
	return sp, err
}

func (s *spaces) host(k Kind, at spot) (node.Network, netip.Addr, error) {
	if at.second {
		host, err := s.space(false)
		if err == nil {
			err = s.plug(s.homes[at.number], host, home(at, s.ipv6), 2)
		}
		return host, home(at, s.ipv6), err
	}
	number := at.number
	outside, inside := public(number, s.ipv6), home(at, s.ipv6)
	out, addr := s.core, outside // what is behind out has this address
	lan := fmt.Sprintf("lan%d", number)
	behind := func(k Kind, next netip.Addr) error {
		box, err := s.space(true)
		if err != nil {
			return err
		}
		if err := s.join(out, lan, box, addr); err != nil {
			return err
		}
		if s.ipv6 {
			if err := out.run(nil, fmt.Sprintf("ip -6 route add %v via %v", netip.PrefixFrom(next, 64).Masked(), addr)); err != nil {
				return err
			}
		}
		out, addr, lan = box, next, "lan"
		return box.run(nil, "nft -f - <<'END'", rules(k, next), "END")
	}
	var err error
	if k == CGNAT {
		err = behind(Restricted, carried(at)) // the carrier's
	}
	if k != Open && err == nil {
		err = behind(k, inside)
	}
	if err != nil {
		return nil, addr, err
	}
	host, err := s.space(false)
	switch {
	case err != nil:
	case at.shared:
		s.homes[number] = out
		if err = out.run(nil, "ip link add lan type bridge",
			"for f in /proc/sys/net/bridge/bridge-nf-call-*; do [ ! -e $f ] || echo 0 > $f; done", // a switch does not filter
			fmt.Sprintf("ip addr add %v/24 dev lan", gatewayOf(number)), "ip link set lan up"); err == nil {
			err = s.plug(out, host, addr, 1)
		}
	default:
		err = s.join(out, lan, host, addr)
	}
	return host, addr, err
}

// plug connects a host to a port of a box, whose bridge has an address.
func (s *spaces) plug(box, host *space, addr netip.Addr, number int) error {
	port := fmt.Sprintf("port%d", number)
	if err := box.run(host,
		fmt.Sprintf("ip link add %s type veth peer name wan netns $OTHER", port),
		fmt.Sprintf("ip link set %s master lan up", port)); err != nil {
		return err
	}
	return host.run(nil,
		fmt.Sprintf("ip addr add %v/24 dev wan", addr),
		"ip link set wan up",
		fmt.Sprintf("ip route add default via %v", gatewayOf(addr.As4()[2])))
}

// join connects a namespace to one that leads out, where the interface has this name.
func (s *spaces) join(out *space, lan string, in *space, addr netip.Addr) error {
	bits, flags, family := 24, "", "-4"
	gateway := addr.AsSlice()
	gateway[len(gateway)-1] = 254
	if s.ipv6 {
		bits, flags, family = 64, "nodad", "-6"
	}
	via, _ := netip.AddrFromSlice(gateway)
	if err := out.run(in,
		fmt.Sprintf("ip link add %s type veth peer name wan netns $OTHER", lan),
		fmt.Sprintf("ip addr add %v/%d dev %s %s", via, bits, lan, flags),
		fmt.Sprintf("ip link set %s up", lan)); err != nil {
		return err
	}
	return in.run(nil,
		fmt.Sprintf("ip addr add %v/%d dev wan %s", addr, bits, flags),
		"ip link set wan up",
		fmt.Sprintf("ip %s route add default via %v", family, via))
}

// rules are those of a box, with the one address that is behind it. Linux gives a connection the port it has inside,
// which is what a cone does, and lets answers in; whom else it lets in is learnt from what goes out. What is not let
// in must be dropped on arrival, or Linux would hold the port for it.
func rules(k Kind, inside netip.Addr) string {
	family, addrType := "ip", "ipv4_addr"
	if inside.Is6() {
		family, addrType = "ip6", "ipv6_addr"
	}
	match, how, block := "", "", ""
	switch k {
	case FullCone:
		match = `iifname "wan" udp dport @mapped`
	case Restricted:
		match = `iifname "wan" ` + family + ` saddr . udp dport @sent`
	case Symmetric:
		how = "fully-random"
	case UDPBlocked:
		block = "meta l4proto udp drop"
	}
	nat, accept := "", ""
	if inside.Is4() {
		nat = `chain after { type nat hook postrouting priority 100; oifname "wan" masquerade ` + how + `; }`
		if match != "" {
			nat += "\n	chain before { type nat hook prerouting priority -100; " + match + " dnat to " + inside.String() + "; }"
			accept = "ct status dnat accept"
		}
	} else if match != "" {
		accept = match + " accept"
	}
	return fmt.Sprintf(`table %s box {
	set mapped { type inet_service; flags dynamic,timeout; timeout 2m; }
	set sent { type %s . inet_service; flags dynamic,timeout; timeout 2m; }
	chain through {
		type filter hook forward priority 0; policy drop;
		%s
		iifname "lan" meta l4proto udp update @mapped { udp sport }
		iifname "lan" meta l4proto udp update @sent { %s daddr . udp sport }
		iifname "lan" accept
		ct state established,related accept
		%s
	}
	chain here {
		type filter hook input priority 0; policy drop;
		iifname != "wan" accept
		meta l4proto { icmp, ipv6-icmp } accept
	}
	%s
}`, family, addrType, block, family, accept, nat)
}
