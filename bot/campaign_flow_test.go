package bot_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// said are the desk's messages of a kind, in any channel.
func (w *world) said(kind workflow.PayloadKind) (found []message) {
	w.t.Helper()
	for _, c := range w.state().Channels {
		for _, m := range c.Messages {
			if m.Metadata.Payload["kind"] == string(kind) && !m.Deleted {
				m.Channel = c.ID
				found = append(found, m)
			}
		}
	}
	return found
}

func (w *world) question() message {
	w.t.Helper()
	asked := w.said(workflow.KindQuestion)
	require.Len(w.t, asked, 1)
	return asked[0]
}

// press uses a control of a message.
func (w *world) press(who string, on message, action string) sight {
	w.t.Helper()
	channel := on.Channel
	if channel == "" {
		channel = samples
	}
	seen := w.act(object{"user": who, "do": "click", "channel": channel, "ts": on.TS, "action_id": action})
	synctest.Wait()
	return seen
}

// answer lets a creator write in TikTok.
func (w *world) answer(username, text string) {
	w.t.Helper()
	require.NoError(w.t, w.engine.StartReceiving(w.t.Context(), shopID, bubbleStart))
	_, err := w.engine.Receive(w.t.Context(), shopID, workflow.InboundBatch{At: time.Now(), ID: "77" + fmt.Sprint(len(username)), Username: username, Messages: []workflow.InboundMessage{
		{ID: fmt.Sprint(time.Now().UnixNano()), Kind: "TEXT", Text: text, FromCreator: true, At: time.Now().Truncate(time.Second)},
	}})
	require.NoError(w.t, err)
	synctest.Wait()
}

// enlist adds a creator to a campaign by hand.
func (w *world) enlist(c workflow.Campaign, username string) {
	w.t.Helper()
	_, _, err := w.engine.AddMember(w.t.Context(), workflow.Addition{At: time.Now(), Campaign: c.ID, Creator: workflow.Creator{Username: username}})
	require.NoError(w.t, err)
}

// member is what the store knows of the only member of a campaign.
func (w *world) member(c workflow.CampaignID) (m workflow.Member) {
	w.t.Helper()
	require.NoError(w.t, w.db.View(w.t.Context(), func(tx workflow.Tx) error {
		all, _, err := tx.Members(c, "", 2)
		require.Len(w.t, all, 1)
		m = all[0]
		return err
	}))
	return m
}

func (w *world) know(products ...workflow.Product) {
	w.t.Helper()
	require.NoError(w.t, w.db.Update(w.t.Context(), func(tx workflow.Tx) error {
		for _, p := range products {
			if err := tx.PutProduct(shopID, p); err != nil {
				return err
			}
		}
		return nil
	}))
}

func TestCreatorsAreAddedByHandWithAForgivingCommand(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.campaign("Spring")
		spring := w.campaign("Spring launch")
		for _, typed := range []string{
			"add Spring launch @one", `add "spring LAUNCH" two`, "add Spring  launch  @three, @four", "add “Spring launch” <https://www.tiktok.com/@five?lang=en|x>",
		} {
			answer := w.command(memberOne, view.CommandCampaign, typed)
			require.Contains(t, answer, "Added", typed)
		}
		require.ElementsMatch(t, []string{"one", "two", "three", "four", "five"}, w.members(spring.ID))
		require.Contains(t, w.command(memberTwo, view.CommandCampaign, "add Spring launch @ONE"), "already")
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "add Spring launch <@U123>"), "Not a TikTok username")
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "add Sprnig lanch @six"), "/campaign add Spring launch @six")
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "add"), "Usage: ")
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "add Spring launch"), "Type the campaign first")
		require.Contains(t, w.command(guest, view.CommandCampaign, "add Spring launch @six"), "Guests")
		require.Len(t, w.members(spring.ID), 5)
	})
}

func TestACommandThatComesTwiceAddsOnceAndSaysTheSame(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		spring := w.campaign("Spring launch")
		w.fault(object{"socket": "duplicate"})
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "add Spring launch @one"), "Added")
		require.Equal(t, []string{"one"}, w.members(spring.ID))
	})
}

func TestWithSeveralShopsACommandAsksWhichOneIsMeant(t *testing.T) {
	shops := []workflow.Shop{{ID: shopID, Name: "Glow Shop", InitialSyncDone: true}, {ID: "2", Name: "Kitchen Shop", InitialSyncDone: true}}
	inBubble(t, setup{shops: shops}, func(t *testing.T, w *world) {
		w.campaign("Spring launch")
		_, err := w.engine.CreateCampaign(t.Context(), workflow.Creation{Shop: "2", Name: "Spring launch", At: time.Now()})
		require.NoError(t, err)
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "add Spring launch @one"), "Which one is it for?")
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "add Spring launch @one for kitchen shop"), "Kitchen Shop")
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "archive Spring launch"), "Which one is it for?")
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "archive Spring launch for Glow Shop"), "of the shop Glow Shop?")
		require.Contains(t, w.command(memberOne, view.CommandCampaign, `create "Summer  sale" for Kitchen Shop`), "*Summer sale*")
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "import 7300000000000000001"), "Which one is it for?")
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "import 7300000000000000001 for Kitchen Shop"), "Import started")
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "status spring launch for Kitchen Shop"), "1 creator")
	})
}

func TestAnImportBeginsOnceAndTellsWhereItsProgressIs(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "import"), "import &lt;target collaboration id&gt;")
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "import Autumn"), "is not a target collaboration ID")
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "import 7300000000000000001"), "<#"+samples+">")
		require.Len(t, w.said(workflow.KindRun), 1)
		require.Contains(t, w.command(guest, view.CommandCampaign, "import 7300000000000000001"), "Guests")
		require.Len(t, w.said(workflow.KindRun), 1)
	})
}

func TestTheListOfCampaignsIsPaged(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		for i := range 45 {
			w.campaign(fmt.Sprintf("Campaign %02d", i))
		}
		w.command(memberOne, view.CommandCampaign, "list")
		last := func() message {
			all := w.state().Ephemerals
			return all[len(all)-1]
		}
		shown := wording(t, last().Blocks)
		require.Contains(t, shown, "45 campaigns")
		require.Contains(t, shown, "Campaign 00")
		require.NotContains(t, shown, "Campaign 20")
		for _, want := range []string{"21–40 of 45", "41–45 of 45"} {
			seen := w.act(object{"user": memberOne, "do": "click", "channel": samples, "ts": last().TS, "action_id": view.ActionCampaignsPage})
			require.True(t, seen.OK, seen.Error)
			synctest.Wait()
			require.Contains(t, wording(t, last().Blocks), want)
		}
		seen := w.act(object{"user": memberOne, "do": "click", "channel": samples, "ts": last().TS, "action_id": view.ActionCampaignsBack})
		require.True(t, seen.OK, seen.Error)
		synctest.Wait()
		require.Contains(t, wording(t, last().Blocks), "21–40 of 45")
	})
}

func TestACampaignIsArchivedByAButtonAndOnlyByReviewers(t *testing.T) {
	s := oneShop()
	s[0].Settings.Reviewers = []workflow.PersonID{memberOne}
	inBubble(t, setup{shops: s}, func(t *testing.T, w *world) {
		spring := w.campaign("Spring launch")
		require.Contains(t, w.command(memberTwo, view.CommandCampaign, "archive Spring launch"), "reviewers")
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "archive Sprin launch"), "/campaign archive Spring launch")
		w.command(memberOne, view.CommandCampaign, "archive Spring launch")
		asked := w.state().Ephemerals
		ts := asked[len(asked)-1].TS
		for range 2 { // the second click finds all as wished
			seen := w.act(object{"user": memberOne, "do": "click", "channel": samples, "ts": ts, "action_id": view.ActionCampaignEnd})
			require.True(t, seen.OK, seen.Error)
			synctest.Wait()
		}
		require.True(t, w.campaigns()[0].Archived)
		all := w.state().Ephemerals
		require.Contains(t, wording(t, all[len(all)-1].Blocks), "is archived. No more creators can be added")
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "add Spring launch @one"), "archived")
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "archive Spring launch"), "is archived")
		require.Empty(t, w.members(spring.ID))
	})
}

func TestAFirstAnswerAsksTheTeamAndTheFirstWordCounts(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		spring := w.campaign("Spring launch")
		w.enlist(spring, "glow.daily")
		w.answer("glow.daily", "Yes please, <!channel>!")
		asked := w.question()
		require.Contains(t, wording(t, asked.Blocks), "Does the creator need a sample?")
		require.Contains(t, wording(t, asked.Blocks), "> Yes please, &lt;!channel&gt;!")

		require.True(t, w.press(guest, asked, view.ActionNeeded).OK)
		require.Equal(t, []string{view.Denied(view.DeniedGuest)}, w.told(guest))
		require.Equal(t, workflow.MemberAnswered, w.member(spring.ID).State)

		require.True(t, w.press(memberOne, asked, view.ActionNeeded).OK)
		require.True(t, w.press(memberOne, asked, view.ActionNeeded).OK)
		require.Empty(t, w.told(memberOne), "a double click is one word")
		require.True(t, w.press(memberTwo, asked, view.ActionNeeded).OK)
		require.Len(t, w.told(memberTwo), 1)
		require.Contains(t, w.told(memberTwo)[0], "<@"+memberOne+">")
		shown := w.question()
		require.Equal(t, asked.TS, shown.TS, "the message is edited, not posted anew")
		require.Contains(t, wording(t, shown.Blocks), "Sample application review pending")
		require.Equal(t, []string{view.ActionLink, view.ActionReply, view.ActionNotNeeded}, controls(t, shown.Blocks))

		require.True(t, w.press(memberTwo, shown, view.ActionNotNeeded).OK)
		require.Contains(t, wording(t, w.question().Blocks), "Content pending")
		require.Equal(t, workflow.MemberNeedsNone, w.member(spring.ID).State)
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "status Spring launch"), "1 *Content pending*")

		w.answer("glow.daily", "Did you see this?")
		require.Len(t, w.said(workflow.KindQuestion), 1, "only the first answer asks")
	})
}

func TestOfTwoWhoAnswerTheQuestionAtOnceTheSecondIsToldWhoWasFirst(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.enlist(w.campaign("Spring launch"), "glow.daily")
		w.answer("glow.daily", "Yes please!")
		asked := w.question()
		w.fault(object{"method": "chat.update", "do": "delay", "delay_ms": 4000}) // both see the question as it was
		require.True(t, w.press(memberOne, asked, view.ActionNeeded).OK)
		require.True(t, w.press(memberTwo, asked, view.ActionNotNeeded).OK)
		require.Len(t, w.told(memberTwo), 1)
		require.Contains(t, w.told(memberTwo)[0], "Someone else was faster: <@"+memberOne+"> said")
		wait(10 * time.Second)
		require.Contains(t, w.question().Text, "said that a sample is needed")
	})
}

func TestAQuestionGoesToTheCampaignsOwnChannel(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		spring := w.campaign("Spring launch")
		spring.Channel = general
		require.NoError(t, w.db.Update(t.Context(), func(tx workflow.Tx) error { return tx.PutCampaign(spring) }))
		require.True(t, w.act(object{"user": admin, "do": "invite", "channel": general}).OK)
		w.enlist(spring, "glow.daily")
		w.answer("glow.daily", "Hello")
		require.Equal(t, general, w.question().Channel)
		require.True(t, w.press(memberOne, w.question(), view.ActionNeeded).OK)
		require.Equal(t, workflow.MemberNeedsSample, w.member(spring.ID).State)
	})
}

func TestARequestThatComesTakesTheQuestionsButtonsAway(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		spring := w.campaign("Spring launch")
		spring.Products = []workflow.ProductID{"1729"}
		require.NoError(t, w.db.Update(t.Context(), func(tx workflow.Tx) error { return tx.PutCampaign(spring) }))
		w.enlist(spring, "glow.daily.1001")
		w.answer("glow.daily.1001", "Hello")
		asked := w.question()
		require.True(t, w.press(memberOne, asked, view.ActionNeeded).OK)
		w.request("1001")
		require.Equal(t, spring.ID, w.application("1001").Campaign, "it joined by itself")
		wait(time.Minute)
		require.Contains(t, wording(t, w.card("1001").Blocks), "Spring launch")
		require.Equal(t, []string{view.ActionReply}, controls(t, w.question().Blocks))
		require.Contains(t, wording(t, w.question().Blocks), "request is here")
		require.True(t, w.press(memberTwo, asked, view.ActionNotNeeded).OK) // on what they saw before
		require.Len(t, w.told(memberTwo), 1)
		require.Contains(t, w.told(memberTwo)[0], "The creator has sent a sample request")
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "status Spring launch"), "1 *Sample application review pending*")
	})
}

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
		require.Nil(t, w.submit(memberOne, dialog, values).Response, "they try again, and it is one deed")
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

func TestAnApplicationLeavesTheCampaignThatSomebodyAddedItTo(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		spring := w.campaign("Spring launch")
		w.request("1001")
		require.Nil(t, w.submit(memberOne, w.dialogFor(memberOne, "1001"), object{view.ActionChoice: string(spring.ID)}).Response)
		require.Contains(t, controls(t, w.card("1001").Blocks), view.ActionLeave)
		w.accepted(memberTwo, "1001", view.ActionLeave)
		require.Len(t, w.told(memberTwo), 1, "somebody else added it")
		require.Equal(t, spring.ID, w.application("1001").Campaign)
		w.fault(object{"socket": "duplicate"})
		w.accepted(memberOne, "1001", view.ActionLeave)
		require.Empty(t, w.application("1001").Campaign)
		require.Empty(t, w.members(spring.ID), "the creator came with it")
		require.Empty(t, w.told(memberOne))
		require.NotContains(t, controls(t, w.card("1001").Blocks), view.ActionLeave)
		require.Len(t, w.thread(w.card("1001").TS), 2)
		require.Nil(t, w.submit(memberTwo, w.dialogFor(memberTwo, "1001"), object{view.ActionChoice: string(spring.ID)}).Response)
		w.accepted(admin, "1001", view.ActionLeave)
		require.Empty(t, w.application("1001").Campaign, "an admin may too")
	})
}

func TestBeyondAHundredCampaignsTheDialogSearches(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		for i := range view.MaxChoices + 20 {
			w.campaign(fmt.Sprintf("Campaign %03d of spring", i))
		}
		target := w.campaign("Zebra “stripes”")
		w.request("1001")
		dialog := w.dialogFor(memberOne, "1001")
		suggest := func(who, text string) (names []string) {
			seen := w.act(object{"user": who, "do": "suggest", "view_id": dialog, "action_id": view.ActionChoice, "text": text})
			require.True(t, seen.OK, seen.Error)
			var o struct {
				Options []struct {
					Text struct {
						Text string `json:"text"`
					} `json:"text"`
				} `json:"options"`
			}
			require.NoError(t, json.Unmarshal(seen.Response, &o))
			for _, each := range o.Options {
				names = append(names, each.Text.Text)
			}
			return names
		}
		require.Len(t, suggest(memberOne, ""), view.MaxChoices)
		require.Equal(t, []string{"Campaign 117 of spring"}, suggest(memberOne, "117 OF"))
		require.Empty(t, suggest(memberOne, "winter"))
		require.Equal(t, []string{target.Name}, suggest(memberOne, "stripes"))
		seen := w.submit(memberOne, dialog, object{view.ActionChoice: string(target.ID)})
		require.Nil(t, seen.Response, "%s", seen.Response)
		require.Equal(t, target.ID, w.application("1001").Campaign)
	})
}

// editing opens the dialog to edit a campaign from its status.
func (w *world) editing(who, name string) string {
	w.t.Helper()
	w.command(who, view.CommandCampaign, "status "+name)
	all := w.state().Ephemerals
	seen := w.act(object{"user": who, "do": "click", "channel": samples, "ts": all[len(all)-1].TS, "action_id": view.ActionCampaignEdit})
	synctest.Wait()
	require.NotEmpty(w.t, seen.ViewID, "no dialog opened: %s", seen.Error)
	return seen.ViewID
}

func TestACampaignIsEdited(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.campaign("Spring launch")
		w.campaign("Summer launch")
		w.know(workflow.Product{ID: "1729", SKU: "1", Title: "Glow Serum", Variant: "30 ml"}, workflow.Product{ID: "1729", SKU: "2", Title: "Glow Serum", Variant: "50 ml"},
			workflow.Product{ID: "1730", SKU: "3", Title: "Kitchen Scale"})
		one, two := w.editing(memberOne, "spring launch"), w.editing(memberTwo, "spring launch")
		require.Contains(t, complaints(t, w.submit(memberOne, one, object{view.ActionEditName: "summer LAUNCH"})), view.BlockEditName)
		values := object{view.ActionEditName: "Spring sale", view.ActionEditChannel: general, view.ActionEditProducts: []string{"1729"}}
		require.Equal(t, map[string]string{view.BlockEditChannel: view.ErrorNotInChannel}, complaints(t, w.submit(memberOne, one, values)))
		require.True(t, w.act(object{"user": admin, "do": "invite", "channel": general}).OK)
		seen := w.submit(memberOne, one, values)
		require.Nil(t, seen.Response, "%s", seen.Response)
		c := w.campaigns()[0]
		require.Equal(t, []any{"Spring sale", general, []workflow.ProductID{"1729"}}, []any{c.Name, c.Channel, c.Products})
		require.Equal(t, map[string]string{view.BlockEditName: view.ErrorEditedMeanwhile}, complaints(t, w.submit(memberTwo, two, object{view.ActionEditName: "Other"})))
		require.Equal(t, "Spring sale", w.campaigns()[0].Name)
	})
}

func TestBeyondAHundredProductsTheDialogSearchesAndKeepsWhatIsChosen(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		spring := w.campaign("Spring launch")
		spring.Products = []workflow.ProductID{"1003"}
		require.NoError(t, w.db.Update(t.Context(), func(tx workflow.Tx) error { return tx.PutCampaign(spring) }))
		var all []workflow.Product
		for i := range view.MaxChoices + 5 {
			all = append(all, workflow.Product{ID: workflow.ProductID(fmt.Sprint(1000 + i)), SKU: "1", Title: fmt.Sprintf("Glow Serum no. %d", i)})
		}
		w.know(all...)
		dialog := w.editing(memberOne, "Spring launch")
		suggest := func() sight {
			seen := w.act(object{"user": memberOne, "do": "suggest", "view_id": dialog, "action_id": view.ActionEditProducts, "text": "NO. 10"})
			require.True(t, seen.OK, seen.Error)
			return seen
		}
		seen := suggest()
		var offered view.Options
		require.NoError(t, json.Unmarshal(seen.Response, &offered))
		require.Len(t, offered.Options, 6, "10 and 100 to 104")
		require.Nil(t, w.submit(memberOne, dialog, object{view.ActionEditName: "Spring sale"}).Response)
		require.Equal(t, []workflow.ProductID{"1003"}, w.campaigns()[0].Products, "what was not touched stays")
		dialog = w.editing(memberOne, "Spring sale")
		suggest()
		seen = w.submit(memberOne, dialog, object{view.ActionEditProducts: []string{"1010", "1104"}})
		require.Nil(t, seen.Response, "%s", seen.Response)
		require.Equal(t, []workflow.ProductID{"1010", "1104"}, w.campaigns()[0].Products)
	})
}

func TestAnEditIsRefusedToWhoLostTheRoleAndToAChannelThatSlackDoesNotKnowOf(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.campaign("Spring launch")
		dialog := w.editing(memberOne, "Spring launch")
		w.fault(object{"method": "conversations.info", "do": "delay", "delay_ms": 5000})
		seen := w.submit(memberOne, dialog, object{view.ActionEditChannel: general})
		require.Less(t, seen.AckedMS, int64(3000))
		require.Equal(t, map[string]string{view.BlockEditChannel: view.ErrorChannelUnread}, complaints(t, seen))
		shop := oneShop()[0]
		shop.Settings.Reviewers = []workflow.PersonID{memberTwo}
		w.put(shop)
		require.Contains(t, complaints(t, w.submit(memberOne, dialog, object{view.ActionEditName: "Other"}))[view.BlockEditName], "reviewers")
		require.Equal(t, "Spring launch", w.campaigns()[0].Name)
	})
}

func TestAnEditThatComesTwiceIsOneDeed(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.campaign("Spring launch")
		dialog := w.editing(memberOne, "spring launch")
		w.fault(object{"socket": "drop_ack"})
		require.Equal(t, "operation_timeout", w.submit(memberOne, dialog, object{view.ActionEditName: "Spring sale"}).Error)
		require.Nil(t, w.submit(memberOne, dialog, object{view.ActionEditName: "Spring sale"}).Response)
		require.Equal(t, 1, w.campaigns()[0].Version)
	})
}

func TestAFunnelIsSharedAsAPictureInTheShopsChannel(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		spring := w.campaign("Spring launch")
		w.enlist(spring, "one")
		w.enlist(spring, "two")
		last := func() message {
			all := w.state().Ephemerals
			return all[len(all)-1]
		}
		w.command(memberOne, view.CommandCampaign, "status Spring launch")
		require.NotContains(t, controls(t, last().Blocks), view.ActionCampaignShare, "two are no funnel")
		w.enlist(spring, "three")
		w.command(memberOne, view.CommandCampaign, "status Spring launch")
		ts := last().TS
		w.fault(object{"socket": "duplicate"})
		require.True(t, w.act(object{"user": memberOne, "do": "click", "channel": samples, "ts": ts, "action_id": view.ActionCampaignShare}).OK)
		wait(10 * time.Second)
		shared := slices.DeleteFunc(w.messages(), func(m message) bool { return len(m.Files) == 0 })
		require.Len(t, shared, 1)
		require.Contains(t, shared[0].Text, "3 creators")
		require.NotEmpty(t, w.calls("files.getUploadURLExternal")[0].Args["alt_txt"])

		w.command(guest, view.CommandCampaign, "status Spring launch")
		require.True(t, w.act(object{"user": guest, "do": "click", "channel": samples, "ts": last().TS, "action_id": view.ActionCampaignShare}).OK)
		wait(10 * time.Second)
		require.Equal(t, view.Denied(view.DeniedGuest), last().Text)
	})
}

func TestTheStatusOfACampaignOfManyCreatorsIsOneAnswer(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		spring := w.campaign("Spring launch")
		const creators = 1200
		require.NoError(t, w.db.Update(t.Context(), func(tx workflow.Tx) error {
			for i := range creators {
				c := workflow.Creator{OpenID: fmt.Sprint("o", i), Username: fmt.Sprint("glow.", i), Nickname: strings.Repeat("漢", 200)}
				a := workflow.Application{Key: keyOf(fmt.Sprint(1000000 + i)), Snapshot: pending("1"), Campaign: spring.ID, SeenAt: time.Now()}
				a.Snapshot.Creator = c
				a.Card.Link = "https://nimbus.slack.com/archives/C0SAMPLES1/p1763640000000100"
				err := errors.Join(tx.PutMember(workflow.Member{Campaign: spring.ID, Creator: c.KeyOf(shopID), Shown: c}), tx.PutApplication(a))
				if err != nil {
					return err
				}
			}
			return nil
		}))
		answer := w.command(memberOne, view.CommandCampaign, "status Spring launch")
		require.Contains(t, answer, "1,200 creators")
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "list"), "1,200 creators")
	})
}
