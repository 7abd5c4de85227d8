package bot_test

import (
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

func TestAnEditThatComesTwiceIsOneAction(t *testing.T) {
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
		w.keeps(creators, func(tx workflow.Tx, i int) error {
			c := workflow.Creator{OpenID: fmt.Sprint("o", i), Username: fmt.Sprint("glow.", i), Nickname: strings.Repeat("漢", 200)}
			a := workflow.Application{Key: keyOf(fmt.Sprint(1000000 + i)), Snapshot: pending("1"), Campaign: spring.ID, SeenAt: time.Now()}
			a.Snapshot.Creator = c
			a.Card.Link = "https://nimbus.slack.com/archives/C0SAMPLES1/p1763640000000100"
			return errors.Join(tx.PutMember(workflow.Member{Campaign: spring.ID, Creator: c.KeyOf(shopID), Shown: c}), tx.PutApplication(a))
		})
		answer := w.command(memberOne, view.CommandCampaign, "status Spring launch")
		require.Contains(t, answer, "1,200 creators")
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "list"), "1,200 creators")
	})
}
