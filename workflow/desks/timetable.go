package desks

import (
	"context"
	"sync"
	"time"
)

// Schedule tells the next tick after a time. cron.Schedule is one.
type Schedule interface{ Next(time.Time) time.Time }

// Every is a schedule whose ticks are so far apart, and the same for all desks.
type Every time.Duration

// Next implements Schedule.
func (e Every) Next(t time.Time) time.Time { return t.Truncate(time.Duration(e)).Add(time.Duration(e)) }

// farthest is how far back the tick before now is looked for.
const farthest = 5 * 365 * 24 * time.Hour

// Last returns the last tick up to now; now where there was none for years.
func Last(s Schedule, now time.Time) time.Time {
	for back := time.Second; back < farthest; back *= 4 {
		tick := s.Next(now.Add(-back))
		if tick.IsZero() || tick.After(now) {
			continue
		}
		for next := s.Next(tick); !next.IsZero() && !next.After(now); next = s.Next(tick) {
			tick = next
		}
		return tick
	}
	return now
}

// Timetable calls do for each tick of the schedule, by the store's clock, in a goroutine of its own, until ctx ends and
// those under way have returned. A tick at which the last one still goes on is passed over, if alone is set.
func (d *Desks) Timetable(ctx context.Context, s Schedule, alone bool, do func(ctx context.Context, tick time.Time)) {
	var working sync.WaitGroup
	defer working.Wait()
	var busy sync.Mutex
	for {
		next := s.Next(d.now())
		if next.IsZero() {
			<-ctx.Done()
			return
		}
		for wait := next.Sub(d.now()); wait > 0; wait = next.Sub(d.now()) {
			if !rest(ctx, wait) {
				return
			}
		}
		if ctx.Err() != nil {
			return
		}
		working.Go(func() {
			if alone {
				if !busy.TryLock() {
					return
				}
				defer busy.Unlock()
			}
			do(ctx, next)
		})
	}
}

// now is the store's clock.
func (d *Desks) now() time.Time {
	if d == nil {
		return time.Now()
	}
	return d.store.Now()
}

// Now is the clock by which ticks are told.
func (d *Desks) Now() time.Time { return d.now() }
