// Package fabric is a simulated internet for whole nodes: TCP and UDP between hosts in one process, with latency,
// bandwidth, loss, partitions, pauses and kills. A node uses a [Host] as it would package net, and plain package time.
// In a bubble of virtual time (see package testnet/bubble), with Config.Settle set to bubble.Wait, a thousand nodes
// run in a process, and the same seed gives the same [Trace], on one processor or many. In real time, with a nil
// Settle, the fabric works as well, but not reproducibly.
//
// # How it keeps its order
//
// One goroutine, the pump, moves everything. It waits until every other goroutine is idle; sends what they have
// written, sorted by connection; delivers the next segment, datagram or fault; and begins again. It does not wait
// where the delivery woke nobody. The order of delivery is: time of arrival, source host, destination host, number on
// the link between them. What a node writes to a connection in one instant leaves as one stream of bytes, cut at the
// segment size, however many writes it was. Latency, bandwidth and loss of a segment are functions of the seed, the
// link and that number, so the traffic of one link never changes the fate of another.
//
// # What it is
//
// TCP: the handshake of three segments, SYNs sent again, accept backlog, receive window, half close, resets, deadlines,
// and the errors package net gives on Linux. Lost segments are not simulated, only the delay they cause; congestion is
// not. A connection to a host that vanished stays silent, for there are neither keep-alives nor a limit of
// retransmissions: a node must notice by itself. UDP: loss, reordering by latency, MTU, bounded queues. A datagram to a
// closed port gets no ICMP answer; an unconnected socket would not see one. Not there: connected UDP sockets,
// multicast and broadcast, DNS.
//
// # Traps
//
// What a node must not do if the same seed shall give the same trace, or the bubble shall not stand still:
//
//   - Timers of one instant fire in random order, and their goroutines run at the same time. Give each loop one timer,
//     and let no two goroutines of a node act on the same state, or write to the same connection or the same
//     destination of a socket, at one instant. The fabric hides who was first among connections, not within one.
//   - A select takes a ready case at random. One inbox per loop, not two.
//   - Maps are iterated in random order; the global functions of math/rand/v2 are not seeded.
//   - Two dials of one host to the same address at one instant get their ports in random order, as do two Listens on
//     port 0.
//   - A goroutine that waits for a sync.Mutex, or a sync.Once, is not idle. Never hold one across a Read, a Write, a
//     Dial or an Accept: whoever waits for it keeps the bubble from idling, and nothing is ever delivered again.
//   - Channels, timers, contexts that can end, and WaitGroups must be made in the bubble by whoever uses them there:
//     no shared http.DefaultClient, no worker pool or limiter of the process, no context from outside.
//   - Real sockets, pipes, signals, child processes and name lookups stop the clock while they block.
//   - Only the pump may call bubble.Wait; a test that wants to let things happen sleeps instead, in virtual time, and
//     off the round numbers on which the nodes' own timers fire.
//   - All goroutines must end before the function of the bubble returns, sleeping ones too. Close the nodes, then the
//     Net.
//   - The clock starts at 2000-01-01: certificates must be valid by then.
//   - TLS draws from crypto/rand. With testing/cryptotest.SetGlobalRandom its bytes are the same each time; without,
//     they are not, nor always their number.
//   - Two hosts without latency that answer each other for ever do so at one instant, and time never goes on.
//
// Since one event is delivered at a time there is nothing to run in parallel: GOMAXPROCS=1 is the fastest.
package fabric
