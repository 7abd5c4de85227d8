package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate/affiliatesim"
)

func TestTheTeamOfOneClientSeesNothingOfAnothers(t *testing.T) {
	inBubble(t, 0, func(b *bubble) {
		b.unconnected("http://desk.test:80")
		admin, member, other := b.role("admin"), b.role("member"), b.role("outsider")
		var made struct{ ID string }
		b.post(slackAt, "/sim/channels", map[string]any{"name": "zebra-team", "private": true, "members": []string{other, admin, "U0DESK0BOT"}}, &made)
		var seller struct {
			ID    string
			Shops []struct{ ID string }
		}
		b.post(centerAt, "/sim/accounts", map[string]any{"name": "Zebra seller", "shops": []any{map[string]string{"name": "Zebra shop"}}}, &seller)
		b.does(map[string]any{"user": admin, "do": "click", "view_id": b.home(admin), "action_id": "connect", "value": "*"})
		b.consents(map[string]string{"state": b.linkState()})
		time.Sleep(time.Minute)
		// The second shop goes to the other team's channel.
		b.consents(map[string]string{"do": "install", "account": seller.ID})
		time.Sleep(time.Minute)
		in, asked := b.said("consent")
		last := len(asked) - 1
		require.Contains(b.t, asked[last].Text, "Zebra shop")
		opened := b.does(map[string]any{"user": admin, "do": "click", "channel": in[last], "ts": asked[last].TS, "action_id": "consent_choose", "value": asked[last].Blocks[1].Elements[0]["value"]})
		answer := b.does(map[string]any{"user": admin, "do": "submit", "view_id": opened.ViewID, "values": map[string]any{
			"consent_shops": []string{seller.Shops[0].ID}, "consent_channel": made.ID,
		}})
		require.Contains(b.t, string(answer.Response), "is connected", answer.Error)

		request := func(shop, name string) {
			_, err := b.center.AddApplication(affiliatesim.Request{
				ShopID: shop, Creator: affiliatesim.RequestedBy{Username: name + ".creator", Nickname: name + " Creator"}, Product: affiliatesim.RequestedProduct{Title: name + " product"},
			})
			require.NoError(b.t, err)
		}
		request("", "walrus")
		request(seller.Shops[0].ID, "zebra")
		time.Sleep(2 * time.Minute)
		for who, channel := range map[string]string{member: b.desk.SlackChannel, other: made.ID} {
			got := b.does(map[string]any{"user": who, "do": "command", "command": "/campaign", "text": "create " + map[string]string{member: "Walrus spring", other: "Zebra spring"}[who], "channel": channel})
			require.True(b.t, got.OK, got.Error)
		}
		time.Sleep(5 * time.Second)

		see := func(who, channel string) string {
			var all strings.Builder
			for command, texts := range map[string][]string{
				"/samples":  {"queue", "find zebra", "find walrus", "find creator", "show zebra", "show walrus", "stats", "status", "retry", "queue all", "settings"},
				"/campaign": {"list", "status zebra", "status walrus"},
			} {
				for _, text := range texts {
					got := b.does(map[string]any{"user": who, "do": "command", "command": command, "text": text, "channel": channel})
					time.Sleep(3 * time.Second)
					all.Write(got.Response)
				}
			}
			home := b.home(who)
			for _, action := range []string{"home_campaign", "home_creator"} {
				got := b.does(map[string]any{"user": who, "do": "suggest", "view_id": home, "action_id": action, "text": "e"})
				all.Write(got.Response)
			}
			all.WriteString(b.shownTo(who))
			return strings.ToLower(all.String())
		}
		seen := see(member, b.desk.SlackChannel)
		require.Contains(b.t, seen, "walrus")
		require.NotContains(b.t, seen, "zebra product")
		require.NotContains(b.t, seen, "zebra.creator")
		require.NotContains(b.t, seen, "zebra shop")
		require.NotContains(b.t, seen, "zebra spring")
		seen = see(other, made.ID)
		require.Contains(b.t, seen, "zebra product")
		for _, theirs := range []string{"walrus product", "walrus.creator", "walrus spring", "glow and home"} {
			require.NotContains(b.t, seen, theirs)
		}
	})
}
