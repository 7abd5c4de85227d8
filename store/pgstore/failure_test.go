package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"sampledesk/store/pgstore"
	"sampledesk/store/pgstore/pgtest"
	"sampledesk/workflow"
)

func counted(t *testing.T, s workflow.Store) (n int) {
	t.Helper()
	require.NoError(t, s.View(t.Context(), func(tx workflow.Tx) error {
		shop, err := tx.Shop(glow)
		if errors.Is(err, workflow.ErrNotFound) {
			return nil
		}
		if err == nil {
			n, err = strconv.Atoi(shop.Name)
		}
		return err
	}))
	return n
}

// count adds one to the number that is a shop's name, which all who do it at once are in each other's way of.
func count(tx workflow.Tx) error {
	shop, err := tx.Shop(glow)
	if err != nil && !errors.Is(err, workflow.ErrNotFound) {
		return err
	}
	n, _ := strconv.Atoi(shop.Name)
	return tx.PutShop(workflow.Shop{ID: glow, Name: strconv.Itoa(n + 1)})
}

func TestOfSixtyFourWhoChangeOneThingAtOnceOnTwoDesksNobodyIsLost(t *testing.T) {
	address := pgtest.Recycled(t)
	desks := []*pgstore.Store{opened(t, address), opened(t, address)}
	var wg sync.WaitGroup
	errs := make([]error, 64)
	for i := range errs {
		wg.Go(func() {
			errs[i] = errors.Join(desks[i%2].Update(t.Context(), count), desks[i%2].Update(t.Context(), count))
		})
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	require.Equal(t, 2*len(errs), counted(t, desks[0]))
}

func TestAConnectionThatIsCutInTheMiddleCostsNothing(t *testing.T) {
	address := pgtest.Recycled(t)
	s := opened(t, pgtest.With(address, "application_name", "cut"))
	cut := func() {
		pgtest.Do(t, address, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cut'")
	}
	ran := 0
	require.NoError(t, s.Update(t.Context(), func(tx workflow.Tx) error {
		_, err := tx.Shop("another")
		require.ErrorIs(t, err, workflow.ErrNotFound)
		if ran++; ran == 1 {
			cut()
		}
		return count(tx)
	}))
	require.Equal(t, 2, ran)
	cut() // while nothing is under way: neither a view nor an update is to notice
	require.Equal(t, 1, counted(t, s))
	cut()
	require.NoError(t, s.Update(t.Context(), count))
	require.Equal(t, 2, counted(t, s))
}

// lossy is the way to a database, on which an answer can be lost.
type lossy struct {
	net.Conn
	lose *atomic.Bool
}

func (l lossy) Write(b []byte) (int, error) {
	n, err := l.Conn.Write(b)
	if err == nil && l.lose.Load() {
		_, _ = l.Read(make([]byte, 1)) // the answer came: the commit took place
		l.lose.Store(false)
		return n, errors.Join(net.ErrClosed, l.Close())
	}
	return n, err
}

func TestACommitWhoseAnswerIsLostIsFoundOut(t *testing.T) {
	var lose atomic.Bool
	s := opened(t, pgtest.Recycled(t), pgstore.Configured(func(c *pgxpool.Config) {
		dial := c.ConnConfig.DialFunc
		c.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			return lossy{conn, &lose}, err
		}
	}))
	require.NoError(t, s.Update(t.Context(), count))
	ran := 0
	require.NoError(t, s.Update(t.Context(), func(tx workflow.Tx) error {
		ran++
		if err := count(tx); err != nil {
			return err
		}
		lose.Store(true) // what is sent next is the commit
		return nil
	}))
	require.Equal(t, 1, ran, "it was kept, and not done again")
	require.Equal(t, 2, counted(t, s))
}

// dead is a way on which what is written never arrives.
type dead struct {
	net.Conn
	cut *atomic.Bool
}

func (d dead) Write(b []byte) (int, error) {
	if d.cut.CompareAndSwap(true, false) {
		return len(b), d.Close()
	}
	return d.Conn.Write(b)
}

func TestACommitThatNeverArrivedIsDoneAgain(t *testing.T) {
	var cut atomic.Bool
	s := opened(t, pgtest.Recycled(t), pgstore.Configured(func(c *pgxpool.Config) {
		dial := c.ConnConfig.DialFunc
		c.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			return dead{conn, &cut}, err
		}
	}))
	ran := 0
	require.NoError(t, s.Update(t.Context(), func(tx workflow.Tx) error {
		err := count(tx)
		if ran++; ran == 1 {
			cut.Store(true)
		}
		return err
	}))
	require.Equal(t, 2, ran)
	require.Equal(t, 1, counted(t, s))
}

func TestADatabaseThatOnlyReadsSaysSoAndIsUsedAgainOnceItWrites(t *testing.T) {
	address := pgtest.URL(t)
	s := opened(t, address)
	require.NoError(t, s.Update(t.Context(), count))
	s = opened(t, pgtest.With(address, "default_transaction_read_only", "on"))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	err := s.Update(ctx, count)
	require.ErrorContains(t, err, "the database only reads")
	require.ErrorContains(t, s.Health(ctx), "the database only reads")
	require.Equal(t, 1, counted(t, s), "views go on")
}

func TestADatabaseWithoutAConnectionLeftSaysSoAndDesksGoOnWithThoseTheyHave(t *testing.T) {
	address := pgtest.URL(t)
	pgtest.Do(t, address, "CREATE ROLE few LOGIN CONNECTION LIMIT 4")
	few := withUser(address, "few")
	pgtest.Do(t, address, "GRANT ALL ON SCHEMA "+schemaOf(t, address)+" TO few")
	s := opened(t, few)
	require.NoError(t, s.Update(t.Context(), count))
	var wg sync.WaitGroup
	errs := make([]error, 32)
	for i := range errs {
		wg.Go(func() { errs[i] = s.Update(t.Context(), count) })
	}
	wg.Wait()
	kept := 1
	for _, err := range errs {
		if err == nil {
			kept++
			continue
		}
		require.ErrorContains(t, err, "no connection left")
	}
	require.Equal(t, kept, counted(t, s))
	require.Greater(t, kept, 8)
}

func TestADatabaseThatIsNotThereIsSaidInOneSentence(t *testing.T) {
	s := opened(t, pgtest.Recycled(t), pgstore.Configured(func(c *pgxpool.Config) { c.MaxConns = 2 }))
	require.NoError(t, s.Close())
	require.Error(t, s.Update(t.Context(), count))
	_, err := pgstore.Open(t.Context(), "postgres://desk:secret@127.0.0.1:1/desks")
	require.ErrorContains(t, err, "the database does not answer")
	require.NotContains(t, err.Error(), "secret")
}

func TestADatabaseOfANewerDeskIsRefusedAndNotTouched(t *testing.T) {
	address := pgtest.URL(t)
	s := opened(t, address)
	require.NoError(t, s.Update(t.Context(), count))
	pgtest.Do(t, address, fmt.Sprintf("UPDATE desk_schema SET version = %d, oldest = %d", pgstore.Newest+2, pgstore.Newest+1))
	sentence := fmt.Sprintf("newer Sample Desk (schema %d, this one knows %d)", pgstore.Newest+2, pgstore.Newest)
	require.ErrorContains(t, s.Update(t.Context(), count), sentence, "a desk that runs keeps nothing any more")
	require.ErrorContains(t, s.Health(t.Context()), sentence)
	require.Equal(t, 1, counted(t, s))
	_, err := pgstore.Open(t.Context(), address)
	require.ErrorContains(t, err, sentence)
	pgtest.Do(t, address, fmt.Sprintf("UPDATE desk_schema SET oldest = %d", pgstore.Newest))
	require.NoError(t, s.Update(t.Context(), count), "the newer schema leaves this one its work")
	opened(t, address)
}

func TestDesksThatBeginAtOnceMakeTheSchemaOnce(t *testing.T) {
	address := pgtest.URL(t)
	var wg sync.WaitGroup
	errs := make([]error, 6)
	for i := range errs {
		wg.Go(func() {
			s, err := pgstore.Open(t.Context(), address)
			if err == nil {
				err = errors.Join(s.Update(t.Context(), count), s.Close())
			}
			errs[i] = err
		})
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	require.Equal(t, len(errs), counted(t, opened(t, address)))
}

func TestADatabaseOfAnotherEncodingIsRefused(t *testing.T) {
	address := pgtest.New(t)
	pgtest.Do(t, address, "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
	_, err := pgstore.Open(t.Context(), inDatabase(address, "latin"))
	require.ErrorContains(t, err, "encoding is LATIN1")
}
