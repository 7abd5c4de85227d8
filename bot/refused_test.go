package bot_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// choosy answers posts and updates that have blocks itself, while it is told to.
type choosy struct {
	refuse atomic.Bool
	all    atomic.Bool // those without blocks too
	only   string      // those alone that say this somewhere
	answer http.HandlerFunc
}

func (c *choosy) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		writes := strings.HasSuffix(r.URL.Path, "chat.postMessage") || strings.HasSuffix(r.URL.Path, "chat.update")
		if !writes || !c.refuse.Load() {
			next.ServeHTTP(rw, r)
			return
		}
		if err := r.ParseForm(); err != nil {
			panic(err)
		}
		if (c.all.Load() || r.PostForm.Get("blocks") != "") && strings.Contains(r.PostForm.Get("metadata"), c.only) {
			c.answer(rw, r)
			return
		}
		body := r.PostForm.Encode()
		r = r.Clone(r.Context())
		r.Body = http.NoBody
		fresh, err := http.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), strings.NewReader(body))
		if err != nil {
			panic(err)
		}
		fresh.Header, fresh.Host = r.Header, r.Host
		fresh.URL = r.URL
		next.ServeHTTP(rw, fresh)
	})
}

func says(status int, kind, body string) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", kind)
		rw.WriteHeader(status)
		_, _ = rw.Write([]byte(body))
	}
}

func saysError(name string) http.HandlerFunc {
	return says(http.StatusOK, "application/json", `{"ok":false,"error":"`+name+`"}`)
}

// counting notes when each answer was given.
func counting(next http.HandlerFunc, times *[]time.Time) http.HandlerFunc {
	var mu sync.Mutex
	return func(rw http.ResponseWriter, r *http.Request) {
		mu.Lock()
		*times = append(*times, time.Now())
		mu.Unlock()
		next(rw, r)
	}
}

func TestWhatSlackRefusesForMinutesIsTriedPatientlyAndThenSaidAsText(t *testing.T) {
	for _, name := range []string{"invalid_blocks", "invalid_arguments", "a_word_of_tomorrow"} {
		t.Run(name, func(t *testing.T) {
			var times []time.Time
			c := &choosy{answer: counting(saysError(name), &times)}
			inBubble(t, setup{around: c.around}, func(t *testing.T, w *world) {
				c.refuse.Store(true)
				w.announce()
				wait(20 * time.Minute)
				var pauses []time.Duration
				for i := range times[1:] {
					pauses = append(pauses, times[i+1].Sub(times[i]))
				}
				wanted := []time.Duration{2 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute}
				require.Len(t, pauses, len(wanted))
				for i, pause := range pauses {
					require.InEpsilon(t, wanted[i], pause, 0.6, "pause %d", i) // the budget and the jitter add to it
				}
				said := w.said(workflow.KindStopped)
				require.Len(t, said, 1)
				require.Empty(t, wording(t, said[0].Blocks))
				require.Contains(t, said[0].Text, "decisions are on hold until an admin fixes it")
				require.Empty(t, w.deadLetters())
			})
		})
	}
}

func TestWhatIsNoAnswerOfSlacksIsTriedUntilThereIsOne(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"plain text":             says(http.StatusOK, "text/plain", "upstream connect error"),
		"a web page":             says(http.StatusBadGateway, "text/html", "<html>Bad gateway</html>"),
		"429 that names no time": says(http.StatusTooManyRequests, "text/plain", "slow down"),
	} {
		t.Run(name, func(t *testing.T) {
			var times []time.Time
			c := &choosy{answer: counting(answer, &times)}
			inBubble(t, setup{around: c.around}, func(t *testing.T, w *world) {
				c.refuse.Store(true)
				c.all.Store(true)
				w.announce()
				w.request("1001")
				wait(2 * time.Hour)
				require.Less(t, len(times), 150, "it is not hammered")
				require.Empty(t, w.deadLetters())
				c.refuse.Store(false)
				wait(6 * time.Minute)
				said := w.said(workflow.KindStopped)
				require.Len(t, said, 1)
				require.NotEmpty(t, said[0].Blocks)
				require.NotEmpty(t, w.card("1001").Blocks)
				require.Empty(t, w.deadLetters())
			})
		})
	}
}

func TestWhatIsRefusedAsTextTooIsADeadLetterAndToldToTheAdminsOnce(t *testing.T) {
	c := &choosy{answer: saysError("msg_too_long"), only: "sampledesk_card"}
	inBubble(t, setup{around: c.around}, func(t *testing.T, w *world) {
		c.refuse.Store(true)
		c.all.Store(true)
		w.request("1001")
		w.request("1002")
		wait(time.Hour)
		require.Len(t, w.deadLetters(), 2)
		told := w.said(workflow.KindUndelivered)
		require.Len(t, told, 1, "the first points to the list")
		require.Contains(t, wording(t, told[0].Blocks), "<@"+admin+">")
		require.Contains(t, w.command(admin, view.CommandSamples, "status"), "could not be delivered")
		wait(24 * time.Hour)
		w.request("1003")
		wait(time.Minute)
		require.Len(t, w.said(workflow.KindUndelivered), 2)
	})
}

func TestThatNothingCanBeSaidIsNotSaidForEver(t *testing.T) {
	c := &choosy{answer: saysError("restricted_action")}
	inBubble(t, setup{around: c.around}, func(t *testing.T, w *world) {
		c.refuse.Store(true)
		c.all.Store(true)
		w.announce()
		wait(time.Hour)
		require.Len(t, w.deadLetters(), 2, "what was to be said, and that it could not be")
	})
}

func TestACardThatWentOutAsTextGetsItsButtonsBack(t *testing.T) {
	c := &choosy{answer: saysError("invalid_blocks")}
	inBubble(t, setup{around: c.around}, func(t *testing.T, w *world) {
		c.refuse.Store(true)
		w.request("1001")
		wait(15 * time.Minute)
		card := w.card("1001")
		require.Empty(t, wording(t, card.Blocks))
		require.Contains(t, card.Text, "Decide by")
		c.refuse.Store(false)
		wait(6 * time.Minute)
		require.Equal(t, card.TS, w.card("1001").TS)
		require.Contains(t, controls(t, w.card("1001").Blocks), view.ActionApprove)
		require.Empty(t, w.deadLetters())
	})
}

func TestACardThatSlackTakesAsTextOnlyIsGivenUpInTheEnd(t *testing.T) {
	c := &choosy{answer: saysError("invalid_blocks")}
	inBubble(t, setup{around: c.around}, func(t *testing.T, w *world) {
		c.refuse.Store(true)
		w.request("1001")
		wait(3 * time.Hour)
		require.Len(t, w.cards("1001"), 1)
		require.Len(t, w.deadLetters(), 1)
		require.Len(t, w.said(workflow.KindUndelivered), 1)
	})
}

func TestARetryAfterOfDaysIsCappedAndTold(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.fault(object{"method": "chat.postMessage", "do": "status", "status": 429, "retry_after": 10 * 24 * 3600})
		w.request("1001")
		wait(time.Second)
		require.Contains(t, w.log.String(), "Slack asked for a longer pause than is obeyed")
		require.Contains(t, w.command(admin, view.CommandSamples, "status"), "Slack asked Sample Desk to pause for 10 days")
		require.Empty(t, w.cards("1001"))
		wait(6 * time.Minute)
		require.Len(t, w.cards("1001"), 1)
		require.NotContains(t, w.command(admin, view.CommandSamples, "status"), "Slack asked Sample Desk to pause")
	})
}
