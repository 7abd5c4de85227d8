package bot_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// linked is a desk to which TikTok gives links; it counts how often it is asked.
func linked(answer func(ctx context.Context, n int) (string, error)) (setup, *int) {
	asked := new(int)
	return setup{link: func(ctx context.Context, _ workflow.ShopID, p workflow.ProductID, sku string, days int) (string, error) {
		*asked++
		link, err := answer(ctx, *asked)
		return strings.NewReplacer("{p}", string(p), "{s}", sku, "{d}", fmt.Sprint(days)).Replace(link), err
	}}, asked
}

const deepLink = "snssdk1180://request?product={p}&sku={s}&days={d}"

// wants brings a member of whom the team said that they need a sample, and opens the dialog with the link.
func (w *world) wants() (spring workflow.Campaign, dialog string) {
	w.t.Helper()
	spring = w.campaign("Spring launch")
	w.know(workflow.Product{ID: "1729", SKU: "17290", Title: "Glow Serum", Variant: "30 ml"}, workflow.Product{ID: "1730", SKU: "17300", Title: "Kitchen Scale"})
	w.enlist(spring, "glow.daily")
	w.answer("glow.daily", "Hello")
	require.True(w.t, w.press(memberOne, w.question(), view.ActionNeeded).OK)
	seen := w.press(memberOne, w.question(), view.ActionLink)
	require.NotEmpty(w.t, seen.ViewID, "no dialog opened")
	return spring, seen.ViewID
}

func (w *world) callback(dialog string) string {
	w.t.Helper()
	return w.view(dialog).Callback
}

func TestALinkForTheRequestIsSentToTheCreatorAndItsProductJoinsTheCampaign(t *testing.T) {
	s, asked := linked(func(context.Context, int) (string, error) { return deepLink, nil })
	inBubble(t, s, func(t *testing.T, w *world) {
		spring, dialog := w.wants()
		seen := w.submit(memberOne, dialog, object{view.ActionLinkProduct: "1729:17290", view.ActionLinkDays: "3"})
		require.True(t, seen.OK, seen.Error)
		require.Equal(t, view.CallbackLinkSend, w.callback(dialog))
		link := "snssdk1180://request?product=1729&sku=17290&days=3"
		shown := string(w.view(dialog).Blocks)
		require.Contains(t, shown, "Glow Serum (30 ml)")
		require.Contains(t, shown, "glow.daily", "it says to whom this goes")

		seen = w.submit(memberOne, dialog, object{view.ActionLinkText: "no link in here"})
		require.Contains(t, complaints(t, seen)[view.BlockLinkText], link)
		values := object{view.ActionLinkText: "Hi! " + link, view.ActionLinkPicture: []string{view.LinkPicture}}
		w.fault(object{"socket": "drop_ack"})
		require.Equal(t, "operation_timeout", w.submit(memberOne, dialog, values).Error)
		require.Nil(t, w.submit(memberOne, dialog, values).Response, "they try again, and it is one action")
		require.False(t, w.isOpen(dialog))
		wait(time.Minute)

		require.Equal(t, 1, *asked)
		require.Len(t, w.said(workflow.KindMessage), 1)
		require.False(t, w.member(spring.ID).LinkedAt.IsZero())
		require.Contains(t, wording(t, w.question().Blocks), "The request link was sent")
		require.Equal(t, []workflow.ProductID{"1729"}, w.campaigns()[0].Products)
		require.Len(t, w.calls("files.completeUploadExternal"), 1)
		pictures := slices.DeleteFunc(w.thread(w.question().TS), func(m message) bool { return len(m.Files) == 0 })
		require.Len(t, pictures, 1, "below the question")
		require.Contains(t, pictures[0].Text, "<@"+memberOne+">")

		r := pending("1001")
		r.Creator.Username, r.Product.SKU = "glow.daily", "17290"
		w.report("1001", r)
		require.Equal(t, spring.ID, w.application("1001").Campaign)
	})
}

func TestWhatTikTokRefusesIsToldInTheDialogAndWhatWasChosenIsKept(t *testing.T) {
	s, asked := linked(func(_ context.Context, n int) (string, error) {
		if n == 1 {
			return "", fmt.Errorf("asking: %w", workflow.Failure{Code: 16032001, Fault: workflow.FaultRegion, Message: "creator region mismatch"})
		}
		return deepLink, nil
	})
	inBubble(t, s, func(t *testing.T, w *world) {
		_, dialog := w.wants()
		require.False(t, w.submit(memberOne, dialog, object{view.ActionLinkDays: "3"}).OK, "Slack's own client asks for the product")
		require.Zero(t, *asked)
		seen := w.submit(memberOne, dialog, object{view.ActionLinkProduct: "1730:17300"})
		require.Contains(t, complaints(t, seen)[view.BlockLinkProduct], "the creator is in a different region")
		require.True(t, w.submit(memberOne, dialog, object{view.ActionLinkProduct: "1730:17300"}).OK)
		require.Equal(t, view.CallbackLinkSend, w.callback(dialog))
	})
}

func TestADialogWaitsForALinkThatIsSlow(t *testing.T) {
	for name, fails := range map[string]bool{"and gets it": false, "and is told why there is none": true} {
		t.Run(name, func(t *testing.T) {
			s, _ := linked(func(ctx context.Context, _ int) (string, error) {
				if fails {
					<-ctx.Done()
					return "", ctx.Err()
				}
				time.Sleep(8 * time.Second)
				return deepLink, nil
			})
			inBubble(t, s, func(t *testing.T, w *world) {
				_, dialog := w.wants()
				seen := w.submit(memberOne, dialog, object{view.ActionLinkProduct: "1730:17300", view.ActionLinkDays: "14"})
				require.True(t, seen.OK, seen.Error)
				require.Less(t, seen.AckedMS, int64(2500))
				require.Equal(t, view.CallbackLinkWait, w.callback(dialog))
				wait(time.Minute)
				shown := string(w.view(dialog).Blocks)
				if !fails {
					require.Equal(t, view.CallbackLinkSend, w.callback(dialog))
					require.Contains(t, shown, "works for 14 days")
					return
				}
				require.Equal(t, view.CallbackLink, w.callback(dialog))
				require.Contains(t, shown, "took too long to answer")
				require.Contains(t, shown, `"initial_option":{"text":{"emoji":false,"text":"Kitchen Scale"`)
			})
		})
	}
}

func TestALinkIsNotSentByWhoLostTheRoleMeanwhile(t *testing.T) {
	s, asked := linked(func(context.Context, int) (string, error) { return deepLink, nil })
	inBubble(t, s, func(t *testing.T, w *world) {
		_, dialog := w.wants()
		shop := oneShop()[0]
		shop.Settings.Reviewers = []workflow.PersonID{memberTwo}
		w.put(shop)
		seen := w.submit(memberOne, dialog, object{view.ActionLinkProduct: "1730:17300"})
		require.Contains(t, complaints(t, seen)[view.BlockLinkProduct], "reviewers")
		require.Zero(t, *asked)
	})
}

func TestAPictureThatSlackDoesNotTakeIsSaidAndTheMessageGoesAllTheSame(t *testing.T) {
	s, _ := linked(func(context.Context, int) (string, error) { return deepLink, nil })
	inBubble(t, s, func(t *testing.T, w *world) {
		_, dialog := w.wants()
		require.True(t, w.submit(memberOne, dialog, object{view.ActionLinkProduct: "1729:17290"}).OK)
		w.fault(object{"method": "files.completeUploadExternal", "do": "error", "error": "internal_error"})
		link := "snssdk1180://request?product=1729&sku=17290&days=7"
		require.Nil(t, w.submit(memberOne, dialog, object{view.ActionLinkText: link, view.ActionLinkPicture: []string{view.LinkPicture}}).Response)
		wait(time.Minute)
		require.Len(t, w.said(workflow.KindMessage), 1)
		require.Equal(t, []string{view.LinkPictureFailed}, w.told(memberOne))
	})
}
