package download

import (
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"filbert/transfer/queue"
	"filbert/transfer/urn"
)

// quarantine is which hosts are proven to have sent wrong bytes, of whatever file and at
// whatever port: one that did so liesToBar times is not asked for anything for barTime
// (THREATS T9). Who cannot be told from others by an address is not blamed: who is
// behind a relay, or on this machine. It is safe for concurrent use.
type quarantine struct {
	mu    sync.Mutex
	hosts map[netip.Prefix][]lie // at most maxBlamed, of each the last liesToBar
}

type lie struct {
	file urn.SHA1
	at   time.Time
}

// charge notes that a host lied about a file, and reports whether it is barred by that.
func (q *quarantine) charge(host netip.Addr, file urn.SHA1, now time.Time) (bars bool) {
	if !host.IsValid() || host.Unmap().IsLoopback() {
		return false
	}
	already := q.barred(host, now) > 0
	key := queue.HostOf(host)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.hosts == nil {
		q.hosts = map[netip.Prefix][]lie{}
	}
	lies := append(q.hosts[key], lie{file, now})
	q.hosts[key] = lies[max(0, len(lies)-liesToBar):]
	if len(q.hosts) > maxBlamed {
		q.forget()
	}
	return !already && q.barredLocked(key, now) > 0
}

// forget drops the host that was not heard to lie for the longest time.
func (q *quarantine) forget() {
	var oldest netip.Prefix
	var since time.Time
	for key, lies := range q.hosts {
		if last := lies[len(lies)-1].at; since.IsZero() || last.Before(since) {
			oldest, since = key, last
		}
	}
	delete(q.hosts, oldest)
}

// withdraw takes back what was charged for a file: what proved it was no proof.
func (q *quarantine) withdraw(file urn.SHA1) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for key, lies := range q.hosts {
		lies = slices.DeleteFunc(lies, func(l lie) bool { return l.file == file })
		if q.hosts[key] = lies; len(lies) == 0 {
			delete(q.hosts, key)
		}
	}
}

// barred is how long a host is not to be asked.
func (q *quarantine) barred(host netip.Addr, now time.Time) time.Duration {
	if !host.IsValid() {
		return 0
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.barredLocked(queue.HostOf(host), now)
}

func (q *quarantine) barredLocked(key netip.Prefix, now time.Time) time.Duration {
	lies := q.hosts[key]
	if len(lies) < liesToBar || now.Sub(lies[0].at) >= barTime {
		return 0
	}
	return max(0, lies[len(lies)-1].at.Add(barTime).Sub(now))
}

// bar is the refusal of a host that is not to be asked, nil if it may be.
func (q *quarantine) bar(host netip.Addr) error {
	left := q.barred(host, time.Now())
	if left == 0 {
		return nil
	}
	r := refuse(barred, "its host sent wrong bytes %d times", liesToBar)
	r.after = left
	return r
}

// chargeLiars blames the hosts of the sources that are proven to lie.
func (d *download) chargeLiars(now time.Time) {
	for _, src := range d.sources.list {
		if src.proven && !src.charged {
			src.charged = true
			bars := d.manager.quarantine.charge(src.host, d.file.SHA1, now)
			if w := d.manager.cfg.Witness; bars && w != nil {
				w.Barred(src.host, fmt.Sprintf("it sent wrong bytes %d times within %v, the last of %s", liesToBar, barTime, d.file.Name))
			}
		}
	}
}
