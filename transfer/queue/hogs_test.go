package queue

import (
	"container/heap"
	"slices"
	"testing"
	"time"
)

// customer is a host of TestHogs. It asks when it may, is given a turn, and after
// it thinks a while.
type customer struct {
	n, lines int           // lines: how many connections it asks over
	wants    time.Duration // of a slot, each time
	thinks   time.Duration

	asked time.Time // first, since its last turn
	had   time.Duration
	waits []time.Duration
}

// happening is something that is due.
type happening struct {
	at time.Time
	do func()
}

type agenda []happening

func (a agenda) Len() int           { return len(a) }
func (a agenda) Less(i, j int) bool { return a[i].at.Before(a[j].at) }
func (a agenda) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)        { *a = append(*a, x.(happening)) }
func (a *agenda) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}

// TestHogs: 500 hosts that never have enough, ask over three connections each and as
// early as they like, and 50 that fetch a file now and then (THREATS T7).
func TestHogs(t *testing.T) {
	d := open(t, Config{Slots: 50, PerHost: 1, PerNetwork: 1000})
	var todo agenda
	at := func(dur time.Duration, do func()) { heap.Push(&todo, happening{d.now.Add(dur), do}) }
	waiting := map[*Place]func(Turn){}

	var ask func(c *customer)
	began := func(c *customer, turn Turn) {
		c.waits = append(c.waits, d.now.Sub(c.asked))
		c.asked = time.Time{}
		lasts := min(c.wants, TurnTime)
		c.had += lasts
		at(lasts, func() {
			d.done(turn)
			d.Release(d.now, host(c.n))
			d.advance(0)
			at(c.thinks, func() { ask(c) })
		})
	}
	ask = func(c *customer) {
		if c.asked.IsZero() {
			c.asked = d.now
		}
		a := d.from(c.n)
		switch {
		case a.Granted:
			began(c, a.Turn)
		case a.Held != nil:
			p := a.Held
			waiting[p] = func(turn Turn) { began(c, turn) }
			at(HoldTime, func() {
				if _, still := waiting[p]; still {
					delete(waiting, p)
					n, _ := d.Leave(d.now, p)
					at(n.Retry, func() { ask(c) })
				}
			})
		default:
			retry := a.Notice.Retry
			if c.lines > 1 { // the others ask in between, and never in time
				for i := range c.lines - 1 {
					at(retry*time.Duration(i+1)/time.Duration(c.lines), func() {
						if !c.asked.IsZero() && d.line.find(HostOf(host(c.n))).held == false {
							if b := d.from(c.n); b.Granted || b.Held != nil {
								t.Errorf("host %d gains by asking early", c.n)
							}
						}
					})
				}
			}
			at(retry, func() { ask(c) })
		}
	}
	var all, honest []*customer
	for n := range 550 {
		c := &customer{n: n, lines: 3, wants: time.Hour}
		if n%11 == 0 {
			c = &customer{n: n, lines: 1, wants: TurnTime}
			honest = append(honest, c)
		}
		all = append(all, c)
		at(time.Duration(n)*time.Second, func() { ask(c) })
	}
	for end := d.now.Add(5 * time.Hour); len(todo) > 0 && todo[0].at.Before(end); {
		next := heap.Pop(&todo).(happening)
		d.now = next.at
		next.do()
		for p := range d.granted {
			if take := waiting[p]; take != nil {
				delete(waiting, p)
				take(p.Turn())
			}
			delete(d.granted, p)
		}
	}
	fair := time.Duration(len(all)) * TurnTime / time.Duration(d.cfg.Slots)
	var waits []time.Duration
	for _, c := range honest {
		waits = append(waits, c.waits...)
	}
	slices.Sort(waits)
	p95 := waits[len(waits)*95/100]
	var sum, squares, used float64
	for _, c := range all {
		x := c.had.Hours()
		sum, squares = sum+x, squares+x*x
	}
	used = sum / (5 * float64(d.cfg.Slots))
	jain := sum * sum / (float64(len(all)) * squares)
	t.Logf("%d waits of the honest: median %v, p95 %v, a fair share would be %v; Jain index %.3f; slots in use %.1f %% of the time", len(waits), waits[len(waits)/2], p95, fair, jain, 100*used)
	if p95 > 2*fair || jain < 0.9 || used < 0.95 {
		t.Errorf("p95 %v, want %v at most; Jain index %.3f, want 0.9; slots in use %.3f, want 0.95", p95, 2*fair, jain, used)
	}
}
