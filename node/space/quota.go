package space

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"

	"filbert/node/state"
)

// stateQuotas is the bucket of what members of groups may take, by the group's ID.
const stateQuotas = "group quotas"

// Quota is what members of a group, all together, may take of this node, beside what holds
// for everybody.
type Quota struct {
	Up    int64 `json:"up,omitempty"`    // bytes per second; 0: no limit of their own
	Slots int   `json:"slots,omitempty"` // files sent at a time, at most MaxSlots; 0: as Config says
}

func (s *Spaces) keptQuotas() state.Bucket { return s.cfg.State.Bucket(stateQuotas) }

// takeQuota is the quota since earlier.
func (sp *Space) takeQuota() (q Quota) {
	text, err := sp.spaces.keptQuotas().Get(sp.ID().String())
	if err == nil {
		err = json.Unmarshal(text, &q)
	}
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		sp.log.Warn().Err(err).Msg("what members may take is lost")
	}
	return q
}

// slots is how many files a quota lets be sent at a time.
func (sp *Space) slots(q Quota) int { return min(cmp.Or(q.Slots, sp.spaces.cfg.Slots), MaxSlots) }

// Quota is what members may take.
func (sp *Space) Quota() Quota {
	sp.mu.Lock()
	defer sp.mu.Unlock()
	return sp.quota
}

// SetQuota changes what members may take, from now on and after the next start. Files that
// are being sent go on, at the new rate.
func (sp *Space) SetQuota(change func(*Quota)) (Quota, error) {
	sp.spaces.changing.Lock()
	defer sp.spaces.changing.Unlock()
	was := sp.Quota()
	q := was
	change(&q)
	q.Up, q.Slots = max(q.Up, 0), min(max(q.Slots, 0), MaxSlots)
	if q == was {
		return q, nil
	}
	text, err := json.Marshal(q)
	if err == nil {
		err = sp.spaces.keptQuotas().Put(sp.ID().String(), text)
	}
	if err != nil {
		return Quota{}, fmt.Errorf("space: quota: %w", err)
	}
	sp.mu.Lock()
	sp.quota = q
	sp.mu.Unlock()
	sp.up.Set(q.Up)
	sp.uploads.SetSlots(sp.slots(q))
	return q, nil
}
