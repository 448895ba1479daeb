package node

import (
	"context"
	"fmt"
	"time"

	"filbert/transfer/limit"
)

// limits is what transfers are held to, by the hour.
type limits struct {
	up, down *limit.Limit
	schedule limit.Schedule

	plainUp, plainDown int64 // bytes per second when no rule holds
}

func newLimits(cfg Config) (*limits, error) {
	l := &limits{
		up: limit.New(cfg.UploadLimit, cfg.LimitLAN), down: limit.New(cfg.DownloadLimit, cfg.LimitLAN),
		plainUp: cfg.UploadLimit, plainDown: cfg.DownloadLimit,
	}
	l.up.SetOwn(cfg.UploadLimitLAN)
	l.down.SetOwn(cfg.DownloadLimitLAN)
	for _, text := range cfg.LimitSchedule {
		rule, err := limit.ParseRule(text)
		if err != nil {
			return nil, fmt.Errorf("node: limits: %w", err)
		}
		l.schedule = append(l.schedule, rule)
	}
	l.set(time.Now())
	return l, nil
}

// set sets the rates that hold at a time.
func (l *limits) set(now time.Time) {
	up, down := l.plainUp, l.plainDown
	if rule, ok := l.schedule.At(now); ok {
		up, down = rule.Up<<10, rule.Down<<10
	}
	l.up.Set(up)
	l.down.Set(down)
}

// run changes the rates as the schedule has it, by the local clock, which may be set
// meanwhile.
func (l *limits) run(ctx context.Context) error {
	for {
		now := time.Now()
		l.set(now)
		select {
		case <-time.After(now.Truncate(limitLook).Add(limitLook).Sub(now)):
		case <-ctx.Done():
			return nil
		}
	}
}
