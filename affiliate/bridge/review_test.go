package bridge_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate/affiliatesim"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// decide makes a decision about an application as it stands, without an undo window.
func (d *desk) decide(k workflow.Key, v workflow.Verdict, reason workflow.Reason) {
	d.t.Helper()
	_, err := d.engine.Apply(d.t.Context(), k, workflow.Decided{
		Actor: workflow.Actor{Person: "U1", Surface: workflow.FromCard}, At: time.Now(), Round: d.application(k).Round,
		Verdict: v, Reason: reason,
	})
	require.NoError(d.t, err)
}

// review returns the effect that carries the application's decision, if there is one.
func (d *desk) review(k workflow.Key) (e workflow.Effect, found bool) {
	d.t.Helper()
	d.view(func(tx workflow.Tx) (err error) {
		e, err = tx.Effect(d.application(k).Decision.Review)
		if errors.Is(err, workflow.ErrNotFound) {
			return nil
		}
		found = err == nil
		return err
	})
	return e, found
}

// claim takes the decision's effect as a dispatcher does.
func (d *desk) claim(k workflow.Key) workflow.Effect {
	d.t.Helper()
	e, found := d.review(k)
	require.True(d.t, found)
	now := time.Now()
	e, ok, err := d.engine.Claim(d.t.Context(), e.ID, now, now.Add(10*time.Second))
	require.NoError(d.t, err)
	require.True(d.t, ok)
	return e
}

// undecided returns a desk that has seen one application, and runs its dispatcher.
func undecided(t *testing.T) (*desk, workflow.Key, *slack) {
	t.Helper()
	d := connected(t, affiliatesim.Options{})
	k := d.apply(affiliatesim.Request{})
	d.sweep()
	channel, _ := d.run()
	time.Sleep(time.Second)
	return d, k, channel
}

// settled expects that the decision arrived, that the desk knows, and that nothing is left to send.
func (d *desk) settled(k workflow.Key, want workflow.State) {
	d.t.Helper()
	a := d.application(k)
	require.Equal(d.t, want, a.State())
	require.Equal(d.t, workflow.DecisionConfirmed, a.Decision.Phase)
	require.Equal(d.t, workflow.PersonID("U1"), a.Decision.By)
	require.Equal(d.t, workflow.Failure{}, a.Decision.Failure)
	require.False(d.t, a.ChangedElsewhere)
	require.Equal(d.t, string(a.Snapshot.Status), d.truth(k.ID).Status)
	_, left := d.review(k)
	require.False(d.t, left)
}

func TestAnApprovalIsSentOnceAndConfirmed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, channel := undecided(t)
		d.decide(k, workflow.Approve, "")
		time.Sleep(time.Second)
		d.settled(k, workflow.AwaitingShipment)
		calls := d.calls("/review")
		require.Len(t, calls, 1)
		require.Equal(t, "/affiliate_seller/202507/sample_applications/"+string(k.ID)+"/review", calls[0].Path)
		require.JSONEq(t, `{"review_result":"APPROVE"}`, string(calls[0].Body))
		payloads := channel.said(workflow.KindStage, workflow.KindDecision, workflow.KindRefused)
		require.Len(t, payloads, 1)
		require.Equal(t, workflow.StageAwaiting, payloads[0].Stage)

		d.sweep()
		d.settled(k, workflow.AwaitingShipment)
		require.Equal(t, d.truth(k.ID).Order, d.application(k).Snapshot.OrderID, "the sweep brings the order")
		require.Len(t, channel.said(workflow.KindStage), 1, "and has nothing new to say")
	})
}

func TestARejectionCarriesItsReason(t *testing.T) {
	for _, reason := range workflow.Reasons {
		t.Run(string(reason), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, k, channel := undecided(t)
				d.decide(k, workflow.Reject, reason)
				time.Sleep(time.Second)
				d.settled(k, workflow.Rejected)
				require.Equal(t, string(reason), d.truth(k.ID).Reason)
				require.Len(t, d.calls("/review"), 1)
				payloads := channel.said(workflow.KindStage)
				require.Len(t, payloads, 1)
				require.Equal(t, reason, payloads[0].Reason)
			})
		})
	}
}

func TestARefusalForGoodReturnsTheApplicationToReviewWithItsCause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, channel := undecided(t)
		product := d.application(k).Snapshot.Product.ID
		d.act("/sim/products/"+string(product), `{"available_quantity":0}`, nil)
		d.decide(k, workflow.Approve, "")
		time.Sleep(time.Second)
		a := d.application(k)
		require.Equal(t, workflow.Refused, a.State())
		require.Equal(t, workflow.StageReview, a.Stage())
		require.Equal(t, 16020003, a.Decision.Failure.Code)
		require.Contains(t, a.Decision.Failure.Message, "out of stock")
		require.NotEmpty(t, a.Decision.Failure.RequestID)
		require.Len(t, d.calls("/review"), 1, "asking again would not help")
		require.Len(t, channel.said(workflow.KindRefused), 1)
		require.Equal(t, 1, d.count(workflow.QueueOf(k.Shop)))

		d.decide(k, workflow.Reject, workflow.OutOfStock)
		time.Sleep(time.Second)
		d.settled(k, workflow.Rejected)
	})
}

func TestTooManyRequestsAreWaitedOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, _ := undecided(t)
		d.act("/sim/faults", `{"path":"/review","times":2,"do":"status","status":429,"retry_after":7}`, nil)
		d.decide(k, workflow.Approve, "")
		time.Sleep(5 * time.Second)
		require.Equal(t, workflow.Sending, d.application(k).State(), "nothing was done, so nothing is unclear")
		require.Len(t, d.calls("/review"), 1)
		time.Sleep(25 * time.Second)
		d.settled(k, workflow.AwaitingShipment)
		calls := d.calls("/review")
		require.Len(t, calls, 3)
		for i := range 2 {
			require.GreaterOrEqual(t, calls[i+1].At.Sub(calls[i].At), 7*time.Second)
		}
	})
}

// looks returns when the desk verified the application, counted from the first review call.
func (d *desk) looks(since time.Time) (after []time.Duration) {
	d.t.Helper()
	for _, c := range d.calls(searchPath) {
		if strings.Contains(string(c.Body), "creator_user_oepn_id") && c.At.After(since) {
			after = append(after, c.At.Sub(since).Round(time.Second))
		}
	}
	return after
}

func TestALostAnswerIsLookedAfterBeforeItIsRepeated(t *testing.T) {
	const s = time.Second
	for name, fault := range map[string]struct {
		do      string
		lag     string
		looks   []time.Duration // after the call
		reviews []time.Duration
	}{
		"not done, 503":                      {do: `"do":"status","status":503`, looks: []time.Duration{5 * s, 30 * s}, reviews: []time.Duration{0, 30 * s}},
		"not done, 36009003":                 {do: `"do":"code","code":36009003`, looks: []time.Duration{5 * s, 30 * s}, reviews: []time.Duration{0, 30 * s}},
		"not done, cut":                      {do: `"do":"drop"`, looks: []time.Duration{5 * s, 30 * s}, reviews: []time.Duration{0, 30 * s}},
		"done, cut":                          {do: `"do":"apply_then_drop"`, looks: []time.Duration{5 * s}, reviews: []time.Duration{0}},
		"done, cut, and the search lags":     {do: `"do":"apply_then_drop"`, lag: "20s", looks: []time.Duration{5 * s, 30 * s}, reviews: []time.Duration{0}},
		"done at 18 s, given up at 15 s":     {do: `"do":"delay","delay_ms":18000`, looks: []time.Duration{20 * s}, reviews: []time.Duration{0}},
		"done at 40 s, given up at 15 s":     {do: `"do":"delay","delay_ms":40000`, looks: []time.Duration{20 * s, 45 * s}, reviews: []time.Duration{0}},
		"done long after it was repeated":    {do: `"do":"delay","delay_ms":60000`, looks: []time.Duration{20 * s, 45 * s}, reviews: []time.Duration{0, 45 * s}},
		"not done, refused twice by a 504":   {do: `"times":2,"do":"status","status":504`, looks: []time.Duration{5 * s, 30 * s, 35 * s, 60 * s}, reviews: []time.Duration{0, 30 * s, 60 * s}},
		"not done, a page of some gateway's": {do: `"do":"status","status":404`, looks: []time.Duration{5 * s, 30 * s}, reviews: []time.Duration{0, 30 * s}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, k, channel := undecided(t)
				d.act("/sim/lag", fmt.Sprintf(`{"lag":%q}`, fault.lag), nil)
				d.act("/sim/faults", `{"path":"/review",`+fault.do+`}`, nil)
				began := time.Now()
				d.decide(k, workflow.Approve, "")
				time.Sleep(16 * time.Second)
				if len(fault.looks) > 1 {
					require.Equal(t, workflow.Unclear, d.application(k).State())
					require.NotEqual(t, workflow.Failure{}, d.application(k).Decision.Failure)
				}
				time.Sleep(2 * time.Minute)
				d.settled(k, workflow.AwaitingShipment)
				require.Equal(t, fault.looks, d.looks(began))
				var reviews []time.Duration
				applied := 0
				for _, c := range d.calls("/review") {
					reviews = append(reviews, c.At.Sub(began).Round(time.Second))
					if c.Code == 0 && (c.Status == http.StatusOK || c.Fault == "apply_then_drop") {
						applied++
					}
				}
				require.ElementsMatch(t, fault.reviews, reviews)
				require.Equal(t, 1, applied, "one decision is applied once")
				require.Len(t, channel.said(workflow.KindStage), 1)
				require.NotEmpty(t, channel.said(workflow.KindDecision), "it is said that the answer was lost")
			})
		})
	}
}

func TestAFaultOfTheVendorsAfterItDidTheWorkIsNotRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, _ := undecided(t)
		d.between.meddle(func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			response, err := next.RoundTrip(r)
			if err != nil || !strings.HasSuffix(r.URL.Path, "/review") {
				return response, err
			}
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
			return answer(http.StatusInternalServerError, refusal(36009003, "internal error")), nil
		})
		d.decide(k, workflow.Reject, workflow.NotMatch)
		time.Sleep(time.Second)
		require.Equal(t, workflow.Unclear, d.application(k).State())
		time.Sleep(time.Minute)
		d.settled(k, workflow.Rejected)
		require.Len(t, d.calls("/review"), 1)
	})
}

// A run that several decisions hold up names each cause once, so what tells two calls apart has no place in it.
func TestWhatHoldsDecisionsUpIsToldInTheSameWordsForAll(t *testing.T) {
	for fault, words := range map[string]string{
		`"do":"apply_then_drop"`:     "TikTok did not answer",
		`"do":"status","status":503`: "TikTok had an internal error",
	} {
		synctest.Test(t, func(t *testing.T) {
			d, k, _ := undecided(t)
			d.act("/sim/faults", `{"path":"/review",`+fault+`}`, nil)
			d.decide(k, workflow.Approve, "")
			time.Sleep(2 * time.Second)
			e, found := d.review(k)
			require.True(t, found)
			require.Equal(t, words, e.Failure.Message)
		})
	}
}

func TestASweepMaySettleWhatIsUnclear(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, channel := undecided(t)
		d.act("/sim/faults", `{"path":"/review","do":"apply_then_drop"}`, nil)
		d.decide(k, workflow.Approve, "")
		time.Sleep(2 * time.Second)
		require.Equal(t, workflow.Unclear, d.application(k).State())
		d.sweep()
		d.settled(k, workflow.AwaitingShipment)
		time.Sleep(time.Minute)
		require.Len(t, d.calls("/review"), 1)
		require.Len(t, channel.said(workflow.KindStage), 1)
	})
}

func TestACheckThatFindsAnothersActionLetsItWin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, channel := undecided(t)
		d.act("/sim/faults", `{"path":"/review","do":"drop"}`, nil)
		d.decide(k, workflow.Approve, "")
		time.Sleep(2 * time.Second)
		d.act("/sim/applications/"+string(k.ID)+"/withdraw", "", nil)
		time.Sleep(time.Minute)
		a := d.application(k)
		require.Equal(t, workflow.Withdrawn, a.State())
		require.Equal(t, workflow.Decision{}, a.Decision)
		require.Len(t, d.calls("/review"), 1)
		payloads := channel.said(workflow.KindStage)
		require.Len(t, payloads, 1)
		require.True(t, payloads[0].Undelivered, "its author is told")
	})
}

func TestALookThatFailsIsRepeatedAndNothingIsSentMeanwhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, _ := undecided(t)
		d.act("/sim/faults", `{"path":"/review","do":"apply_then_drop"}`, nil)
		d.breakCalls("search", 36009003, "internal error")
		d.decide(k, workflow.Approve, "")
		time.Sleep(3 * time.Minute)
		require.Equal(t, workflow.Unclear, d.application(k).State())
		require.Len(t, d.calls("/review"), 1)
		d.mendCalls()
		time.Sleep(6 * time.Minute)
		d.settled(k, workflow.AwaitingShipment)
		require.Len(t, d.calls("/review"), 1)
	})
}

func TestAnInterruptedDecisionIsLookedAfterFirst(t *testing.T) {
	for name, sent := range map[string]bool{"it had gone out": true, "it had not": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := connected(t, affiliatesim.Options{})
				k := d.apply(affiliatesim.Request{})
				d.sweep()
				d.decide(k, workflow.Approve, "")
				d.claim(k)
				if sent { // and the process died before it had the answer
					d.act("/sim/applications/"+string(k.ID)+"/approve", "", nil)
				}
				d.restart()
				began := time.Now()
				d.run()
				time.Sleep(4 * time.Second)
				require.Equal(t, workflow.Unclear, d.application(k).State())
				require.Empty(t, d.calls("/review"))
				time.Sleep(time.Minute)
				d.settled(k, workflow.AwaitingShipment)
				if sent {
					require.Equal(t, []time.Duration{5 * time.Second}, d.looks(began))
					require.Empty(t, d.calls("/review"))
				} else {
					require.Equal(t, []time.Duration{5 * time.Second, 30 * time.Second}, d.looks(began))
					require.Len(t, d.calls("/review"), 1)
				}
			})
		})
	}
}

func TestADecisionThatIsTakenBackInTimeIsNeverSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, _ := undecided(t)
		actor := workflow.Actor{Person: "U1", Surface: workflow.FromCard}
		a, err := d.engine.Apply(t.Context(), k, workflow.Decided{
			Actor: actor, At: time.Now(), Round: d.application(k).Round, Verdict: workflow.Approve, Undo: 10 * time.Second,
		})
		require.NoError(t, err)
		time.Sleep(9 * time.Second)
		_, err = d.engine.Apply(t.Context(), k, workflow.Undone{Actor: actor, At: time.Now(), Round: a.Round})
		require.NoError(t, err)
		time.Sleep(time.Minute)
		require.Equal(t, workflow.Pending, d.application(k).State())
		require.Empty(t, d.calls("/review"))
	})
}

func TestAReviewWhoseAccessTokenExpiredIsSentWithARenewedOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, _ := undecided(t)
		d.act("/sim/authorization", `{"do":"expire_access"}`, nil)
		d.decide(k, workflow.Approve, "")
		time.Sleep(time.Second)
		d.settled(k, workflow.AwaitingShipment)
		require.Len(t, d.calls(refreshPath), 2)
	})
}

func TestADecisionWhoseTokensCannotBeSavedWaitsForTheStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		k := d.apply(affiliatesim.Request{})
		d.sweep()
		d.decide(k, workflow.Approve, "")
		e := d.claim(k)
		d.act("/sim/authorization", `{"do":"expire_access"}`, nil)
		d.store.fail(errors.New("the disk is full"))
		outcome := d.bridge.Deliver(t.Context(), e)
		require.Equal(t, engine.Again, outcome.Then)
		require.Nil(t, outcome.Event)
		require.Zero(t, outcome.Verifications, "nothing was sent, so nothing is unclear")
		d.store.fail(nil)
		require.Equal(t, engine.Done, d.bridge.Deliver(t.Context(), e).Then)
		require.Len(t, d.calls(refreshPath), 2, "the pair was kept in memory meanwhile")
	})
}

func TestAnEffectWhoseRecordsAreMissingWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		e := workflow.Effect{Shop: "no such shop", Application: "1", Attempt: 1, Begun: true, Review: &workflow.Review{Verdict: workflow.Approve}}
		require.Zero(t, d.bridge.Budget(e, ""))
		outcome := d.bridge.Deliver(t.Context(), e)
		require.Equal(t, engine.Outcome{
			Then: engine.Again, After: 30 * time.Second, Verifications: 1, Failure: workflow.Failure{Message: outcome.Failure.Message},
		}, outcome)
		require.Contains(t, outcome.Failure.Message, "not found")
	})
}

func TestFiftyApprovalsAreFiftyCallsWithinTheBudget(t *testing.T) {
	if testing.Short() {
		t.Skip("it is long")
	}
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		var keys []workflow.Key
		for range 50 {
			keys = append(keys, d.apply(affiliatesim.Request{}))
		}
		d.sweep()
		channel, _ := d.run()
		time.Sleep(10 * time.Second)
		before := len(d.calls(""))
		for _, k := range keys {
			d.decide(k, workflow.Approve, "")
		}
		time.Sleep(3 * time.Second)
		d.sweep() // in the midst of it
		time.Sleep(10 * time.Second)
		seen := map[string]int{}
		for _, c := range d.calls("/review") {
			seen[c.Path]++
			require.Equal(t, http.StatusOK, c.Status)
		}
		require.Len(t, seen, 50)
		for _, k := range keys {
			require.Equal(t, 1, seen["/affiliate_seller/202507/sample_applications/"+string(k.ID)+"/review"])
			require.Equal(t, workflow.AwaitingShipment, d.application(k).State())
			require.Equal(t, workflow.DecisionConfirmed, d.application(k).Decision.Phase)
		}
		d.settled(keys[49], workflow.AwaitingShipment)
		require.Len(t, channel.said(workflow.KindStage), 50)
		require.Less(t, len(d.calls(""))-before, 50+4+50, "beside the sweep, hardly anything else")
	})
}
