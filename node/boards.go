package node

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"filbert/node/board"
	"filbert/overlay/group"
	"filbert/overlay/identity"
)

// serviceBoard is the service of lines over which members keep their boards in step.
const serviceBoard = "board"

// openBoards prepares. A board is open while its group is.
func (n *Node) openBoards() {
	n.boards = board.New(board.Config{Self: n.cfg.Identity, Lines: boardLines{n}, Path: n.cfg.Boards, Rand: n.cfg.child(), Log: n.log})
	n.lines.handle(serviceBoard, func(ctx context.Context, peer identity.PeerID, conn net.Conn) {
		n.boards.Serve(ctx, peer, &groupConn{conn, &n.upkeep.groups})
	})
}

// boardLines is lines as boards have them. It implements board.Lines.
type boardLines struct{ n *Node }

// Dial implements board.Lines.
func (l boardLines) Dial(ctx context.Context, peer identity.PeerID) (net.Conn, error) {
	conn, err := l.n.Line(ctx, peer, netip.AddrPort{}, serviceBoard)
	if err != nil {
		return nil, err
	}
	return &groupConn{conn, &l.n.upkeep.groups}, nil
}

// Board is what the members of a group tell each other.
func (n *Node) Board(g *group.Group) (*board.Board, error) {
	if n.groups.hub == nil || n.groups.hub.Group(g.ID()) != g {
		return nil, fmt.Errorf("node: board: %w", ErrNoGroup)
	}
	return n.boards.Open(g)
}

// keepBoard takes part in the board of a group that was opened.
func (n *Node) keepBoard(g *group.Group) {
	if _, err := n.Board(g); err != nil {
		n.log.Warn().Err(err).Stringer("group", g.ID()).Msg("the board of a group is not kept")
	}
}
