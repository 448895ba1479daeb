package node

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"filbert/nat/proxy"
	"filbert/overlay/link"
	"filbert/overlay/wire"
)

// punchProxy passes words about paths on, between those who connect to our port and neighbors
// whose push proxy we are. It can read none of them.
type punchProxy struct {
	overlay wordOverlay

	mu     sync.Mutex // Below.
	budget proxy.Budget
	talks  map[wire.GUID]*passedTalk // as many as the budget has open

	passed, refused atomic.Uint64 // words, talks
}

// passedTalk is one that is passed on.
type passedTalk struct {
	servent wire.GUID
	back    chan []byte // answers for who asked, at most proxy.MaxTalkWords
	left    int         // answers that may still come
}

func newPunchProxy() *punchProxy { return &punchProxy{talks: map[wire.GUID]*passedTalk{}} }

// accept has a talk with somebody who connected, of which line was read. It closes the
// connection.
func (p *punchProxy) accept(ctx context.Context, conn net.Conn, in *bufio.Reader, line string) {
	defer conn.Close()
	ctx, cancel := context.WithTimeout(ctx, proxy.TalkTime)
	defer cancel()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	conn.SetDeadline(time.Time{}) // an error shows at the write

	from := addrOf(conn)
	servent, ok := proxy.ParseHello(line)
	status := proxy.Malformed
	if ok {
		p.mu.Lock()
		status = p.budget.Begin(time.Now(), from, servent)
		p.mu.Unlock()
	}
	if status == proxy.OK {
		defer func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.budget.End(from, servent)
		}()
		if p.overlay.PassWord(ctx, servent, wire.GUID{}, nil) != nil {
			status = proxy.NoServent
		}
	}
	if _, err := conn.Write(proxy.AppendStatus(nil, status)); err != nil || status != proxy.OK {
		p.refused.Add(1)
		return
	}
	p.carry(ctx, conn, in, servent)
}

// carry passes words on, both ways, until one side ends or says more than is of use.
func (p *punchProxy) carry(ctx context.Context, conn net.Conn, in *bufio.Reader, servent wire.GUID) {
	t := &passedTalk{servent: servent, back: make(chan []byte, proxy.MaxTalkWords), left: proxy.MaxTalkWords}
	var guid wire.GUID
	rand.Read(guid[:])
	p.mu.Lock()
	p.talks[guid] = t
	p.mu.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	var answering sync.WaitGroup
	defer func() {
		cancel()
		conn.Close()
		answering.Wait()
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.talks, guid)
	}()
	back := &signal{conn: conn}
	answering.Go(func() {
		for {
			select {
			case word := <-t.back:
				if back.Send(ctx, word) != nil {
					conn.Close()
					return
				}
				p.passed.Add(1)
			case <-ctx.Done():
				return
			}
		}
	})
	for range proxy.MaxTalkWords {
		word, err := readWord(in)
		if err != nil || len(word) == 0 || p.overlay.PassWord(ctx, servent, guid, word) != nil {
			return
		}
		p.passed.Add(1)
	}
	in.ReadByte() // whatever comes, or the end
}

// answered takes a word of a neighbor for who asked for him. It is called by the loop of the
// overlay.
func (p *punchProxy) answered(servent, guid wire.GUID, word []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.talks[guid]
	if t == nil || t.servent != servent || t.left == 0 {
		return
	}
	t.left--
	t.back <- bytes.Clone(word) // has room for it
}

// pathStatus is what the node has of paths through NATs, and of words about those of others.
func (n *Node) pathStatus() PathStatus {
	s := n.punches.status()
	s.Words, s.WordsRefused = n.punchProxy.passed.Load(), n.punchProxy.refused.Load()+n.asked.refused.Load()
	return s
}

// wordsTaken takes the words that neighbors bring. It implements overlay.Punches.
type wordsTaken struct{ n *Node }

// Asked implements overlay.Punches.
func (w wordsTaken) Asked(by link.ID, guid wire.GUID, word []byte) { w.n.asked.take(by, guid, word) }

// Answered implements overlay.Punches.
func (w wordsTaken) Answered(servent, guid wire.GUID, word []byte) {
	w.n.punchProxy.answered(servent, guid, word)
}
