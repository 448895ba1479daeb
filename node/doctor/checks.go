package doctor

import (
	"fmt"
	"net/netip"
	"time"
)

// neighbors: without them there is no network.
func (f Facts) neighbors() Check {
	c := Check{Name: "neighbors", Found: fmt.Sprintf("%d neighbors, %d hosts known", f.Neighbors, f.Known)}
	switch {
	case f.Neighbors >= enoughNeighbors:
	case f.Running < settleTime:
		c.Level = Unknown
		c.Means = "the node is still looking for neighbors"
	case f.Neighbors > 0:
		c.Level = Warn
		c.Means = "if this one leaves, nobody is found and nothing is until another is"
		c.Do = "name more seeds with --seed, or wait"
	case f.Known == 0:
		c.Level = Critical
		c.Means = "no host is known to call, so no search can be asked"
		c.Do = "name a seed with --seed HOST:PORT, or start with --public"
	default:
		c.Level = Critical
		c.Means = "no known host takes a connection, so no search can be asked"
		c.Do = "see whether this machine has a connection at all, and whether its firewall lets filbert out"
	}
	return c
}

// tcp: whether strangers can connect.
func (f Facts) tcp() Check {
	c := f.way("tcp", f.TCP)
	if c.Level != Warn {
		return c
	}
	c.Means = "nobody can connect to this node: it calls who wants its files, and two such nodes cannot fetch from one another"
	if f.Proxies == 0 {
		c.Level = Critical
		c.Means = "nobody can connect to this node, and no neighbor passes calls on: what it shares cannot be fetched"
	}
	c.Do = f.opening("TCP")
	return c
}

// udp: whether datagrams of strangers arrive.
func (f Facts) udp() Check {
	c := f.way("udp", f.UDP)
	if c.Level == Warn {
		c.Means = "no datagram comes but answers: searches are slower, and the node serves nobody as an ultrapeer by UDP"
		c.Do = f.opening("UDP")
	}
	return c
}

// opening is how to open the port.
func (f Facts) opening(proto string) string {
	do := fmt.Sprintf("let %s port %d through the firewall of this machine, and forward it in the router", proto, f.Port)
	if !f.Mapping.On {
		do += ", or have filbert ask the router with --map-port"
	}
	return do
}

func (f Facts) way(name string, w Way) Check {
	c := Check{Name: name}
	switch since := span(f.Now, w.Since); {
	case w.Open && since != "":
		c.Found = fmt.Sprintf("others reach port %d, for %s", f.Port, since)
	case w.Open:
		c.Found = fmt.Sprintf("others reach port %d", f.Port)
	case f.Neighbors == 0 || f.Running < settleTime:
		c.Level, c.Found = Unknown, "nobody has tried yet"
		c.Means = "neighbors are asked to try, some minutes after the start at the latest"
	default:
		c.Level, c.Found = Warn, fmt.Sprintf("nobody reached port %d", f.Port)
		if since != "" {
			c.Found += " for " + since
		}
	}
	return c
}

// address: what others see us at.
func (f Facts) address() Check {
	c := Check{Name: "address"}
	switch {
	case f.Told && f.External.IsValid():
		c.Found = fmt.Sprintf("%v, as the settings say", f.External)
	case f.External.IsValid() && f.Mapping.Open:
		c.Found = fmt.Sprintf("%v, from where the router forwards the port", f.External)
	case f.External.IsValid():
		c.Found = fmt.Sprintf("%v, as independent networks agree", f.External)
	default:
		c.Level = Unknown
		c.Found = fmt.Sprintf("not known: %d networks said where they see us", f.Seen)
		c.Means = "an address is believed when three independent networks agree, and they are more than half of those heard"
	}
	return c
}

// carrier: whether a provider's NAT stands between the router and the world.
func (f Facts) carrier() Check {
	c := Check{Name: "nat"}
	var private, shared, public, alone netip.Addr
	for _, a := range f.Own {
		switch {
		case a.IsLoopback():
			alone = a
		case !a.Is4():
		case carrierNAT.Contains(a):
			shared = a
		case a.IsPrivate():
			private = a
		case a.IsGlobalUnicast():
			public = a
		}
	}
	switch {
	case alone.IsValid():
		c.Found = fmt.Sprintf("the node listens at %v, for this machine alone", alone)
	case shared.IsValid():
		c.Level, c.Found = Warn, fmt.Sprintf("%v is an address behind the NAT of a provider", shared)
		c.Means = "no port can be forwarded there: nobody outside can connect by IPv4"
		c.Do = "ask the provider for a public IPv4 address, or for IPv6"
	case public.IsValid():
		c.Found = fmt.Sprintf("none: %v is public", public)
	case private.IsValid() && f.External.IsValid() && f.External.Is4():
		c.Found = fmt.Sprintf("%v is seen as %v", private, f.External)
	case private.IsValid():
		c.Found = fmt.Sprintf("%v is private, so there is one", private)
	default:
		c.Found = "this machine has no IPv4 address"
	}
	return c
}

// mapping: what the router was asked to do.
func (f Facts) mapping() Check {
	c, m := Check{Name: "mapping", Found: f.Mapping.Lease}, f.Mapping
	switch {
	case !m.On:
		c.Found = "the router is not asked to forward the port"
	case m.CGNAT:
		c.Level, c.Found = Warn, "the router itself is behind the NAT of a provider"
		c.Means = "the port it forwards is not open to the world"
		c.Do = "ask the provider for a public IPv4 address, or for IPv6"
	case m.Lease != "" && m.Open:
		c.Means = "somebody outside has used it"
	case f.Running < settleTime:
		c.Level = Unknown
		if m.Lease == "" {
			c.Found = "no router has answered yet"
		}
	case m.Lease != "":
		c.Level = Warn
		c.Means = "nobody outside has got through: there may be another router or a firewall in the way"
		c.Do = "see whether the firewall of this machine lets the port in, and whether there are two routers"
	default:
		c.Level, c.Found = Warn, "no router forwards the port"
		if m.Failure != "" {
			c.Found += ": " + m.Failure
		}
		c.Means = "it may have UPnP, NAT-PMP and PCP switched off"
		c.Do = fmt.Sprintf("switch one of them on in the router, or forward TCP and UDP port %d there", f.Port)
	}
	return c
}

// relay: how others reach who cannot be connected to.
func (f Facts) relay() Check {
	c, r := Check{Name: "relay"}, f.Relay
	switch {
	case len(r.At) > 0:
		c.Found = fmt.Sprintf("filberts reach this node over %v", r.At[0])
		if more := len(r.At) - 1; more > 0 {
			c.Found += fmt.Sprintf(" and %d more", more)
		}
		c.Means = "what is fetched so comes in pieces of a few MiB, and the relay sees nothing of it"
	case r.Serves:
		c.Found = fmt.Sprintf("relays for others, %d connections now", r.Circuits)
	case f.TCP.Open:
		c.Found = "none is needed"
	case f.Running < settleTime || f.Neighbors == 0:
		c.Level, c.Found = Unknown, "none is asked yet"
	case r.Offered:
		c.Level, c.Found = Warn, "no neighbor has room"
		c.Means = "filberts that nobody can connect to either cannot fetch what is shared here"
		c.Do = "wait, or connect to another filbert that is an ultrapeer and reached by others"
	default:
		c.Level, c.Found = Warn, "no neighbor relays"
		c.Means = "filberts that nobody can connect to either cannot fetch what is shared here"
		c.Do = "connect to a filbert that is an ultrapeer and reached by others"
	}
	return c
}

// ipv6: needs no forwarding, where there is one.
func (f Facts) ipv6() Check {
	for _, a := range f.Own {
		if a.Is6() && a.IsGlobalUnicast() && !a.IsPrivate() {
			return Check{Name: "ipv6", Found: fmt.Sprintf("%v", a)}
		}
	}
	return Check{Name: "ipv6", Found: "no public address", Means: "other hosts are reached by IPv4 alone"}
}

// clock: one that is wrong makes certificates invalid and sorts what is new wrongly.
func (f Facts) clock() Check {
	c := Check{Name: "clock", Found: f.Now.UTC().Format(time.DateTime) + " UTC"}
	switch {
	case f.Built.IsZero():
	case f.Now.Before(f.Built.Add(-clockSlack)):
		c.Level = Critical
		c.Means = fmt.Sprintf("the clock is before %s, when this program was made: certificates will not be believed", f.Built.UTC().Format(time.DateOnly))
		c.Do = "set the clock of this machine"
	case f.Now.After(f.Built.Add(oldProgram)):
		c.Level = Warn
		c.Means = fmt.Sprintf("this program is of %s, or the clock is wrong", f.Built.UTC().Format(time.DateOnly))
		c.Do = "get a newer filbert, or set the clock of this machine"
	}
	return c
}

// disk: whether there is room for downloads.
func (f Facts) disk() Check {
	c, d := Check{Name: "disk"}, f.Downloads
	if d.Path == "" {
		c.Found = "no folder for downloads: nothing can be fetched"
		return c
	}
	c.Found = fmt.Sprintf("%d MiB free in %s", d.Free>>20, d.Path)
	switch {
	case d.Err != nil:
		c.Level, c.Found = Critical, fmt.Sprintf("%s: %v", d.Path, d.Err)
		c.Means = "nothing can be kept there"
		c.Do = "see that the folder is there, that filbert may write in it, and that the disk is sound"
	case d.Free < fullDisk:
		c.Level = Critical
		c.Means = "the disk is full: downloads wait"
		c.Do = "make room, or choose another disk"
	case d.Free < tightDisk:
		c.Level = Warn
		c.Means = "the disk is nearly full: large downloads will wait"
		c.Do = "make room, or choose another disk"
	}
	return c
}

// files: how many connections and files the system allows.
func (f Facts) files() Check {
	c := Check{Name: "open files", Found: "no limit is known"}
	if f.MaxFiles > 0 {
		c.Found = fmt.Sprintf("up to %d at once", f.MaxFiles)
	}
	if f.MaxFiles > 0 && f.MaxFiles < fewFiles {
		c.Level = Warn
		c.Means = "an ultrapeer with many leaves and transfers may need more"
		c.Do = fmt.Sprintf("raise the limit, such as with `ulimit -n %d`", fewFiles)
	}
	return c
}

// span is how long ago something was, in minutes; empty if not known.
func span(now, since time.Time) string {
	if since.IsZero() {
		return ""
	}
	return now.Sub(since).Truncate(time.Second).String()
}
