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

// listen looks for messages once, and expects that all went well.
func (d *desk) listen() {
	d.t.Helper()
	d.bridge.ListenAll(d.t.Context())
	for shop, s := range d.bridge.Listens() {
		require.NoError(d.t, s.Err, "shop %s", shop)
	}
}

// answer lets the creator of an application write.
func (d *desk) answer(k workflow.Key, text string) {
	d.t.Helper()
	d.act("/sim/messages", fmt.Sprintf(`{"creator_open_id":%q,"shop_id":%q,"text":%q}`, d.application(k).Report.Creator.OpenID, k.Shop, text), nil)
}

// texts are what was said of creators' messages.
func texts(all []workflow.Saying) (found []string) {
	for _, s := range all {
		found = append(found, s.Written.Text)
	}
	return found
}

// heard are the texts that were told, once everything has come to rest.
func heard(channel *slack) []string {
	time.Sleep(time.Second)
	return texts(channel.said(workflow.SayMessage))
}

func TestWhatWasWrittenBeforeTheDeskListenedIsNotTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, channel := undecided(t)
		d.answer(k, "long ago")
		time.Sleep(2 * time.Second)
		d.listen()
		require.Empty(t, heard(channel))
		require.Empty(t, d.calls(reading), "the past is not even read")
		d.answer(k, "today")
		d.listen()
		require.Equal(t, []string{"today"}, heard(channel))
	})
}

func TestAnAnswerIsToldOnceAndThenMarkedAsRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, channel := undecided(t)
		d.listen()
		d.write(k, "Hello")
		time.Sleep(time.Second)
		d.answer(k, "Hi")
		d.answer(k, "In the same second")
		d.listen()
		d.listen()
		require.Equal(t, []string{"Hi", "In the same second"}, heard(channel))
		require.Len(t, d.calls(marking), 1)
		for _, m := range d.truths() {
			require.False(t, m.Unread)
		}
		d.restart()
		channel, _ = d.run()
		d.listen()
		require.Empty(t, heard(channel), "nor is it told again after a restart")
	})
}

func TestAPollWithoutNewsIsOneCallAndNoWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		d.run()
		var keys []workflow.Key
		for range 120 {
			keys = append(keys, d.apply(affiliatesim.Request{}))
		}
		d.sweep()
		d.listen()
		for i, k := range keys {
			d.answer(k, fmt.Sprint("answer ", i))
		}
		d.listen()
		time.Sleep(5 * time.Second)
		writes, lists, reads := d.store.written(), len(d.calls(listing)), len(d.calls(reading))
		require.Equal(t, 120, reads)
		d.listen()
		require.Equal(t, writes, d.store.written())
		require.Len(t, d.calls(listing), lists+1)
		require.Len(t, d.calls(reading), reads)
	})
}

func TestEveryNewMessageIsToldHoweverManyThereAre(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, channel := undecided(t)
		d.listen()
		want := []string{}
		for i := range 65 {
			want = append(want, fmt.Sprint("message ", i))
			d.answer(k, want[i])
		}
		d.listen()
		require.Equal(t, want, heard(channel))
	})
}

func TestAPollThatIsCutShortLosesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		channel, _ := d.run()
		var keys []workflow.Key
		for range 130 {
			keys = append(keys, d.apply(affiliatesim.Request{}))
		}
		d.sweep()
		d.listen()
		for i, k := range keys {
			d.answer(k, fmt.Sprint("answer ", i))
			time.Sleep(time.Second)
		}
		for range 6 {
			reads := 0
			d.between.hold(func(r *http.Request) error {
				if strings.Contains(r.URL.Path, reading) {
					if reads++; reads > 30 {
						return http.ErrServerClosed
					}
				}
				return nil
			})
			d.bridge.ListenAll(t.Context())
		}
		d.between.meddle(nil)
		d.listen()
		time.Sleep(10 * time.Second)
		require.Len(t, heard(channel), 130)
	})
}

func TestAConversationThatCannotBeReadHidesNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		channel, _ := d.run()
		odd, plain := d.apply(affiliatesim.Request{}), d.apply(affiliatesim.Request{})
		d.sweep()
		d.listen()
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
			d.bridge.ListenAll(t.Context())
			time.Sleep(time.Minute)
		}
		require.Equal(t, []string{"plain"}, heard(channel))
		require.Equal(t, 1, d.log.count("a conversation cannot be read"))
		d.between.meddle(nil)
		time.Sleep(time.Hour)
		d.listen()
		require.Equal(t, []string{"plain", "odd"}, heard(channel))
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
		d.listen()
		d.between.hold(func(r *http.Request) error {
			if r.URL.Query().Get("shop_cipher") != shops[0].Cipher {
				return nil
			}
			<-r.Context().Done()
			return r.Context().Err()
		})
		d.answer(k, "Hi")
		first := make(chan struct{})
		go func() { defer close(first); d.bridge.ListenAll(t.Context()) }()
		require.Equal(t, []string{"Hi"}, heard(channel))
		d.answer(k, "And again")
		began := time.Now()
		d.bridge.ListenAll(t.Context())
		require.Less(t, time.Since(began), 5*time.Second)
		require.Equal(t, []string{"Hi", "And again"}, heard(channel))
		<-first
		require.Error(t, d.bridge.Listens()[shops[0].ID].Err)
	})
}

func TestAMissingScopeIsLoggedOnceAndLeavesTheShopAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, channel := undecided(t)
		d.listen()
		d.act("/sim/authorization", fmt.Sprintf(`{"do":"withhold_scope","scope":%q}`, scopeMessages), nil)
		for range 60 {
			d.bridge.ListenAll(t.Context())
			time.Sleep(time.Minute)
		}
		require.Equal(t, 1, d.log.count("could not look for creators' messages"))
		require.LessOrEqual(t, len(d.calls(listing)), 4)
		require.Equal(t, workflow.Cause{}, d.shop().Stopped)
		d.sweep()
		d.answer(k, "Anybody there?")
		d.act("/sim/authorization", fmt.Sprintf(`{"do":"grant_scope","scope":%q}`, scopeMessages), nil)
		time.Sleep(30 * time.Minute)
		d.listen()
		require.Equal(t, []string{"Anybody there?"}, heard(channel))
	})
}

// TestEachKindOfMessageIsToldAsWhatItIs changes the type of what a creator wrote on its way to the desk: the stand-in's
// creators write only text.
func TestEachKindOfMessageIsToldAsWhatItIs(t *testing.T) {
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
				d.listen()
				d.answer(k, "PLACEHOLDER")
				d.between.alter(func(path string, answer []byte) []byte {
					if !strings.Contains(path, reading) {
						return answer
					}
					text := strings.ReplaceAll(string(answer), `"type":"TEXT"`, fmt.Sprintf(`"type":%q`, c.kind))
					return []byte(strings.ReplaceAll(text, `"{\"content\":\"PLACEHOLDER\"}"`, fmt.Sprintf("%q", c.content)))
				})
				d.listen()
				d.between.meddle(nil)
				if c.want == "" {
					require.Empty(t, heard(channel), "the platform's own words are nobody's answer")
					return
				}
				require.Equal(t, []string{c.want}, heard(channel))
				require.Equal(t, c.kind, channel.said(workflow.SayMessage)[0].Written.Kind)
			})
		})
	}
}

func TestAListThatTellsNoNewestMessageIsReadAllTheSame(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, channel := undecided(t)
		d.listen()
		d.answer(k, "Hi")
		d.between.alter(func(path string, answer []byte) []byte {
			if !strings.Contains(path, listing) {
				return answer
			}
			for _, name := range []string{"latest_message", "unread_count", "creator_im_id", "username"} {
				answer = []byte(strings.ReplaceAll(string(answer), name, "undocumented_"+name))
			}
			return answer
		})
		for range 3 {
			d.bridge.ListenAll(t.Context())
		}
		require.Empty(t, heard(channel), "nothing tells who wrote it")
		d.write(k, "Hello") // which tells whose conversation it is
		time.Sleep(time.Second)
		d.answer(k, "And now")
		time.Sleep(time.Hour)
		for range 3 {
			d.listen()
		}
		require.Equal(t, []string{"Hi", "And now"}, heard(channel))
		require.LessOrEqual(t, len(d.calls(reading)), 4)
	})
}
