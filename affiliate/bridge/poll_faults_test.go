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
