package node

import (
	"errors"
	"fmt"
	"strings"

	"github.com/rs/zerolog"

	"filbert/node/state"
	"filbert/overlay/group"
)

// stateGroups is the bucket of the records of groups: the state of each, cut into parts,
// under its ID and the number of the part.
const stateGroups = "groups"

// groupStore keeps records. It implements group.Store.
type groupStore struct {
	db       *state.DB
	happened happened
}

func (n *Node) groupStore() groupStore { return groupStore{n.cfg.State, happened{&n.events}} }

func groupPart(id group.ID, i int) string { return fmt.Sprintf("%s/%d", id, i) }

// Save implements group.Store.
func (s groupStore) Save(id group.ID, b []byte) error {
	err := s.db.Update(func(tx *state.Tx) error {
		i := 0
		for ; len(b) > 0; i++ {
			part := b[:min(len(b), groupPartBytes)]
			b = b[len(part):]
			if err := tx.Put(stateGroups, groupPart(id, i), part); err != nil {
				return err
			}
		}
		return deleteParts(tx, id, i)
	})
	if err != nil {
		s.happened.disk("records of a group", err)
	}
	return err
}

// deleteParts deletes the parts of a group from the i-th on.
func deleteParts(tx *state.Tx, id group.ID, i int) error {
	for ; ; i++ {
		_, err := tx.Get(stateGroups, groupPart(id, i))
		switch {
		case errors.Is(err, state.ErrNotFound):
			return nil
		case err != nil:
			return err
		}
		if err := tx.Delete(stateGroups, groupPart(id, i)); err != nil {
			return err
		}
	}
}

// forget deletes what is kept of a group.
func (s groupStore) forget(id group.ID) error {
	return s.db.Update(func(tx *state.Tx) error { return deleteParts(tx, id, 0) })
}

// load is all that are kept. What cannot be read is told, and stays.
func (s groupStore) load(log zerolog.Logger) (all []*group.State) {
	bucket := s.db.Bucket(stateGroups)
	var ids []group.ID
	err := bucket.ForEach(func(key string, _ []byte) error {
		name, first := strings.CutSuffix(key, "/0")
		if !first {
			return nil
		}
		id, err := group.ParseID(name)
		if err != nil {
			log.Warn().Err(err).Str("key", key).Msg("a group that is kept has a damaged name")
			return nil
		}
		ids = append(ids, id)
		return nil
	})
	if err != nil {
		log.Warn().Err(err).Msg("groups cannot be read")
	}
	for _, id := range ids {
		var b []byte
		for i := 0; ; i++ {
			part, err := bucket.Get(groupPart(id, i))
			if err != nil {
				break
			}
			b = append(b, part...)
		}
		st, err := group.DecodeState(b)
		if err != nil || st.ID() != id {
			log.Warn().Err(err).Stringer("group", id).Msg("a group that is kept cannot be read")
			continue
		}
		all = append(all, st)
	}
	return all
}
