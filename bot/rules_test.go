package bot_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// rules are the shop's, as they are kept.
func (w *world) rules() (r workflow.Rules) {
	w.t.Helper()
	require.NoError(w.t, w.store.View(w.t.Context(), func(tx workflow.Tx) (err error) {
		r, err = tx.Rules(shopID)
		return err
	}))
	return r
}

// rulesOpen opens the list of rules from the settings.
func (w *world) rulesOpen(who string) string {
	w.t.Helper()
	overview := w.act(object{"user": who, "do": "command", "command": "/samples", "text": "settings"}).ViewID
	list := w.within(who, overview, view.ActionRules).ViewID
	require.NotEmpty(w.t, list)
	return list
}

// keep puts rules in place without a dialog.
func (w *world) keep(all ...workflow.ShopRule) workflow.Rules {
	w.t.Helper()
	now := w.rules()
	now.Shop = shopID
	now.All = append(now.All, all...)
	after, err := w.engine.PutRules(w.t.Context(), workflow.RulesChange{At: time.Now(), Seen: now.Version, Rules: now})
	require.NoError(w.t, err)
	return after
}

// everything is a rule that suggests to approve all that comes.
func everything(name string) workflow.ShopRule {
	return workflow.ShopRule{
		Name: name, Mode: workflow.ModeProposing, Action: workflow.RuleAction{Kind: workflow.ActApprove},
		Conditions: []workflow.Condition{{Fact: workflow.FactGMV, Op: workflow.AtLeast, Number: 1}},
	}
}

func TestAnAdminMakesARuleInSentencesAndTheCardsSayWhatItSuggests(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		list := w.rulesOpen(admin)
		require.Contains(t, wording(t, w.view(list).Blocks), "No rules yet")
		require.Contains(t, wording(t, w.view(list).Blocks), "Points out requests that come through an agency.")
		stock := view.StarterChoice{Key: "stock", Shop: shopID}.String()
		started := w.within(admin, list, view.ActionRuleStarter, stock).ViewID
		require.Equal(t, "Out of stock", w.initials(started)[view.ActionRuleName])
		w.act(object{"user": admin, "do": "close", "view_id": started})
		w.command(admin, "/samples", "rules")
		answers := w.state().Ephemerals
		typed := w.act(object{"user": admin, "do": "click", "channel": samples, "ts": answers[len(answers)-1].TS, "action_id": view.ActionRuleStarter, "value": stock}).ViewID
		require.Equal(t, "Out of stock", w.initials(typed)[view.ActionRuleName])
		w.act(object{"user": admin, "do": "close", "view_id": typed})
		dialog := w.within(admin, list, view.ActionRuleNew).ViewID
		require.Equal(t, "Proven creators", w.initials(dialog)[view.ActionRuleName], "the first starter shows what a rule is")

		w.within(admin, dialog, view.ActionRuleStart, "repeats")
		require.Equal(t, "Repeats", w.initials(dialog)[view.ActionRuleName])
		w.within(admin, dialog, view.ActionRuleStart, view.RuleFromNothing)
		w.within(admin, dialog, view.ActionRuleAdd)
		w.within(admin, dialog, view.ActionRuleFact+"1", string(workflow.FactNeverPosted))
		w.within(admin, dialog, view.ActionRuleOp+"1", string(workflow.IsNo))
		field, said := complaint(t, w.submit(admin, dialog, object{view.ActionRuleName: "Sells well", view.ActionRuleValue + "0": "a lot"}))
		require.True(t, strings.HasPrefix(field, view.ActionRuleValue+"0"), field)
		require.Contains(t, said, "not a number")
		w.within(admin, dialog, view.ActionRuleFact+"0", string(workflow.FactStock))
		require.Nil(t, w.submit(admin, dialog, object{view.ActionRuleName: "Sells <!channel> well", view.ActionRuleValue + "0": "0.01K"}).Response)
		wait(time.Minute)

		rule := w.rules().All[0]
		require.Equal(t, []workflow.Condition{
			{Fact: workflow.FactStock, Op: workflow.AtLeast, Number: 10}, {Fact: workflow.FactNeverPosted, Op: workflow.IsNo},
		}, rule.Conditions)
		require.Equal(t, workflow.ModeProposing, rule.Mode)
		require.Contains(t, wording(t, w.view(list).Blocks), "Samples left in stock at least 10")
		card := wording(t, w.card("1001").Blocks)
		require.Contains(t, card, "Suggested: approve.")
		require.Contains(t, card, "12 samples left")
		require.NotContains(t, card, "<!channel>")
	})
}

func TestTwoAdminsWhoChangeARuleAtOnceAreToldApart(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.put(workflow.Shop{ID: shopID, Name: "Glow Shop", InitialSyncDone: true, Settings: workflow.Settings{Admins: []workflow.PersonID{admin, memberOne}}})
		after := w.keep(everything("One"), everything("Two"))
		row := func(n int) string { return string(after.All[n].ID) }
		edit := func(who string, n int) string {
			list := w.rulesOpen(who)
			return w.inRow(who, list, row(n), view.RuleEdit).ViewID
		}
		first, second := edit(admin, 0), edit(memberOne, 0)
		require.Nil(t, w.submit(admin, first, object{view.ActionRuleName: "Mine"}).Response)
		_, said := complaint(t, w.submit(memberOne, second, object{view.ActionRuleName: "Yours"}))
		require.Contains(t, said, "changed this rule")
		w.act(object{"user": memberOne, "do": "close", "view_id": second})
		other := edit(memberOne, 1)
		require.Nil(t, w.submit(memberOne, other, object{view.ActionRuleName: "Yours"}).Response, "the other rule is nobody else's business")
		require.Equal(t, []string{"Mine", "Yours"}, []string{w.rules().All[0].Name, w.rules().All[1].Name})
	})
}

// inRow uses the menu of a rule in the list.
func (w *world) inRow(who, list, rule, what string) sight {
	w.t.Helper()
	var blocks []object
	require.NoError(w.t, json.Unmarshal(w.view(list).Blocks, &blocks))
	for _, block := range blocks {
		if id, _ := block["block_id"].(string); strings.HasSuffix(id, ":"+rule) {
			seen := w.act(object{"user": who, "do": "click", "view_id": list, "block_id": id, "action_id": view.ActionRuleDo, "value": what})
			require.True(w.t, seen.OK, seen.Error)
			return seen
		}
	}
	w.t.Fatalf("no row of the rule %s", rule)
	return sight{}
}

func TestReviewersTakeWhatRulesSuggestTogetherAfterAPreview(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.keep(shares("Sells well"))
		for _, id := range []string{"1001", "1002", "1003"} {
			w.selling(id)
		}
		w.request("1004")
		wait(time.Minute)
		shown := w.command(memberOne, "/samples", "queue suggested")
		require.Contains(t, shown, "3 pending requests with a suggestion")
		require.Contains(t, shown, "Approve 3 suggested")
		require.NotContains(t, w.command(guest, "/samples", "queue"), "Approve 3 suggested", "a guest looks on")

		w.home(memberOne)
		home := w.homeID(memberOne)
		w.within(memberOne, home, view.ActionHomeSuggested)
		wait(time.Second)
		require.Contains(t, w.reads(memberOne), "with a suggestion")
		page := w.within(memberOne, home, view.ActionApproveSuggested).ViewID
		require.Contains(t, wording(t, w.view(page).Blocks), "Approve 3 suggested requests")
		require.Equal(t, workflow.Pending, w.application("1001").State(), "a preview decides nothing")
		_, err := w.engine.PutListed(t.Context(), []workflow.ListChange{{At: time.Now(), Shop: shopID, List: workflow.BlockList, Creator: w.application("1002").Snapshot.Creator}})
		require.NoError(t, err)
		require.True(t, w.submit(memberOne, page, object{}).OK)
		wait(time.Minute)
		require.Equal(t, workflow.AwaitingShipment, w.application("1001").State())
		require.Equal(t, workflow.Pending, w.application("1002").State(), "only what is still suggested by then")
		require.Contains(t, wording(t, w.said(workflow.KindRun)[0].Blocks), "no rule suggested it any more")
	})
}

func TestARuleThatAnAdminMadeAutomaticDecidesSaysSoAndCanBeUndone(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		after := w.keep(shares("Sells well"))
		list := w.rulesOpen(admin)
		more := w.inRow(admin, list, string(after.All[0].ID), view.RuleMore).ViewID
		require.Contains(t, wording(t, w.view(more).Blocks), "Last 4 weeks")
		w.within(admin, more, view.ActionRuleAuto)
		wait(5 * time.Second)
		shown := wording(t, w.view(more).Blocks)
		require.Contains(t, shown, "nothing to test on")
		require.Contains(t, shown, "little to go by")
		require.Contains(t, shown, "It has no limit")
		require.Nil(t, w.submit(admin, more, object{}).Response)
		require.Equal(t, workflow.ModeAutomatic, w.rules().All[0].Mode)

		for _, id := range []string{"1001", "1002"} {
			w.selling(id)
		}
		wait(time.Minute)
		require.Contains(t, wording(t, w.card("1001").Blocks), "Approved by the rule *Sells well*")
		w.accepted(memberTwo, "1001", view.ActionUndo)
		wait(time.Minute)
		require.Equal(t, workflow.Pending, w.application("1001").State(), "a reviewer undid it, and no rule decides it again")
		require.Contains(t, w.command(memberOne, "/samples", "show 1001"), "by the rule *Sells well*")
		require.Contains(t, w.threadOf("1001"), "undid the approval by the rule *Sells well*")
		wait(time.Hour)
		require.Equal(t, workflow.AwaitingShipment, w.application("1002").State())
		require.Contains(t, w.threadOf("1002"), "TikTok confirmed the approval by the rule *Sells well*")

		require.Contains(t, w.command(memberOne, "/samples", "rules pause"), "admins", "only admins change rules")
		require.Contains(t, w.command(admin, "/samples", "rules pause"), "paused")
		require.Contains(t, w.command(memberOne, "/samples", "status"), "All rules are paused")
		require.Contains(t, w.home(memberOne), "All rules are paused")
		w.sleep(time.Until(bubbleStart.Add(24*time.Hour + time.Minute)))
		require.NoError(t, w.engine.Morning(t.Context(), shopID, time.Now()))
		wait(time.Minute)
		require.Contains(t, wording(t, w.said(workflow.KindRuleDigest)[0].Blocks), "*Sells well*: 1 approved")
	})
}

func TestAnExpensiveSampleNeedsASecondPersonAndNobodyAgreesWithThemselves(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		product := w.application("1001").Snapshot.Product
		list := w.rulesOpen(admin)
		costs := w.within(admin, list, view.ActionRuleCosts).ViewID
		field, said := complaint(t, w.submit(admin, costs, object{view.ActionCostCurrency: "USD", view.ActionCostPasted: "product,sku,cost\n" + string(product.ID) + ",,lots"}))
		require.True(t, strings.HasPrefix(field, view.ActionCostPasted), field)
		require.Contains(t, said, "Line 2")
		require.Nil(t, w.submit(admin, costs, object{view.ActionCostCurrency: "USD", view.ActionCostPasted: string(product.ID) + ",,80", view.ActionCostTwo: "50"}).Response)
		wait(time.Minute)
		w.accepted(memberOne, "1001", view.ActionApprove)
		wait(time.Second)
		card := wording(t, w.card("1001").Blocks)
		require.Contains(t, card, "Needs a second person")
		require.Contains(t, card, "Agree and approve")
		w.click(memberOne, "1001", view.ActionApprove)
		require.Contains(t, strings.Join(w.told(memberOne), " "), "another reviewer has to agree")
		w.accepted(memberOne, "1001", view.ActionSecondEnd)
		wait(time.Second)
		require.NotContains(t, wording(t, w.card("1001").Blocks), "Needs a second person")
		w.accepted(memberOne, "1001", view.ActionApprove)
		wait(time.Second)
		w.accepted(memberTwo, "1001", view.ActionApprove)
		wait(time.Second)
		require.Contains(t, wording(t, w.card("1001").Blocks), "Approved by <@"+memberOne+"> and <@"+memberTwo+">")
	})
}

func TestListsAreKeptByHandFromACardAndByPasting(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		list := w.rulesOpen(admin)
		lists := w.within(admin, list, view.ActionRuleLists).ViewID
		_, said := complaint(t, w.submit(admin, lists, object{view.ActionListAdd: "@one\n<!channel>"}))
		require.Contains(t, said, "Line 2")
		w.submit(admin, lists, object{view.ActionListAdd: "@one, two\nhttps://www.tiktok.com/@glow.daily.1001"})
		require.Contains(t, wording(t, w.view(lists).Blocks), "3 creators added")
		require.Contains(t, wording(t, w.view(lists).Blocks), "@two")

		more := w.click(memberOne, "1001", view.ActionMore, view.MoreAll).ViewID
		dialog := w.within(memberOne, more, view.ActionCardLists).ViewID
		require.Nil(t, w.submit(memberOne, dialog, object{view.ActionCardLists: []string{"vip"}, view.ActionListName: "Slow  posters"}).Response)
		var on []workflow.ListName
		require.NoError(t, w.store.View(t.Context(), func(tx workflow.Tx) (err error) {
			on, err = tx.ListsOf(shopID, w.application("1001").Snapshot.Creator.KeyOf(shopID))
			return err
		}))
		require.Equal(t, []workflow.ListName{"slow posters", "vip"}, on, "what was not chosen any more is gone")
	})
}

func TestRulesAreShownExportedAndImportedByCommand(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		samples := func(who, text string) string { return w.command(who, "/samples", "rules "+text) }
		require.Contains(t, samples(memberOne, ""), "An admin can make one")
		require.Contains(t, samples(memberOne, "help"), "rules export")
		require.Contains(t, samples(memberOne, "exprot"), "Did you mean")
		require.Contains(t, samples(memberOne, "new"), "admins")
		require.Contains(t, samples(guest, "export"), "uests")
		w.keep(shares("Sells well"))
		require.Contains(t, samples(memberOne, "show sels well"), "Did you mean “Sells well”")
		require.Contains(t, samples(memberOne, "show sells well"), "suggesting")
		w.selling("1001")
		wait(time.Second)
		require.Contains(t, samples(memberOne, "test Sells well 90"), "approved 1 of 1 request* of the last 90 days")
		wait(time.Minute)
		sent := w.directTo(memberOne)
		require.Contains(t, wording(t, sent[0].Blocks), "Test of “Sells well”")
		require.NotEmpty(t, sent[len(sent)-1].Files)
		require.Contains(t, samples(admin, "export"), "direct message")
		wait(time.Minute)

		dialog := w.act(object{"user": admin, "do": "command", "command": "/samples", "text": "rules import"}).ViewID
		text := w.rules().Text()
		_, said := complaint(t, w.submit(admin, dialog, object{view.ActionRuleText: text + "when moon yes\nthen sing\n"}))
		require.Contains(t, said, "Line 7")
		require.Contains(t, said, "Line 8")
		shown := w.submit(admin, dialog, object{view.ActionRuleText: strings.ReplaceAll(text, "mode proposing", "mode automatic") + "\nrule Another\nthen hold\n"})
		require.Contains(t, wording(t, shown.Response), "1 rule added, 1 rule replaced")
		require.Len(t, w.rules().All, 2)
		require.Equal(t, workflow.ModeProposing, w.rules().All[0].Mode, "a pasted text makes no rule automatic")
	})
}

// shares is a rule that suggests to approve whoever shares that they sell.
func shares(name string) workflow.ShopRule {
	r := everything(name)
	r.Conditions[0].Number = 1000
	return r
}

// selling is a request of somebody who sells.
func (w *world) selling(id string) {
	w.t.Helper()
	r := pending(id)
	r.Creator.GMV = workflow.Money{Amount: "18000", Currency: "USD"}
	w.report(id, r)
}

// threadOf is what the thread of an application's card says, as one text.
func (w *world) threadOf(id string) string {
	w.t.Helper()
	var said strings.Builder
	for _, m := range w.thread(w.card(id).TS) {
		said.WriteString(wording(w.t, m.Blocks) + "\n")
	}
	return said.String()
}
