package portmap

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// roleVariable makes this test program another part of TestRealRouter: "lab" is
// the test in namespaces of its own, "node" the node behind the router.
const roleVariable = "FILBERT_PORTMAP_ROLE"

// TestRealRouter has miniupnpd as the router, between network namespaces: the test
// is outside, the node is a process at home. They are made in namespaces of mounts
// and processes that end with the test, however it ends, and all with them.
func TestRealRouter(t *testing.T) {
	if os.Getenv(roleVariable) == "lab" {
		lab(t)
		return
	}
	if why := missing(); why != "" {
		if os.Getenv("FILBERT_REQUIRE_ALL") == "1" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	cmd := exec.CommandContext(t.Context(), "unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--",
		os.Args[0], "-test.run=^TestRealRouter$", "-test.v", "-test.timeout=2m")
	cmd.Env = append(os.Environ(), roleVariable+"=lab", "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// missing tells what this machine lacks.
func missing() string {
	if os.Getuid() != 0 {
		return "network namespaces need root"
	}
	for _, name := range []string{"unshare", "ip", "nft", "miniupnpd"} {
		if _, err := exec.LookPath(name); err != nil {
			if _, err := os.Stat(filepath.Join("/usr/sbin", name)); err != nil {
				return "no " + name + " here"
			}
		}
	}
	if out, err := exec.Command("unshare", "--mount", "--net", "--pid", "--fork", "true").CombinedOutput(); err != nil {
		return fmt.Sprintf("no namespaces here: %v %s", err, out)
	}
	return ""
}

// network is what connects home, router and us.
const network = `
mount -t tmpfs none /run
mkdir -p /run/netns
ip link set lo up
ip netns add router
ip netns add home
for i in router home; do ip netns exec $i sh -c 'echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad'; done
echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad
ip link add up0 type veth peer name wan0 netns router
ip addr add 9.1.1.2/24 dev up0
ip link set up0 up
ip -n router link add lan0 type veth peer name eth0 netns home
ip -n router addr add 192.168.77.1/24 dev lan0
for i in lo lan0 wan0; do ip -n router link set $i up; done
ip -n home addr add 192.168.77.10/24 dev eth0
for i in lo eth0; do ip -n home link set $i up; done
ip -n home route add default via 192.168.77.1
ip addr add 2600:2::2/64 dev up0 nodad
ip route add 2600:1::/64 via 2600:2::1
ip -n router addr add 2600:2::1/64 dev wan0 nodad
ip -n router addr add 2600:1::1/64 dev lan0 nodad
ip -n router addr add fe80::1/64 dev lan0 nodad
ip -n home addr add 2600:1::10/64 dev eth0 nodad
ip -n home route add default via fe80::1 dev eth0
ip netns exec router sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding'
`

// rules are those of a home router: nobody gets in but by miniupnpd's.
const rules = `
flush ruleset
table inet filter {
	chain miniupnpd {}
	chain prerouting_miniupnpd {}
	chain postrouting_miniupnpd {}
	chain forward {
		type filter hook forward priority 0; policy drop;
		ct state established,related accept
		iifname "lan0" accept
		jump miniupnpd
	}
	chain prerouting {
		type nat hook prerouting priority -100
		jump prerouting_miniupnpd
	}
	chain postrouting {
		type nat hook postrouting priority 100
		jump postrouting_miniupnpd
		meta nfproto ipv4 oifname "wan0" masquerade
	}
}
`

// lab is the test, inside.
func lab(t *testing.T) {
	do(t, "", "sh", "-ec", network)
	for _, at := range referees {
		referee(t, at)
	}
	for _, test := range []struct {
		name     string
		by       Method
		settings string // of miniupnpd
	}{
		{"PCP", PCP, "enable_natpmp=yes\nenable_upnp=no\n"},
		{"NAT-PMP", NATPMP, "enable_natpmp=yes\nenable_upnp=no\n"},
		{"IGD 2", UPnP, "enable_natpmp=no\nenable_upnp=yes\n"},
		{"IGD 1", UPnP, "enable_natpmp=no\nenable_upnp=yes\nforce_igd_desc_v1=yes\n"},
		{"all", PCP, "enable_natpmp=yes\nenable_upnp=yes\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			router := startRouter(t, "9.1.1.1", test.settings)
			n := startNode(t, test.by)
			n.opened("9.1.1.1:6346")
			if test.by == PCP {
				n.opened("[2600:1::10]:6346")
				if rules := router.mappings(); len(rules) != 4 {
					t.Errorf("mappings: %q", rules)
				}
			}
			if rules := router.mappings(); len(rules) < 2 {
				t.Errorf("mappings: %q", rules)
			}

			router.stop() // it loses power, and comes back with another address
			router = startRouter(t, "9.1.1.7", test.settings)
			if rules := router.mappings(); len(rules) != 0 {
				t.Errorf("mappings after a restart: %q", rules)
			}
			n.refresh()
			n.opened("9.1.1.7:6346")

			took := n.stop()
			if rules := router.mappings(); len(rules) != 0 {
				t.Errorf("mappings after the end: %q", rules)
			}
			t.Logf("gone with the node, which took %v to end", took)
			router.stop()
		})
	}
	labCGNAT(t)
}

// labCGNAT has a router with an address of the carrier's. This one does not tell
// which it is, but refuses.
func labCGNAT(t *testing.T) {
	t.Run("CGNAT", func(t *testing.T) {
		startRouter(t, "100.64.0.7", "enable_natpmp=yes\nenable_upnp=yes\n")
		n := startNode(t, PCP)
		n.until("refused", func(s Snapshot) bool { return strings.Contains(s.Failure, "router refuses") })
		t.Log(n.last.Failure)
		for _, l := range n.last.Leases {
			if l.External.Addr().Is4() {
				t.Errorf("%+v", l)
			}
		}
		n.stop()
	})
}

// do runs a command and returns what it says.
func do(t *testing.T, stdin, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// daemon is a running miniupnpd.
type daemon struct {
	t    *testing.T
	cmd  *exec.Cmd
	stop func()
}

// startRouter starts the router with this address outside, and waits until it
// serves.
func startRouter(t *testing.T, external, settings string) *daemon {
	t.Helper()
	do(t, "", "ip", "-n", "router", "-4", "addr", "flush", "dev", "wan0")
	do(t, "", "ip", "-n", "router", "addr", "add", external+"/24", "dev", "wan0")
	do(t, rules, "ip", "netns", "exec", "router", "nft", "-f", "-")
	dir := t.TempDir()
	conf := filepath.Join(dir, "conf")
	text := "ext_ifname=wan0\next_ifname6=wan0\nlistening_ip=lan0\nuuid=9d793f61-8b4f-43dd-9c29-7d1bf92b2f57\nsecure_mode=yes\n" + settings +
		"allow 1024-65535 192.168.77.0/24 1024-65535\ndeny 0-65535 0.0.0.0/0 0-65535\n"
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	d := &daemon{t: t, cmd: exec.CommandContext(ctx, "ip", "netns", "exec", "router", "miniupnpd", "-f", conf, "-d", "-P", filepath.Join(dir, "pid"))}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	d.cmd.Stdout, d.cmd.Stderr = w, w
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	ready := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer r.Close()
		wanted := "HTTP listening on port"
		if strings.Contains(settings, "enable_natpmp=yes") {
			wanted = "Listening for NAT-PMP/PCP traffic"
		}
		said := false
		for lines := bufio.NewScanner(r); lines.Scan(); {
			if !said && strings.Contains(lines.Text(), wanted) {
				said = true
				close(ready)
			}
		}
		if !said {
			close(ready)
		}
	}()
	d.stop = func() {
		cancel()
		d.cmd.Wait()
		<-ended
	}
	t.Cleanup(d.stop)
	<-ready
	return d
}

// mappings lists the rules that lead to the node: of IPv4, the destination is
// changed; of IPv6, it is let through.
func (d *daemon) mappings() (out []string) {
	d.t.Helper()
	for line := range strings.Lines(do(d.t, "", "ip", "netns", "exec", "router", "nft", "list", "ruleset")) {
		if strings.Contains(line, "dnat ip to 192.168.77.10") || strings.Contains(line, "26000001000000000000000000000010") {
			out = append(out, strings.TrimSpace(line))
		}
	}
	return out
}
