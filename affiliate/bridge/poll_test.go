package bridge_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate/affiliatesim"
	"sampledesk/workflow"
)

// poll polls once, and expects that all went well.
func (d *desk) poll() {
	d.t.Helper()
	d.bridge.PollMessages(d.t.Context())
	for shop, s := range d.bridge.MessagePolls() {
		require.NoError(d.t, s.Err, "shop %s", shop)
	}
}

// answer lets the creator of an application write.
func (d *desk) answer(k workflow.Key, text string) {
	d.t.Helper()
	d.act("/sim/messages", fmt.Sprintf(`{"creator_open_id":%q,"shop_id":%q,"text":%q}`, d.application(k).Snapshot.Creator.OpenID, k.Shop, text), nil)
}

// texts are what was said of creators' messages.
func texts(all []workflow.Payload) (found []string) {
	for _, s := range all {
		found = append(found, s.Inbound.Text)
	}
	return found
}

// lists are the calls that list conversations, of one status or of all.
func (d *desk) lists(status string) (found []call) {
	d.t.Helper()
	for _, c := range d.calls(listing) {
		if strings.HasSuffix(c.Path, listing) && (status == "" || c.Query["conversation_status"] == status) {
			found = append(found, c)
		}
	}
	return found
}

// colleague opens the conversation with the creator of an application in the Message Center, or answers there.
func (d *desk) colleague(k workflow.Key, does, text string) {
	d.t.Helper()
	var all struct {
		Conversations []struct {
			ID      string `json:"conversation_id"`
			Creator string `json:"creator_open_id"`
		}
	}
	d.get("/sim/conversations", &all)
	for _, c := range all.Conversations {
		if c.Creator == d.application(k).Snapshot.Creator.OpenID {
			d.act("/sim/conversations/"+c.ID+"/"+does, fmt.Sprintf(`{"text":%q}`, text), nil)
			return
		}
	}
	require.Fail(d.t, "there is no such conversation")
}

// heard are the texts that were posted, once everything is quiet.
func heard(channel *slack) []string {
	time.Sleep(time.Second)
	return texts(channel.said(workflow.KindMessage))
}

func TestWhatWasWrittenBeforeTheDeskPolledIsNotPosted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, channel := undecided(t)
		d.answer(k, "long ago")
		time.Sleep(2 * time.Second)
		d.poll()
		require.Empty(t, heard(channel))
		require.Empty(t, d.calls(reading), "the past is not even read")
		d.answer(k, "today")
		d.poll()
		require.Equal(t, []string{"today"}, heard(channel))
	})
}

func TestAnAnswerIsToldOnceAndNobodyElseMarksItAsRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, channel := undecided(t)
		d.poll()
		d.write(k, "Hello")
		time.Sleep(time.Second)
		d.answer(k, "Hi")
		d.answer(k, "In the same second")
		for range 25 {
			d.poll()
		}
		require.Equal(t, []string{"Hi", "In the same second"}, heard(channel))
		require.Empty(t, d.calls(marking))
		for _, m := range d.truths() {
			require.Equal(t, m.From == "creator", m.Unread, "whoever answers or dismisses it marks it")
		}
		writes := d.store.written()
		d.poll()
		require.Equal(t, writes, d.store.written())
		d.restart()
		channel, _ = d.run()
		d.poll()
		require.Empty(t, heard(channel), "nor is it told again after a restart")
		d.answer(k, "And one more")
		d.poll()
		require.Equal(t, []string{"And one more"}, heard(channel))
	})
}

func TestALookWithoutNewsIsOneCallAndNoWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, _ := undecided(t)
		d.write(k, "Hello")
		time.Sleep(time.Second)
		for range 30 {
			d.poll()
		}
		lists, writes := len(d.lists("")), d.store.written()
		for range 10 {
			d.poll()
		}
		require.Len(t, d.lists(""), lists+11, "one of ten is for those that were opened already")
		require.Len(t, d.lists("UNREPLIED"), 4)
		require.Empty(t, d.calls(reading))
		require.Equal(t, writes, d.store.written())
	})
}

// TestOneNewMessageAmongAThousandConversationsCostsFewCalls is about a shop whose people never open the Message Center.
func TestOneNewMessageAmongHundredsOfConversationsCostsFewCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{NoRateLimits: true})
		channel, _ := d.run()
		const many = 250
		creator := func(i int) string { return fmt.Sprintf("open-%04d", i) }
		says := func(i int, text string) {
			d.act("/sim/messages", fmt.Sprintf(`{"creator_open_id":%q,"text":%q}`, creator(i), text), nil)
		}
		for i := range many {
			d.apply(affiliatesim.Request{Status: "COMPLETED", Creator: affiliatesim.RequestedBy{OpenID: creator(i)}})
			says(i, "long ago")
		}
		time.Sleep(2 * time.Second)
		d.poll()
		pages := many / 50
		require.Len(t, d.calls(listing), 2*pages, "the first look lists all that is unread or unreplied")
		require.Empty(t, d.calls(reading), "and reads none of it")
		look := func() (listed, read int) {
			l, r := len(d.calls(listing)), len(d.calls(reading))
			d.poll()
			return len(d.calls(listing)) - l, len(d.calls(reading)) - r
		}
		says(170, "news")
		listed, read := look()
		require.Equal(t, []int{pages, 1}, []int{listed, read})
		require.Equal(t, []string{"news"}, heard(channel))
		listed, read = look()
		require.Equal(t, []int{pages, 0}, []int{listed, read}, "what was told is not read again")

		d.restart()
		channel, _ = d.run()
		says(171, "while the desk was away")
		listed, read = look()
		require.Equal(t, 2*pages, listed)
		require.LessOrEqual(t, read, 51, "of what cannot be told apart some are read at each wide look")
		require.Equal(t, []string{"while the desk was away"}, heard(channel))
	})
}

func TestAMessageThatAColleagueOpenedFirstIsToldAtTheNextWideLook(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before func(d *desk, k workflow.Key) // what was said and seen earlier
		looks  int
		within int
	}{
		"a first message":            {func(*desk, workflow.Key) {}, 1, 10},
		"it was opened at the start": {func(*desk, workflow.Key) {}, 0, 1},
		"after an answer of ours": {func(d *desk, k workflow.Key) {
			d.answer(k, "earlier")
			d.poll()
			d.write(k, "Hello")
			time.Sleep(time.Second)
		}, 1, 10},
		"after another that nobody answered": {func(d *desk, k workflow.Key) {
			d.answer(k, "earlier")
			d.poll()
			d.colleague(k, "read", "")
		}, 1, 10},
		"after an answer of a colleague's": {func(d *desk, k workflow.Key) {
			d.answer(k, "earlier")
			d.poll()
			d.colleague(k, "reply", "Hello from the Message Center")
			d.colleague(k, "read", "")
			for range 10 {
				d.poll()
			}
		}, 1, 10},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, k, channel := undecided(t)
				d.poll()
				c.before(d, k)
				for range c.looks {
					d.poll()
				}
				d.answer(k, "opened already")
				d.colleague(k, "read", "")
				if c.looks == 0 {
					d.restart()
					channel, _ = d.run()
				}
				for range c.within {
					d.poll()
				}
				require.Contains(t, heard(channel), "opened already")
				for range 20 {
					d.poll()
				}
				require.Equal(t, 1, strings.Count(strings.Join(heard(channel), "\n"), "opened already"))
			})
		})
	}
}

func TestAnAnswerIsToldThoughTheCountOfUnreadOnesIsTheSame(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, channel := undecided(t)
		d.poll()
		d.answer(k, "one")
		d.poll()
		d.colleague(k, "read", "")
		d.poll() // it has left the list
		d.answer(k, "two")
		d.poll()
		require.Equal(t, []string{"one", "two"}, heard(channel))
		d.colleague(k, "read", "")
		d.answer(k, "three") // between two looks
		for range 10 {
			d.poll()
		}
		require.Equal(t, []string{"one", "two", "three"}, heard(channel))
	})
}

func TestWhatWasWrittenWhileTheFirstLooksFailedIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, channel := undecided(t)
		d.act("/sim/faults", `{"path":"/202412/conversations","times":100,"do":"status","status":503}`, nil)
		d.bridge.PollMessages(t.Context())
		d.answer(k, "anybody there?")
		d.mendCalls()
		d.poll()
		require.Equal(t, []string{"anybody there?"}, heard(channel))
	})
}

func TestEveryNewMessageIsToldHoweverManyThereAre(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, channel := undecided(t)
		d.poll()
		want := []string{}
		for i := range 65 {
			want = append(want, fmt.Sprint("message ", i))
			d.answer(k, want[i])
		}
		d.poll()
		require.Equal(t, want, heard(channel))
	})
}

func TestAPollThatIsCutShortLosesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		channel, _ := d.run()
		var keys []workflow.Key
		for range 52 {
			keys = append(keys, d.apply(affiliatesim.Request{}))
		}
		d.sweep()
		d.poll()
		for i, k := range keys {
			d.answer(k, fmt.Sprint("answer ", i))
			time.Sleep(time.Second)
		}
		for range 6 {
			reads := 0
			d.between.hold(func(r *http.Request) error {
				if strings.Contains(r.URL.Path, reading) {
					if reads++; reads > 12 {
						return http.ErrServerClosed
					}
				}
				return nil
			})
			d.bridge.PollMessages(t.Context())
		}
		d.between.meddle(nil)
		d.poll()
		time.Sleep(10 * time.Second)
		require.Len(t, heard(channel), 52)
		require.Len(t, d.calls(reading), 52, "nothing is read twice")
	})
}

func TestAConversationThatCannotBeReadHidesNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		channel, _ := d.run()
		odd, plain := d.apply(affiliatesim.Request{}), d.apply(affiliatesim.Request{})
		d.sweep()
		d.poll()
		d.answer(odd, "odd")
		time.Sleep(time.Second)
		d.answer(plain, "plain")
		refused := ""
		d.between.meddle(func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if strings.Contains(r.URL.Path, reading) && (refused == "" || refused == r.URL.Path) {
				refused = r.URL.Path
				return answer(http.StatusOK, refusal(36009999, "not this one")), nil
			}
			return next.RoundTrip(r)
		})
		for range 5 {
			d.bridge.PollMessages(t.Context())
			time.Sleep(time.Minute)
		}
		require.Len(t, heard(channel), 1)
		require.Equal(t, 1, d.log.count("could not read a conversation"))
		d.between.meddle(nil)
		time.Sleep(time.Hour)
		d.poll()
		require.ElementsMatch(t, []string{"plain", "odd"}, heard(channel))
	})
}

func TestAShopWhoseMessagesHangHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{Shops: 2})
		channel, _ := d.run()
		shops := d.shops()
		k := d.apply(affiliatesim.Request{ShopID: string(shops[1].ID)})
		d.sweep()
		d.poll()
		d.between.hold(func(r *http.Request) error {
			if r.URL.Query().Get("shop_cipher") != shops[0].Cipher {
				return nil
			}
			<-r.Context().Done()
			return r.Context().Err()
		})
		d.answer(k, "Hi")
		first := make(chan struct{})
		go func() { defer close(first); d.bridge.PollMessages(t.Context()) }()
		require.Equal(t, []string{"Hi"}, heard(channel))
		d.answer(k, "And again")
		began := time.Now()
		d.bridge.PollMessages(t.Context())
		require.Less(t, time.Since(began), 5*time.Second)
		require.Equal(t, []string{"Hi", "And again"}, heard(channel))
		<-first
		require.Error(t, d.bridge.MessagePolls()[shops[0].ID].Err)
	})
}

func TestAMissingScopeIsLoggedOnceAndLeavesTheShopAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, channel := undecided(t)
		d.poll()
		d.act("/sim/authorization", fmt.Sprintf(`{"do":"withhold_scope","scope":%q}`, scopeMessages), nil)
		for range 60 {
			d.bridge.PollMessages(t.Context())
			time.Sleep(time.Minute)
		}
		require.Equal(t, 1, d.log.count("message poll failed"))
		require.LessOrEqual(t, len(d.calls(listing)), 4)
		require.Equal(t, workflow.Failure{}, d.shop().SyncStopped)
		d.sweep()
		d.answer(k, "Anybody there?")
		d.act("/sim/authorization", fmt.Sprintf(`{"do":"grant_scope","scope":%q}`, scopeMessages), nil)
		time.Sleep(30 * time.Minute)
		d.poll()
		require.Equal(t, []string{"Anybody there?"}, heard(channel))
	})
}

// TestEachKindOfMessageIsToldAsWhatItIs changes the type of what a creator wrote on its way to the desk: the stand-in's
// creators write only text.
func TestEachKindOfMessageIsToldAsWhatItIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kind, content, want string }{
		{"TEXT", `plain, as it comes at times`, "plain, as it comes at times"},
		{"IMAGE", `{"url":"https://pictures.example/1.png","width":1}`, "(a picture)"},
		{"PRODUCT_CARD", `{"product_id":"1729"}`, "(a product card: 1729)"},
		{"TARGET_COLLABORATION_CARD", `{"target_collaboration_id":"73"}`, "(a card of a target collaboration: 73)"},
		{"FREE_SAMPLE_CARD", `{"apply_id":"57"}`, "(a card of a sample request: 57)"},
		{"EMOTICONS", `{"code":"wave"}`, "(emoticons)"},
		{"A_NEW_KIND", `{"what":1}`, "(a new kind)"},
		{"NOTIFICATION", `{"content":"The creator joined"}`, ""},
		{"SYSTEM", `{"content":"Be careful"}`, ""},
		{"CRM_CARD", `{"content":"Buy more"}`, ""},
	} {
		t.Run(c.kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, k, channel := undecided(t)
				d.poll()
				d.answer(k, "PLACEHOLDER")
				d.between.alter(func(path string, answer []byte) []byte {
					if !strings.Contains(path, reading) {
						return answer
					}
					text := strings.ReplaceAll(string(answer), `"type":"TEXT"`, fmt.Sprintf(`"type":%q`, c.kind))
					return []byte(strings.ReplaceAll(text, `"{\"content\":\"PLACEHOLDER\"}"`, fmt.Sprintf("%q", c.content)))
				})
				d.poll()
				d.between.meddle(nil)
				if c.want == "" {
					require.Empty(t, heard(channel), "the platform's own words are nobody's answer")
					return
				}
				require.Equal(t, []string{c.want}, heard(channel))
				require.Equal(t, c.kind, channel.said(workflow.KindMessage)[0].Inbound.Kind)
			})
		})
	}
}

func TestAListThatTellsNothingButIDsIsReadAllTheSame(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, channel := undecided(t)
		d.poll()
		d.answer(k, "Hi")
		d.between.alter(func(path string, answer []byte) []byte {
			if !strings.HasSuffix(path, listing) {
				return answer
			}
			for _, name := range []string{"unread_count", "creator_im_id", "username"} {
				answer = []byte(strings.ReplaceAll(string(answer), name, "undocumented_"+name))
			}
			return []byte(strings.ReplaceAll(string(answer), `"id"`, `"conversation_id"`))
		})
		for range 3 {
			d.bridge.PollMessages(t.Context())
		}
		require.Empty(t, heard(channel), "nothing tells who wrote it")
		d.write(k, "Hello") // which tells whose conversation it is
		time.Sleep(time.Second)
		d.answer(k, "And now")
		time.Sleep(time.Hour)
		for range 3 {
			d.poll()
		}
		require.Equal(t, []string{"Hi", "And now"}, heard(channel))
		require.LessOrEqual(t, len(d.calls(reading)), 4)
	})
}

func TestAnOddConversationHidesNoOtherOnItsPage(t *testing.T) {
	t.Parallel()
	for field, odd := range map[string]string{
		`"unread_count":1`: `"unread_count":{"odd":1}`, `"username":"`: `"username":[],"was":"`,
		`"creator_im_id":"`: `"creator_im_id":{},"was":"`, `"id":"`: `"id":{},"was":"`,
	} {
		t.Run(field, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := connected(t, affiliatesim.Options{})
				channel, _ := d.run()
				one, two := d.apply(affiliatesim.Request{}), d.apply(affiliatesim.Request{})
				d.sweep()
				d.poll()
				d.answer(one, "one")
				d.answer(two, "two")
				d.between.alter(func(path string, answer []byte) []byte {
					if !strings.HasSuffix(path, listing) {
						return answer
					}
					return []byte(strings.Replace(string(answer), field, odd, 1))
				})
				d.bridge.PollMessages(t.Context())
				require.NotEmpty(t, heard(channel))
				d.between.meddle(nil)
				time.Sleep(time.Hour)
				d.poll()
				require.ElementsMatch(t, []string{"one", "two"}, heard(channel))
			})
		})
	}
}

func TestAConversationThatFailsAgainAndAgainHidesNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		channel, _ := d.run()
		var keys []workflow.Key
		for range 5 {
			keys = append(keys, d.apply(affiliatesim.Request{}))
		}
		d.sweep()
		d.poll()
		for i, k := range keys {
			d.answer(k, fmt.Sprint(i))
		}
		failing := ""
		d.between.meddle(func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if strings.Contains(r.URL.Path, reading) && (failing == "" || failing == r.URL.Path) {
				failing = r.URL.Path
				return answer(http.StatusServiceUnavailable, "upstream"), nil
			}
			return next.RoundTrip(r)
		})
		d.bridge.PollMessages(t.Context())
		require.Error(t, d.bridge.MessagePolls()[d.shop().ID].Err)
		require.Len(t, heard(channel), 4)
		d.between.meddle(nil)
		d.poll()
		require.Len(t, heard(channel), 5)
		require.Len(t, d.calls(reading), 5, "those that were told are not read again")
	})
}

// waits are the texts that wait for an answer.
func (d *desk) waits() (texts []string) {
	d.t.Helper()
	shop := d.shop().ID
	require.NoError(d.t, d.store.View(d.t.Context(), func(tx workflow.Tx) error {
		texts = nil
		for c, err := range workflow.WalkWaiting(d.t.Context(), tx, shop) {
			require.NoError(d.t, err)
			texts = append(texts, c.Waiting.Text)
		}
		return nil
	}))
	return texts
}

// dismiss dismisses what a creator wrote.
func (d *desk) dismiss(k workflow.Key) {
	d.t.Helper()
	creator := d.application(k).Snapshot.Creator.KeyOf(k.Shop)
	var c workflow.Conversation
	require.NoError(d.t, d.store.View(d.t.Context(), func(tx workflow.Tx) (err error) {
		c, err = tx.Conversation(k.Shop, creator)
		return err
	}))
	_, err := d.engine.DismissAnswer(d.t.Context(), workflow.Dismissal{
		Actor: workflow.Actor{Person: "U1"}, At: time.Now(), Shop: k.Shop, Creator: creator, Seen: c.Waiting.Last.ID,
	})
	require.NoError(d.t, err)
}

func TestWhatIsDismissedOrAnsweredIsMarkedAsRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, _ := undecided(t)
		d.poll()
		unread := func() (n int) {
			for _, m := range d.truths() {
				if m.Unread {
					n++
				}
			}
			return n
		}
		d.answer(k, "Thanks")
		d.poll()
		require.Equal(t, []string{"Thanks"}, d.waits())
		d.breakCalls("conversatons/read", 36009003, "internal error")
		d.dismiss(k)
		require.Empty(t, d.waits())
		time.Sleep(5 * time.Second)
		require.Equal(t, 1, unread())
		d.mendCalls()
		time.Sleep(2 * time.Minute)
		require.Zero(t, unread(), "it was tried again")

		d.answer(k, "And when?")
		d.poll()
		require.Equal(t, []string{"And when?"}, d.waits())
		d.write(k, "Tomorrow")
		time.Sleep(20 * time.Second)
		require.Empty(t, d.waits())
		require.Zero(t, unread())
		calls := len(d.calls(marking))
		d.write(k, "Or the day after")
		time.Sleep(20 * time.Second)
		require.Len(t, d.calls(marking), calls, "there is nothing to mark")
	})
}

func TestAMessageThatComesJustBeforeItIsMarkedAsReadIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, channel := undecided(t)
		d.poll()
		d.answer(k, "Thanks")
		d.poll()
		d.dismiss(k)
		d.answer(k, "One more thing") // before the desk marks what it knows
		time.Sleep(10 * time.Second)
		for range 10 {
			d.poll()
		}
		require.Equal(t, []string{"Thanks", "One more thing"}, heard(channel))
		require.Equal(t, []string{"One more thing"}, d.waits())
	})
}

func TestAnAnswerThatAColleagueGaveInTheMessageCenterEndsTheWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, _ := undecided(t)
		d.poll()
		d.answer(k, "When?")
		d.poll()
		require.Equal(t, []string{"When?"}, d.waits())
		d.colleague(k, "reply", "Tomorrow")
		d.colleague(k, "read", "") // so that it is in no list
		for range 10 {
			d.poll()
		}
		require.Empty(t, d.waits())
		require.Empty(t, d.calls(marking), "it is read already")
	})
}
