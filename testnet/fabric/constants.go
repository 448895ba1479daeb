package fabric

import "time"

const (
	// maxDatagram is the largest payload of a UDP datagram over IPv4, in bytes: 65535 less 20 of IP and 8 of UDP
	// (RFC 768, RFC 791). A socket refuses more with EMSGSIZE.
	maxDatagram = 65_507

	// defaultMTU is Ethernet's, in bytes (RFC 894).
	defaultMTU = 1500

	// Headers that count against bandwidth and MTU, in bytes: RFC 791 and RFC 8200, RFC 9293 without options, RFC 768.
	ipv4Header = 20
	ipv6Header = 40
	tcpHeader  = 20
	udpHeader  = 8

	// datagramOverhead is what Linux charges to a socket's receive buffer for a small datagram on top of its payload,
	// in bytes: the sk_buff of net/core.
	datagramOverhead = 768

	// windowUpdate is how many bytes a receiver reads before it tells the sender, so that an acknowledgement is not
	// an event of its own for each segment (RFC 9293 §3.8.6.2.2, avoiding silly windows).
	windowUpdate = receiveWindow / 4

	// synRetry is the wait before a SYN is sent for the second time; it doubles each time (RFC 6298 §2).
	synRetry = time.Second

	// synAttempts is how often a SYN is sent. The last wait ends after 127 s with ETIMEDOUT: Linux's tcp_syn_retries 6.
	synAttempts = 7

	// lingerTime is how long a closed connection tries to send what was written before: Linux's tcp_fin_timeout.
	lingerTime = 60 * time.Second

	// natLifetime is how long a binding of UDP lasts unused: the least that RFC 4787 §4.3 (REQ-5) allows.
	natLifetime = 2 * time.Minute

	// natLifetimeTCP is the same for TCP: RFC 5382 §5 (REQ-5).
	natLifetimeTCP = 2*time.Hour + 4*time.Minute

	// natLifetimeShort is that of a binding of TCP by which nothing came in yet, or whose connections have ended at both
	// ends, or by a reset: likewise, for transitory connections.
	natLifetimeShort = 4 * time.Minute

	// natFirstPort is the first port a NAT box gives away: those below are well known (RFC 6335 §6).
	natFirstPort = 1024

	// Dynamic ports (RFC 6335 §6).
	firstDynamicPort = 49_152
	dynamicPorts     = 1<<16 - firstDynamicPort
)
