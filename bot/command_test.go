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
	"sampledesk/workflow/engine"
)

// said is a message's wording, as the view wrote it.
func said(t *testing.T, m view.Message) string {
	t.Helper()
	lines := []string{m.Text}
	for _, b := range m.Blocks {
		lines = append(lines, b.ID())
	}
	return lines[0]
}

func TestEverySubcommandOfTheHelpAnswers(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.campaign("Spring launch")
		w.request("1001")
		for command, all := range map[string][]view.Subcommand{view.CommandSamples: view.SamplesCommands, view.CommandCampaign: view.CampaignCommands} {
			for _, s := range all {
				arg := map[string]string{
					"/samples show": "1001", "/samples find": "1001", "/samples approve": "1001", "/samples reject": "1001 oos", "/samples assign": "1001 U0MEMBER02",
					"/campaign status": "spring LAUNCH", "/campaign create": "Summer launch", "/campaign add": "spring launch @glow.daily",
					"/campaign import": "7300000000000000001", "/campaign archive": "spring launch",
				}[command+" "+s.Name]
				required := s.Args != "" && !strings.HasPrefix(s.Args, "[")
				require.Equal(t, required, arg != "", "%s %s", command, s.Name)
				out := w.command(memberOne, command, s.Name+" "+arg)
				require.NotContains(t, out, said(t, view.Unknown(command, s.Name)))
				if required {
					usage := said(t, view.Usage(command, s.Name))
					require.NotContains(t, out, usage)
					require.Contains(t, w.command(memberOne, command, "  "+strings.ToUpper(s.Name)), usage)
				}
			}
		}
		require.Contains(t, w.command(memberOne, view.CommandSamples, "show 1001"), "Glow Serum")
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "list"), "Summer launch")
	})
}

func TestHelpIsForEverybodyAndForNoWords(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		for _, text := range []string{"", "help", "  HELP me "} {
			require.Contains(t, w.commandIn(general, outsider, view.CommandSamples, text), said(t, view.SamplesHelp()))
			require.Contains(t, w.commandIn(general, outsider, view.CommandCampaign, text), said(t, view.CampaignHelp()))
		}
	})
}

func TestASlipOfTheFingerIsAnsweredWithTheNearestSubcommand(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		require.Contains(t, w.command(memberOne, view.CommandSamples, "quue"), "/samples queue")
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "staus Spring"), "/campaign status")
		out := w.command(memberOne, view.CommandSamples, "<!channel> *dance*")
		require.Contains(t, out, "/samples help")
		require.NotContains(t, out, "<!channel>")
		require.NotContains(t, w.command(memberOne, view.CommandSamples, strings.Repeat("quue ", 2000)), "operation")
	})
}

func TestOutsidersSeeNothingByCommand(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.campaign("Spring launch")
		w.request("1001")
		for _, typed := range []string{
			"/samples queue", "/samples show 1001", "/campaign list", "/campaign status Spring launch", "/campaign create Summer launch",
		} {
			command, text, _ := strings.Cut(typed, " ")
			out := w.commandIn(general, outsider, command, text)
			require.Contains(t, out, view.Denied(view.DeniedOutside), typed)
			require.NotContains(t, out, "Glow", typed)
		}
		require.Len(t, w.campaigns(), 1)
		require.Contains(t, w.commandIn(general, memberOne, view.CommandSamples, "queue"), "Glow Serum") // a member sees it anywhere
	})
}

func TestWhileSlackDoesNotSayWhoIsInTheChannelNobodySeesAnything(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		for _, fault := range []object{{"do": "status", "status": 500}, {"do": "error", "error": "missing_scope"}, {"do": "drop"}} {
			fault["method"] = "conversations.members"
			w.fault(fault)
			out := w.command(memberOne, view.CommandSamples, "queue")
			require.Contains(t, out, view.Denied(view.DeniedUnchecked))
			require.NotContains(t, out, "Glow Serum")
		}
	})
}

func TestWhoWasInvitedIsLetInSoon(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		denied := view.Denied(view.DeniedOutside)
		for range 10 { // asking again and again does not become a burden on Slack
			require.Contains(t, w.commandIn(general, outsider, view.CommandSamples, "queue"), denied)
		}
		require.Len(t, w.calls("conversations.members"), 1)
		require.True(t, w.act(object{"user": admin, "do": "invite", "channel": samples, "member": outsider}).OK)
		wait(5 * time.Second)
		require.NotContains(t, w.commandIn(general, outsider, view.CommandSamples, "queue"), denied)
	})
}

func TestGuestsMayLookAndNotCreate(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		require.Contains(t, w.command(guest, view.CommandSamples, "queue"), "Glow Serum")
		require.Contains(t, w.command(guest, view.CommandCampaign, "create Summer"), view.Denied(view.DeniedGuest))
		require.Contains(t, w.command(stranger, view.CommandCampaign, "create Summer"), view.Denied(view.DeniedElsewhere))
		require.Empty(t, w.campaigns())
	})
}

// lastFormatted is all of the last private message that Slack would format, a line each.
func (w *world) lastFormatted() string {
	w.t.Helper()
	all := w.state().Ephemerals
	last := all[len(all)-1]
	var blocks any
	require.NoError(w.t, json.Unmarshal(last.Blocks, &blocks))
	lines := []string{last.Text}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, each := range v {
				walk(each)
			}
		case object:
			if s, ok := v["text"].(string); ok && v["type"] == "mrkdwn" {
				lines = append(lines, s)
			}
			for _, each := range v {
				walk(each)
			}
		}
	}
	walk(blocks)
	return strings.Join(lines, "\n")
}

func (w *world) campaignsOf(shop workflow.ShopID) (all []workflow.Campaign) {
	w.t.Helper()
	require.NoError(w.t, w.db.View(w.t.Context(), func(tx workflow.Tx) (err error) {
		all, _, err = tx.Campaigns(shop, "", 100)
		return err
	}))
	return all
}

// invite makes creators members of a campaign, without an application.
func (w *world) invite(c workflow.Campaign, names ...string) {
	w.t.Helper()
	require.NoError(w.t, w.db.Update(w.t.Context(), func(tx workflow.Tx) error {
		for i, name := range append(names, "glow.daily") {
			shown := workflow.Creator{OpenID: fmt.Sprint("open-", i), Username: name, Nickname: name}
			if err := tx.PutMember(workflow.Member{Campaign: c.ID, Creator: shown.KeyOf(c.Shop), Shown: shown}); err != nil {
				return err
			}
		}
		return nil
	}))
}

func TestOnlyTheirPersonSeesTheAnswers(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.command(memberOne, view.CommandSamples, "queue")
		require.Len(t, w.messages(), 1)
		require.Len(t, w.told(memberOne), 1)
		require.Empty(t, w.told(memberTwo))
	})
}

// queueOf are the ids in an answer's queue, in their order; each is in a creator's address.
func (w *world) queueOf(who string) (ids []string) {
	w.t.Helper()
	all := w.state().Ephemerals
	text := string(all[len(all)-1].Blocks)
	require.Equal(w.t, who, all[len(all)-1].User)
	for _, part := range strings.Split(text, "tiktok.com/@glow.daily.")[1:] {
		ids = append(ids, part[:4])
	}
	return ids
}

func TestTheQueueIsTurnedPageByPageAndBack(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		var all []string
		for i := range 35 {
			id := fmt.Sprint(2000 + i)
			r := pending(id)
			r.ReviewBy = bubbleStart.Add(time.Duration(24+i) * time.Hour)
			w.report(id, r)
			all = append(all, id)
		}
		w.command(memberOne, view.CommandSamples, "queue")
		require.Equal(t, all[:10], w.queueOf(memberOne))
		turn := func(action string, want []string) {
			t.Helper()
			shown := w.state().Ephemerals
			seen := w.act(object{"user": memberOne, "do": "click", "channel": samples, "ts": shown[len(shown)-1].TS, "action_id": action, "wait_ms": 0})
			require.True(t, seen.OK, seen.Error)
			synctest.Wait()
			require.Equal(t, want, w.queueOf(memberOne))
			require.Len(t, w.told(memberOne), 1) // in place of the page before
		}
		turn(view.ActionQueuePage, all[10:20])
		turn(view.ActionQueuePage, all[20:30])
		turn(view.ActionQueuePage, all[30:])
		turn(view.ActionQueueBack, all[20:30])
		turn(view.ActionQueueBack, all[10:20])
		turn(view.ActionQueueBack, all[:10])
		last := w.state().Ephemerals[0]
		require.Equal(t, []string{view.ActionQueuePage, view.ActionBulk}, controls(t, last.Blocks))
	})
}

func TestAPageTurnedByWhoLeftTheChannelShowsNothing(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		for i := range 12 {
			w.request(fmt.Sprint(2000 + i))
		}
		w.commandIn(general, memberTwo, view.CommandSamples, "queue")
		shown := w.state().Ephemerals[0]
		require.True(t, w.act(object{"user": admin, "do": "kick", "channel": samples, "member": memberTwo}).OK)
		wait(time.Minute)
		seen := w.act(object{"user": memberTwo, "do": "click", "channel": general, "ts": shown.TS, "action_id": view.ActionQueuePage, "wait_ms": 0})
		require.True(t, seen.OK, seen.Error)
		synctest.Wait()
		after := w.state().Ephemerals
		require.Equal(t, shown.Blocks, after[0].Blocks)
		require.Equal(t, view.Denied(view.DeniedOutside), after[len(after)-1].Text)
	})
}

func TestAnEmptyQueueSaysSo(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		require.Contains(t, w.command(memberOne, view.CommandSamples, "queue"), said(t, view.Queue(view.QueueFacts{})))
	})
}

func TestShowFindsByIdAndByNameWhateverItsCase(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		second := pending("1002")
		second.Creator = pending("1001").Creator
		wait(time.Second)
		w.report("1002", second)
		require.Contains(t, w.command(memberOne, view.CommandSamples, "show 1001"), "1001")
		for _, name := range []string{"@glow.daily.1001", "GLOW.daily.1001"} {
			out := w.command(memberOne, view.CommandSamples, "show "+name)
			require.Contains(t, out, string(keyOf("1001").Short()))
			require.Contains(t, out, string(keyOf("1002").Short()))
		}
		out := w.command(memberOne, view.CommandSamples, "show <!channel>")
		require.NotContains(t, out, "<!channel>")
		require.NotContains(t, out, "Glow Serum")
	})
}

// backlog is an application that was met in a shop's first sweep: it has no card.
func (w *world) backlog(id string) {
	w.t.Helper()
	now := time.Now()
	_, err := w.engine.Observe(w.t.Context(), shopID, []engine.Observation{
		{ID: workflow.ApplicationID(id), Reported: workflow.Reported{At: now, Began: now, Snapshot: pending(id), First: true}},
	})
	require.NoError(w.t, err)
	synctest.Wait()
}

func TestWhatIsShownGetsItsCard(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.backlog("1001")
		require.Empty(t, w.cards("1001"))
		require.Contains(t, w.command(memberOne, view.CommandSamples, "queue"), "/samples show 1001")
		w.command(memberOne, view.CommandSamples, "show 1001")
		link := w.application("1001").Card.Link
		require.Len(t, w.cards("1001"), 1)
		require.NotEmpty(t, link)
		require.Contains(t, w.command(memberOne, view.CommandSamples, "queue"), link)
		w.accepted(memberOne, "1001", view.ActionApprove)
	})
}

func TestWhatCannotBeReadIsSaid(t *testing.T) {
	s, store := brittleWorld()
	inBubble(t, s, func(t *testing.T, w *world) {
		w.campaign("Spring launch")
		fail := func(context.Context) error { return errors.New("the disk is gone") }
		store.reads.Store(&fail)
		for _, typed := range []string{"/samples queue", "/samples show 1", "/campaign list", "/campaign status Spring launch"} {
			command, text, _ := strings.Cut(typed, " ")
			require.Contains(t, w.command(memberOne, command, text), view.Denied(view.DeniedUnread), typed)
		}
		store.reads.Store(nil)
		store.be(hang)
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "create Summer"), view.Denied(view.DeniedUnsaved))
		wait(time.Minute)
		require.Len(t, w.campaigns(), 1)
	})
}

const secondShop = "7495540735365777999"

func TestNamesOfCampaignsAreHeldToTheirRules(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.command(memberOne, view.CommandCampaign, "create   Spring \t launch ")
		require.Equal(t, "Spring launch", w.campaigns()[0].Name)
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "create SPRING LAUNCH"), "SPRING LAUNCH")
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "create "+strings.Repeat("x", 61)), "60")
		require.Len(t, w.campaigns(), 1)
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "status Nothing"), "Nothing")
		for _, typed := range []string{"create", "status"} {
			w.command(memberOne, view.CommandCampaign, typed+" <!channel> @everyone *x*")
			out := w.lastFormatted()
			require.NotContains(t, out, "<!channel>")
			require.Contains(t, out, "&lt;!channel&gt;")
		}
	})
}

// hostile is text that wants to be long, to mention, to link and to turn things around.
var hostile = strings.Repeat("<!channel> *@everyone* <https://example.com|x> `_~\u202e👩‍👩‍👧‍👦&\"\n", 10)

func TestAnswersOfHostileNamesFitIntoAnAcknowledgement(t *testing.T) {
	shops := twoShops()
	shops[0].Name, shops[1].Name = hostile, hostile+"2"
	inBubble(t, setup{shops: shops}, func(t *testing.T, w *world) {
		c := w.campaign(strings.Repeat("&", workflow.MaxCampaignName))
		for i := range 25 {
			w.campaign(strings.Repeat("<", workflow.MaxCampaignName-3) + fmt.Sprint(100+i))
		}
		for i := range 15 {
			r := pending("2001")
			r.Creator = workflow.Creator{Username: "kitchen_finds", Nickname: hostile, GMV: workflow.Money{Amount: hostile, Currency: hostile}}
			r.Product = workflow.Product{ID: "1", Title: hostile, Variant: hostile}
			r.Partner, r.Commission, r.Obstacles = hostile, hostile, []string{hostile}
			id := workflow.ApplicationID(fmt.Sprint(2000 + i))
			now := time.Now()
			_, err := w.engine.Observe(t.Context(), shopID, []engine.Observation{
				{ID: id, Reported: workflow.Reported{At: now, Began: now, Snapshot: r, First: i > 0}},
			})
			require.NoError(t, err)
			if w.application(string(id)).Campaign == c.ID {
				continue // the creator and the product are in the campaign, so the application joined by itself
			}
			_, _, err = w.engine.Join(t.Context(), workflow.Join{
				Actor: workflow.Actor{Person: admin}, At: now, Key: workflow.Key{Shop: shopID, ID: id}, Campaign: c.ID,
			})
			require.NoError(t, err)
		}
		wait(2 * time.Minute)
		require.NotEmpty(t, w.cards("2000"))
		for _, typed := range []string{
			"/samples queue", "/samples show 2000", "/samples show kitchen_finds", "/samples " + hostile, "/samples show " + hostile,
			"/campaign list", "/campaign status " + c.Name, "/campaign create " + hostile, "/campaign status " + hostile, "/campaign " + hostile,
		} {
			command, text, _ := strings.Cut(typed, " ")
			require.NotEmpty(t, w.command(memberOne, command, text), typed)
			out := w.lastFormatted()
			require.NotContains(t, out, "<!channel>")
			require.NotContains(t, out, "<https://example.com")
			require.NotContains(t, out, "\u202e")
		}
		require.NotContains(t, w.log.String(), "could not answer with a payload")
		require.Empty(t, w.calls("socket.acknowledge"))
	})
}

func TestAnAnswerOfManyShopsGoesOnAfterItsAcknowledgement(t *testing.T) {
	var shops []workflow.Shop
	for i := range 12 {
		shops = append(shops, workflow.Shop{ID: workflow.ShopID(fmt.Sprint(7495540735365777507 + i)), Name: fmt.Sprint("Glow Shop ", i), InitialSyncDone: true})
	}
	inBubble(t, setup{shops: shops}, func(t *testing.T, w *world) {
		for _, s := range shops {
			c, err := w.engine.CreateCampaign(t.Context(), workflow.Creation{Shop: s.ID, Name: "Spring launch", At: time.Now()})
			require.NoError(t, err)
			w.invite(c, slices.Repeat([]string{strings.Repeat("\U0001d6c0", 60)}, 15)...)
			require.NoError(t, w.db.Update(t.Context(), func(tx workflow.Tx) error {
				for i := range 15 {
					id := workflow.ApplicationID(fmt.Sprint(2000 + i))
					a := workflow.Application{
						Key: workflow.Key{Shop: s.ID, ID: id}, Snapshot: pending(string(id)), SeenAt: time.Now(), Campaign: c.ID,
						Card: workflow.Card{Post: workflow.Post{Link: "https://slack.test/archives/C0SAMPLES1/p1795338000000000?" + strings.Repeat("x", 100)}},
					}
					a.Snapshot.Creator = workflow.Creator{OpenID: fmt.Sprint("open-", i)}
					a.Snapshot.Status = workflow.LiveStatuses[i%3]
					if err := tx.PutApplication(a); err != nil {
						return err
					}
				}
				return nil
			}))
		}
		require.True(t, w.act(object{"user": memberOne, "do": "command", "command": "/campaign", "text": "status Spring launch", "wait_ms": 0}).OK)
		synctest.Wait()
		var all strings.Builder
		for _, e := range w.state().Ephemerals {
			all.WriteString(wording(t, e.Blocks))
		}
		require.Greater(t, len(w.told(memberOne)), 2, "it goes on")
		for _, s := range shops {
			require.Contains(t, all.String(), s.Name)
		}
		require.NotContains(t, w.log.String(), "could not answer with a payload")
	})
}

func TestAnAddressToAnswerAtIsNeverLogged(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.fault(object{"method": "response_url", "do": "drop", "times": 5})
		w.fault(object{"method": "chat.postEphemeral", "do": "drop", "times": 5})
		w.accepted(guest, "1001", view.ActionApprove)
		wait(time.Minute)
		require.Contains(t, w.log.String(), "could not send a private answer")
		require.NotContains(t, w.log.String(), "/response/")
	})
}
