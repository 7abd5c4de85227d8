package pgstore

import (
	"context"
	"math/rand/v2"
	"time"
)

// tidyEvery is how often each desk folds differences and forgets changes. What one desk has done, the next finds done.
const tidyEvery = 10 * time.Second

// foldAtOnce bounds what one statement folds.
const foldAtOnce = 500

// The statements that fold. Rows that another desk folds just now are passed over. What they delete and put adds up to the
// same, so it does not matter what others add meanwhile, or which isolation they have.
const (
	foldCounts = `WITH few AS (SELECT DISTINCT listing, part FROM counts WHERE NOT folded LIMIT $1),
		mine AS (SELECT c.ctid, c.listing, c.part, c.n FROM counts c JOIN few USING (listing, part) FOR UPDATE OF c SKIP LOCKED),
		gone AS (DELETE FROM counts c USING mine WHERE c.ctid = mine.ctid)
		INSERT INTO counts (listing, part, n, folded) SELECT listing, part, sum(n), true FROM mine GROUP BY listing, part HAVING sum(n) <> 0`
	foldFigures = `WITH few AS (SELECT DISTINCT shop, hour FROM figures WHERE NOT folded LIMIT $1),
		mine AS (SELECT f.ctid, f.shop, f.hour, f.what, f.n FROM figures f JOIN few USING (shop, hour) FOR UPDATE OF f SKIP LOCKED),
		gone AS (DELETE FROM figures f USING mine WHERE f.ctid = mine.ctid)
		INSERT INTO figures (shop, hour, what, n, folded) SELECT shop, hour, what, sum(n), true FROM mine GROUP BY shop, hour, what HAVING sum(n) <> 0`
	forgetChanges = `DELETE FROM changes WHERE token IN (
		SELECT token FROM (SELECT token, at FROM changes ORDER BY transaction LIMIT $1) oldest WHERE at < clock_timestamp() - interval '10 minutes')`
)

// tidyUp folds and forgets until the store is closed.
func (s *Store) tidyUp() {
	for {
		timer := time.NewTimer(tidyEvery/2 + rand.N(tidyEvery))
		select {
		case <-s.stop:
			timer.Stop()
			return
		case <-timer.C:
			s.tidy()
		}
	}
}

// tidy does it once. An error only means that the next will have more to do.
func (s *Store) tidy() {
	ctx, cancel := context.WithTimeout(context.Background(), tidyEvery)
	defer cancel()
	go func() {
		select {
		case <-s.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	if err := s.setClock(ctx); err != nil {
		return // the database does not answer: whoever waits for it tells
	}
	for _, sql := range []string{foldCounts, foldFigures, forgetChanges} {
		for {
			tag, err := s.conns().Exec(ctx, sql, int64(foldAtOnce))
			if err != nil {
				if ctx.Err() == nil {
					s.log.Warn("could not tidy up in the database", "error", sentence(err))
				}
				return
			}
			if tag.RowsAffected() < foldAtOnce/2 {
				break
			}
		}
	}
}
