package socket_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/socket"
	"sampledesk/bot/socket/sockettest"
)

// errFatal and errSlow are errors of opening: one that no retry mends, and one that asks to wait.
var (
	errFatal = errors.New("token_revoked")
	errSlow  = errors.New("ratelimited")
)

const slowFor = 90 * time.Second

// world is a link, with a script for Slack.
type world struct {
	*sockettest.Script
	link  *socket.Link
	stop  func()
	ended chan error
	log   *logbook

	mu     sync.Mutex
	open   error         // what Open answers, in the script's place
	held   chan struct{} // where set, work waits for it
	worked []string      // the envelopes in the order of their work
}

type logbook struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.String()
}

// inBubble runs a test with a link whose first opening answers an error, or succeeds.
func inBubble(t *testing.T, open error, f func(*testing.T, *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		pipes, w := sockettest.NewPipes(), &world{Script: &sockettest.Script{}, open: open, log: &logbook{}, ended: make(chan error, 1)}
		server := &http.Server{Handler: w.Around(http.NotFoundHandler()), ReadHeaderTimeout: time.Minute}
		served := make(chan error, 1)
		go func() { served <- server.Serve(pipes) }()
		w.link = socket.New(socket.Config{
			Open:  w.opening,
			Fatal: func(err error) bool { return errors.Is(err, errFatal) },
			RetryAfter: func(err error) time.Duration {
				if errors.Is(err, errSlow) {
					return slowFor
				}
				return 0
			},
			Dial: pipes.Dial, Handle: w.handle, Log: slog.New(slog.NewTextHandler(w.log, nil)),
		})
		ctx, cancel := context.WithCancel(t.Context())
		w.stop = cancel
		go func() { w.ended <- w.link.Run(ctx) }()
		synctest.Wait()
		defer func() {
			cancel()
			t.Log("the link ended with", <-w.ended)
			require.NoError(t, server.Close())
			require.ErrorIs(t, <-served, http.ErrServerClosed)
			for _, p := range w.Links() {
				p.HangUp()
			}
		}()
		f(t, w)
	})
}

func (w *world) opening(ctx context.Context) (string, error) {
	w.mu.Lock()
	err := w.open
	w.mu.Unlock()
	address, refused := w.Open(ctx)
	return address, errors.Join(err, refused)
}

func (w *world) answerOpen(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open = err
}

// handle is the work on an envelope: it waits while it is held, and panics where it is told to.
func (w *world) handle(_ context.Context, e socket.Envelope, ack socket.Ack) {
	w.mu.Lock()
	held := w.held
	w.mu.Unlock()
	if held != nil {
		<-held
	}
	if e.Type == "panic" {
		panic("the roof fell in")
	}
	w.mu.Lock()
	w.worked = append(w.worked, e.ID)
	w.mu.Unlock()
	ack(map[string]string{"text": "done"})
}

// hold lets work wait until it is released.
func (w *world) hold() (release func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	held := make(chan struct{})
	w.held = held
	return func() {
		w.mu.Lock()
		w.held = nil
		w.mu.Unlock()
		close(held)
		synctest.Wait()
	}
}

// wait lets time pass.
func wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func command(t *testing.T, p *sockettest.Peer, id string) {
	t.Helper()
	p.Send(t, id, "slash_commands", map[string]string{"command": "/samples"})
}

func TestLinksThatCannotBeOpenedAreTriedAtAGrowingPace(t *testing.T) {
	inBubble(t, errors.New("internal_error"), func(t *testing.T, w *world) {
		wait(5 * time.Minute)
		require.GreaterOrEqual(t, w.Opened(), 8)
		require.LessOrEqual(t, w.Opened(), 30)
		require.Contains(t, w.link.Health().LastError, "internal_error")
		w.answerOpen(nil)
		for tried := 0; tried < 35 && !w.link.Health().Connected; tried++ {
			wait(time.Second)
		}
		require.True(t, w.link.Health().Connected)
		require.Empty(t, w.link.Health().LastError)
	})
}

func TestAnErrorThatNoRetryMendsEndsTheLink(t *testing.T) {
	inBubble(t, errFatal, func(t *testing.T, w *world) {
		wait(time.Minute)
		require.Equal(t, 1, w.Opened())
		err := <-w.ended
		w.ended <- err
		require.ErrorIs(t, err, errFatal)
	})
}

func TestAWaitThatOpeningAsksForIsObeyed(t *testing.T) {
	inBubble(t, errSlow, func(t *testing.T, w *world) {
		wait(slowFor - time.Second)
		require.Equal(t, 1, w.Opened())
		w.answerOpen(nil)
		wait(10 * time.Second)
		require.True(t, w.link.Health().Connected)
	})
}

func TestALinkThatIsCutTellsSo(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, w *world) {
		w.Links()[0].HangUp()
		require.Len(t, w.Links(), 2)
		require.Equal(t, "connection lost", w.link.Health().LastReason)
	})
}

func TestMoreEnvelopesThanAreTakenAreLeftToRedelivery(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, w *world) {
		p, release := w.Links()[0], w.hold()
		for i := range 300 {
			command(t, p, fmt.Sprintf("e%d", i+1))
		}
		p.Ping()
		require.Equal(t, 1, p.Ponged(), "reading does not wait for work")
		release()
		require.Len(t, p.Acked(), 256)
		command(t, p, "e301")
		require.Len(t, p.Acked(), 257)
		require.Contains(t, w.log.String(), "too many envelopes in progress")
		require.Len(t, w.Links(), 1)
	})
}

func TestAcknowledgementsWithoutALinkGoOutOnTheNext(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, w *world) {
		p, release := w.Links()[0], w.hold()
		var want []string
		for i := range 40 {
			want = append(want, fmt.Sprintf("e%d", i+1))
			command(t, p, want[i])
		}
		synctest.Wait()
		w.Refuse(true)
		p.HangUp()
		wait(time.Second)
		require.False(t, w.link.Health().Connected)
		release()
		require.Len(t, w.worked, 40, "the work did not wait for a link")
		w.Refuse(false)
		wait(10 * time.Second)
		links := w.Links()
		require.Len(t, links, 2)
		require.ElementsMatch(t, want, links[1].Acked())
		for _, a := range links[1].Answers() {
			require.NotEmpty(t, a.Payload)
		}
	})
}

func TestAMuteLinkIsReplacedWithinHalfAMinute(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, w *world) {
		wait(29 * time.Second)
		require.Len(t, w.Links(), 1)
		wait(2 * time.Second)
		require.Len(t, w.Links(), 2)
		require.True(t, w.link.Health().Connected)
		require.Equal(t, "connection lost", w.link.Health().LastReason)
	})
}

func TestAfterAWarningTheNextLinkStandsBeforeTheOldOneCloses(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, w *world) {
		p := w.Links()[0]
		p.Say(`{"type":"disconnect","reason":"warning"}`)
		require.Len(t, w.Links(), 2)
		require.False(t, p.IsGone())
		next := w.Links()[1]
		command(t, p, "e1")
		command(t, next, "e2")
		require.Equal(t, []string{"e1"}, p.Acked())
		require.Equal(t, []string{"e2"}, next.Acked())
		wait(10 * time.Second)
		require.True(t, p.IsGone())
		require.False(t, next.IsGone())
		require.True(t, w.link.Health().Connected)
	})
}

func TestAWarnedLinkIsKeptWhileItsSuccessorCannotBeOpened(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, w *world) {
		p := w.Links()[0]
		w.Refuse(true)
		p.Say(`{"type":"disconnect","reason":"warning"}`)
		wait(3 * time.Second)
		require.False(t, p.IsGone())
		require.True(t, w.link.Health().Connected)
		command(t, p, "e1")
		require.Equal(t, []string{"e1"}, p.Acked())
		w.Refuse(false)
		wait(5 * time.Second)
		require.Len(t, w.Links(), 2)
		require.False(t, w.Links()[1].IsGone())
	})
}

func TestAStoppingLinkTakesNoNewWork(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, w *world) {
		p, release := w.Links()[0], w.hold()
		command(t, p, "e1")
		synctest.Wait()
		w.stop()
		wait(500 * time.Millisecond)
		command(t, p, "e2")
		release()
		err := <-w.ended
		w.ended <- err
		require.NoError(t, err)
		require.Equal(t, []string{"e1"}, p.Acked())
		require.Equal(t, []string{"e1"}, w.worked)
	})
}

func TestAPanicCostsNeitherTheLinkNorTheAcknowledgement(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, w *world) {
		p := w.Links()[0]
		p.Send(t, "e1", "panic", nil)
		require.Equal(t, []string{"e1"}, p.Acked())
		require.Contains(t, w.log.String(), "the roof fell in")
		require.Len(t, w.Links(), 1)
	})
}

func TestAFrameBeyondAllBoundsEndsTheLinkAndIsFollowedByAnother(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, w *world) {
		w.Links()[0].Say(`{"envelope_id":"e1","type":"interactive","payload":"` + strings.Repeat("a", 5<<20) + `"}`)
		wait(time.Second)
		require.Len(t, w.Links(), 2)
		next := w.Links()[1]
		command(t, next, "e2")
		require.Equal(t, []string{"e2"}, next.Acked())
	})
}
