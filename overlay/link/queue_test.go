package link

import (
	"math/rand/v2"
	"strings"
	"testing"

	"filbert/overlay/wire"
)

// frame makes a message of a type that is size bytes long in all.
func frame(t wire.Type, hops wire.Hops, size int) wire.Frame {
	m := &wire.Opaque{Kind: t, Payload: make([]byte, size-wire.HeaderLen)}
	return wire.Frame(wire.AppendFrame(nil, wire.GUID{}, 3, hops, m))
}

func names(t *testing.T, b []byte) string {
	t.Helper()
	var out []string
	for len(b) > 0 {
		f, rest, err := wire.SplitFrame(b)
		if err != nil {
			t.Fatal(err)
		}
		name := f.Type().String()
		if f.Type() == wire.TypeQuery || f.Type() == wire.TypeQueryHit {
			name += string('0' + rune(f.Hops()))
		}
		out, b = append(out, name), rest
	}
	return strings.Join(out, " ")
}

func TestQueueOrder(t *testing.T) {
	var q Queue
	for _, f := range []wire.Frame{
		frame(wire.TypePing, 0, 23), frame(wire.TypePong, 1, 37), frame(wire.TypeQuery, 5, 60), frame(wire.TypeQuery, 2, 60),
		frame(wire.TypeQuery, 0, 60), frame(wire.TypeQueryHit, 1, 90), frame(wire.TypeVendor, 0, 40), frame(wire.TypePush, 0, 49),
		frame(wire.TypeQuery, 0, 61), frame(wire.TypeBye, 0, 30), frame(wire.TypeQueryHit, 4, 91), frame(wire.TypeHSEP, 0, 47),
	} {
		q.Push(f)
	}
	ping, pong, query, hit := wire.TypePing.String(), wire.TypePong.String(), wire.TypeQuery.String(), wire.TypeQueryHit.String()
	want := strings.Join([]string{wire.TypeBye.String(), wire.TypeVendor.String(), wire.TypePush.String(), hit + "4", hit + "1",
		pong, query + "0", query + "0", query + "2", query + "5", ping, wire.TypeHSEP.String()}, " ")
	if got := names(t, q.AppendTo(nil, maxPending)); got != want || q.Len() != 0 {
		t.Errorf("sent %s and kept %d bytes, want %s", got, q.Len(), want)
	}
}

func TestQueueLinkMattersGoFirst(t *testing.T) {
	var q Queue
	q.Push(frame(wire.TypeQuery, 0, 60))
	alive := frame(wire.TypePing, 0, 23)
	alive.SetTTL(1, 0)
	q.Push(alive)
	if got, want := names(t, q.AppendTo(nil, maxPending)), wire.TypePing.String()+" "+wire.TypeQuery.String()+"0"; got != want {
		t.Errorf("sent %s, want the alive ping first", got)
	}
}

func TestQueueTakesWholeFrames(t *testing.T) {
	var q Queue
	for range 3 {
		q.Push(frame(wire.TypeQuery, 1, 100))
	}
	for _, want := range []struct{ limit, sent, left int }{{99, 0, 300}, {100, 100, 200}, {199, 100, 100}, {1000, 100, 0}} {
		if got := q.AppendTo(nil, want.limit); len(got) != want.sent || q.Len() != want.left {
			t.Errorf("limit %d: sent %d and kept %d, want %d and %d", want.limit, len(got), q.Len(), want.sent, want.left)
		}
	}
}

// TestQueueBound fills the queue to its cap and looks at who has to go.
func TestQueueBound(t *testing.T) {
	const n = MaxQueue / 1024
	fill := func(typ wire.Type) *Queue {
		q := new(Queue)
		for range n {
			q.Push(frame(typ, 1, 1024))
		}
		if q.Len() != MaxQueue || q.Drops().Total() != 0 {
			t.Fatalf("%d bytes wait and %d were dropped, want the cap and none", q.Len(), q.Drops().Total())
		}
		return q
	}
	for _, test := range []struct {
		name  string
		full  wire.Type
		comes wire.Type
		want  Drops
	}{
		{"a hit goes before a query", wire.TypeQuery, wire.TypeQueryHit, Drops{Query: 1}},
		{"a query does not go before a hit", wire.TypeQueryHit, wire.TypeQuery, Drops{Query: 1}},
		{"the last of its kind is dropped", wire.TypeQuery, wire.TypeQuery, Drops{Query: 1}},
		{"a BYE always finds room", wire.TypePush, wire.TypeBye, Drops{Push: 1}},
		{"pongs yield", wire.TypePong, wire.TypePush, Drops{Pong: 1}},
		{"pings yield", wire.TypePing, wire.TypePong, Drops{Ping: 1}},
	} {
		q := fill(test.full)
		q.Push(frame(test.comes, 1, 1024))
		if got := q.Drops(); got != test.want || q.Len() != MaxQueue {
			t.Errorf("%s: dropped %+v and hold %d, want %+v and %d", test.name, got, q.Len(), test.want, MaxQueue)
		}
	}
	q := fill(wire.TypeQuery)
	q.AppendTo(nil, 1024)
	q.Push(frame(wire.TypeQuery, 1, 1023))
	q.Push(frame(wire.TypeQuery, 1, 23))
	if q.Drops().Total() != 1 || q.Len() != MaxQueue-1 {
		t.Errorf("one byte below the cap a message of 23 bytes was not dropped: %d bytes wait", q.Len())
	}
}

// TestQueueModel compares the queue's bookkeeping with its content under
// random use.
func TestQueueModel(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	types := []wire.Type{wire.TypePing, wire.TypePong, wire.TypeQuery, wire.TypeQueryHit, wire.TypePush, wire.TypeVendor}
	var q Queue
	in, out := 0, 0
	for range 20_000 {
		if rnd.IntN(3) > 0 {
			q.Push(frame(types[rnd.IntN(len(types))], wire.Hops(rnd.IntN(6)), 23+rnd.IntN(2000)))
			in++
		} else {
			for b := q.AppendTo(nil, rnd.IntN(maxPending)); len(b) > 0; out++ {
				_, rest, err := wire.SplitFrame(b)
				if err != nil {
					t.Fatalf("the queue tore a frame apart: %v", err)
				}
				b = rest
			}
		}
		if q.Len() > MaxQueue || q.Len() < 0 {
			t.Fatalf("the queue holds %d bytes", q.Len())
		}
	}
	for q.Len() > 0 {
		for b := q.AppendTo(nil, maxPending); len(b) > 0; out++ {
			_, b, _ = wire.SplitFrame(b)
		}
	}
	if lost := int(q.Drops().Total()); in != out+lost {
		t.Errorf("%d messages came, %d were sent and %d dropped", in, out, lost)
	}
}

func BenchmarkQueue(b *testing.B) {
	var q Queue
	f := frame(wire.TypeQuery, 2, 123)
	out := make([]byte, 0, maxPending)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		q.Push(f)
		if i%256 == 255 {
			out = q.AppendTo(out[:0], maxPending)
		}
	}
}
