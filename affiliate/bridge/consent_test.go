package bridge_test

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate"
	"sampledesk/affiliate/affiliatesim"
	"sampledesk/affiliate/bridge"
	"sampledesk/workflow"
)

const codePath = "/api/v2/token/get"

// link asks for a link, and returns it with its state.
func (d *desk) link(app string, by workflow.PersonID) (link, state string) {
	d.t.Helper()
	link, err := d.bridge.ConsentLink(d.t.Context(), app, by)
	require.NoError(d.t, err)
	u, err := url.Parse(link)
	require.NoError(d.t, err)
	return link, u.Query().Get("state")
}

// consent has somebody consent on TikTok's page, and returns what the redirect brings.
func (d *desk) consent(order string) bridge.Return {
	d.t.Helper()
	var to struct{ Location string }
	d.act("/sim/consent", order, &to)
	u, err := url.Parse(to.Location)
	require.NoError(d.t, err)
	return bridge.ReturnOf(u.Query())
}

// consented has the bridge take it.
func (d *desk) consented(r bridge.Return) (bridge.Connection, error) {
	d.t.Helper()
	return d.bridge.Consented(d.t.Context(), r)
}

// refusal is the sentence that a consent ends with.
func sentence(t *testing.T, err error) string {
	t.Helper()
	said, ok := errors.AsType[bridge.ConsentError](err)
	require.True(t, ok, "%v", err)
	return said.Says
}

// account adds an account at TikTok and returns its id.
func (d *desk) account(order string) string {
	d.t.Helper()
	var made struct{ ID string }
	d.act("/sim/accounts", order, &made)
	return made.ID
}

func ids(shops []workflow.OfferedShop) (all []workflow.ShopID) {
	for _, s := range shops {
		all = append(all, s.ID)
	}
	return all
}

func TestAConsentThatWasAskedForOffersItsShopsAndServesThoseThatAreChosen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, affiliatesim.Options{Shops: 3})
		link, state := d.link("", "UADMIN")
		require.True(t, strings.HasPrefix(link, d.details.ConsentURL+"?service_id="+d.details.ServiceID+"&state="), link)
		c, err := d.consented(d.consent(`{"state":"` + state + `","lasts":"2400h"}`))
		require.NoError(t, err)
		require.Equal(t, []any{workflow.PersonID("UADMIN"), true, 3, 0}, []any{c.By, c.Asked, len(c.Offered), len(c.GoOn)})
		require.Equal(t, time.Now().Add(2400*time.Hour).UTC(), c.Authorisation.Ends)
		require.Empty(t, d.shops())
		d.sweep()
		require.Empty(t, d.calls("sample_applications"), "nothing of them is read")

		by := workflow.Actor{Person: "U1"}
		choice := bridge.Choice{Authorisation: c.Authorisation.OpenID, Shops: ids(c.Offered)[:1], By: by, Channel: "C2", Admins: []workflow.PersonID{"U1"}}
		served, err := d.bridge.Accept(t.Context(), choice)
		require.NoError(t, err)
		require.Equal(t, []any{"C2", []workflow.PersonID{"U1"}}, []any{served[0].Settings.Channel, served[0].Settings.Admins})
		_, err = d.bridge.Accept(t.Context(), choice)
		require.ErrorIs(t, err, bridge.ErrNotOffered)
		d.apply(affiliatesim.Request{ShopID: string(served[0].ID)})
		d.sweep()
		require.Equal(t, 1, d.count(workflow.QueueOf(served[0].ID)))
		require.NoError(t, d.connect(""), "as at each start")
		require.Len(t, d.shops(), 1, "the others go on resting")
		require.Len(t, d.authorisation().Waiting(), 2)
	})
}

func TestAStateWorksOnceForHalfAnHourAndForWhomItWasMade(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, affiliatesim.Options{})
		_, state := d.link("", "UADMIN")
		good := d.consent(`{"state":"` + state + `"}`)
		wrong := good
		wrong.State = "made-up"
		_, err := d.consented(wrong)
		require.Contains(t, sentence(t, err), "was not made by this desk")
		typed := good
		typed.Typed = true
		_, err = d.consented(typed)
		require.Contains(t, sentence(t, err), "made for somebody else")
		require.Empty(t, d.calls(codePath), "no code was exchanged")
		d.restart()
		_, err = d.consented(good)
		require.NoError(t, err, "it survives a restart")
		again := d.consent(`{"state":"` + state + `"}`)
		_, others := d.link("", "U1")
		_, err = d.consented(d.consent(`{"state":"` + others + `"}`))
		require.Contains(t, sentence(t, err), "is no admin of the desk any more")
		_, err = d.consented(again)
		require.Contains(t, sentence(t, err), "used before")

		_, late := d.link("", "")
		time.Sleep(30 * time.Minute)
		_, err = d.consented(d.consent(`{"state":"` + late + `"}`))
		require.Contains(t, sentence(t, err), "older than 30 minutes")
		require.Len(t, d.calls(codePath), 1)
		require.NotContains(t, string(fileOf(t, d.path)), state)
	})
}

func fileOf(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return data
}

func TestWhatDidNotBecomeAConsentIsASentenceAndKeepsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, affiliatesim.Options{})
		var known struct{ Accounts []struct{ ID string } }
		d.get("/sim/accounts", &known)
		for order, want := range map[string]string{
			`{"do":"decline"}`:        "declined on TikTok's page",
			`{"do":"decline_access"}`: "declined on TikTok's page",
			`{"account":"` + known.Accounts[1].ID + `","state":"STATE"}`: "A creator authorised the app, and it has to be the seller",
			`{"account":"` + known.Accounts[2].ID + `","state":"STATE"}`: "A partner authorised the app, and it has to be the seller",
		} {
			_, state := d.link("", "UADMIN")
			_, err := d.consented(d.consent(strings.ReplaceAll(order, "STATE", state)))
			require.Contains(t, sentence(t, err), want)
		}
		for r, want := range map[bridge.Return]string{
			{Error: "server<b>error"}: `the error "server<b>error"`, {Code: "null"}: "sent no code", {}: "sent no code", {Code: "ROW_made_up"}: "does not take this code",
		} {
			_, err := d.consented(r)
			require.Contains(t, sentence(t, err), want)
		}
		d.view(func(tx workflow.Tx) error {
			all, err := tx.Authorisations()
			require.Empty(t, all)
			return err
		})
		for _, text := range []string{"https://desk.test/tiktok/callback", "https://desk.test/?x=1", "a/b"} {
			_, err := bridge.ParseReturn(text)
			require.Error(t, err, text)
		}
		for _, text := range []string{" ROW_abc\n", "https://desk.test/tiktok/callback?code=ROW_abc&state=x", "code=ROW_abc&state=x", "http://x/?a=1&code=ROW_abc#top"} {
			r, err := bridge.ParseReturn(text)
			require.NoError(t, err)
			require.Equal(t, affiliate.Secret("ROW_abc"), r.Code, text)
			require.True(t, r.Typed)
		}
	})
}

func TestAConsentThatNobodyAskedForRestsUntilAnAdminConfirmsIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		seller := d.account(`{"name":"Elsewhere","shops":[{"name":"North"}]}`)
		r := d.consent(`{"account":"` + seller + `","do":"install"}`)
		require.Empty(t, r.State)
		c, err := d.consented(r)
		require.NoError(t, err)
		require.False(t, c.Asked)
		require.True(t, c.Authorisation.Unasked)
		require.NoError(t, d.bridge.TellConsent(t.Context(), c))
		said, _ := d.run()
		synctest.Wait()
		asked := said.said(workflow.KindConsent)
		require.Len(t, asked, 1)
		require.Equal(t, []any{workflow.PersonID("UADMIN"), c.Authorisation.OpenID}, []any{asked[0].To, asked[0].Authorisation})
		d.restart()
		require.NoError(t, d.connect(""))
		d.sweep()
		require.Len(t, d.shops(), 1, "it rests, also after a restart")

		require.NoError(t, d.bridge.Refuse(t.Context(), bridge.Choice{Authorisation: c.Authorisation.OpenID, Shops: ids(c.Offered)}))
		d.view(func(tx workflow.Tx) error {
			a, err := tx.Authorisation(c.Authorisation.OpenID)
			require.Empty(t, a.Tokens, "they are forgotten")
			require.Empty(t, a.Waiting())
			return err
		})
		for i := range 9 {
			id := d.account(fmt.Sprintf(`{"name":"Other %d","shops":[{}]}`, i))
			time.Sleep(10 * time.Second)
			_, err = d.consented(d.consent(`{"account":"` + id + `","do":"install"}`))
		}
		require.Contains(t, sentence(t, err), "Other shops wait for this desk's admins already")
		before := len(d.calls(codePath))
		for range 100 {
			_, _ = d.consented(bridge.Return{Code: "ROW_made_up"})
		}
		require.LessOrEqual(t, len(d.calls(codePath))-before, 10, "a flood is not passed on")
	})
}

func TestTheSellersOwnInstallRenewsWhatIsServedAndTakesNoShopFromAnotherConsent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		was := d.authorisation()
		c, err := d.consented(d.consent(`{"do":"install","lasts":"240h"}`))
		require.NoError(t, err)
		require.Len(t, c.GoOn, 1)
		require.Empty(t, c.Offered)
		require.True(t, was.Ends.After(d.authorisation().Ends))
		time.Sleep(8 * 24 * time.Hour)
		d.sweep()
	})
}

func TestTwoAppsEachWithTheirSecretServeTheirShopsAndKnowCreatorsApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		seller := d.account(`{"name":"Elsewhere","region":"GB","shops":[{"name":"North"}]}`)
		var app struct {
			Key     string `json:"app_key"`
			Secret  string `json:"app_secret"`
			Service string `json:"service_id"`
			URL     string `json:"consent_url"`
		}
		d.act("/sim/apps", `{"name":"Europe","market":"row"}`, &app)
		_, err := d.bridge.ConsentLink(t.Context(), "eu", "U1")
		require.ErrorIs(t, err, bridge.ErrNoApp)
		kept := workflow.App{Name: "eu", Key: app.Key, ServiceID: app.Service, Market: workflow.MarketWorld, ConsentURL: app.URL}
		require.NoError(t, d.bridge.PutApp(t.Context(), kept, affiliate.Secret(app.Secret)))
		require.Error(t, d.bridge.PutApp(t.Context(), workflow.App{Name: "E U", Key: "1"}, "x"))
		require.NotContains(t, string(fileOf(t, d.path)), app.Secret)
		d.restart()
		apps, err := d.bridge.Apps(t.Context())
		require.NoError(t, err)
		require.Equal(t, []string{"", "eu"}, []string{apps[0].Name, apps[1].Name})

		_, err = d.consented(d.consent(`{"service_id":"` + app.Service + `","account":"` + seller + `","do":"install"}`))
		require.Contains(t, sentence(t, err), "does not take this code", "without a name the address is the unnamed app's")
		_, state := d.link("eu", "UADMIN")
		c, err := d.consented(d.consent(`{"service_id":"` + app.Service + `","account":"` + seller + `","state":"` + state + `"}`))
		require.NoError(t, err)
		require.Equal(t, "eu", c.App)
		_, err = d.bridge.Accept(t.Context(), bridge.Choice{Authorisation: c.Authorisation.OpenID, Shops: ids(c.Offered)})
		require.NoError(t, err)

		here := d.apply(affiliatesim.Request{ApproveIn: "900h", Creator: affiliatesim.RequestedBy{OpenID: "71", Username: "glow"}})
		there := d.apply(affiliatesim.Request{ShopID: string(c.Offered[0].ID), Creator: affiliatesim.RequestedBy{OpenID: "71", Username: "glow"}})
		d.sweep()
		one, other := d.application(here).Snapshot.Creator, d.application(there).Snapshot.Creator
		require.Equal(t, workflow.CreatorKey("id:71"), one.KeyOf(here.Shop), "as ever")
		require.NotEqual(t, "71", other.OpenID)
		require.Equal(t, workflow.CreatorKey("id:app:eu:"+other.OpenID), other.KeyOf(there.Shop))
		require.Equal(t, "glow", other.Username, "it is kept beside")

		time.Sleep(8 * 24 * time.Hour)
		d.sweep()
		seen := map[string]bool{}
		for _, call := range d.calls("sample_applications/search") {
			seen[call.Query["app_key"]] = true
		}
		require.Equal(t, map[string]bool{d.details.AppKey: true, app.Key: true}, seen)

		_, state = d.link("eu", "UADMIN")
		moved, err := d.consented(d.consent(`{"service_id":"` + app.Service + `","state":"` + state + `"}`))
		require.NoError(t, err)
		require.Len(t, moved.Offered, 1, "a shop of another app is not taken over")
		choice := bridge.Choice{Authorisation: moved.Authorisation.OpenID, Shops: ids(moved.Offered)}
		_, err = d.bridge.Accept(t.Context(), choice)
		require.ErrorContains(t, err, "is connected through another app: disconnect it first")
		d.sweep()
		_, last, err := d.bridge.Disconnect(t.Context(), here.Shop, workflow.Actor{})
		require.NoError(t, err)
		require.True(t, last)
		_, err = d.bridge.Accept(t.Context(), choice)
		require.NoError(t, err)
		d.sweep()
		require.Equal(t, "eu", d.application(here).Snapshot.Creator.App, "its live requests go by the new app's ids")
	})
}

func TestAShopThatIsDisconnectedIsLeftAloneAndItsTokensAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{Shops: 2})
		k := d.apply(affiliatesim.Request{})
		d.sweep()
		other := d.shops()[1]
		if other.ID == k.Shop {
			other = d.shops()[0]
		}
		_, last, err := d.bridge.Disconnect(t.Context(), k.Shop, workflow.Actor{Person: "U1"})
		require.NoError(t, err)
		require.False(t, last, "another shop is connected by the same consent")
		require.NotEmpty(t, d.authorisation().Tokens)
		calls := len(d.calls("/"))
		d.restart()
		require.NoError(t, d.connect(d.details.RefreshToken))
		require.False(t, d.shop().Disconnected.IsZero(), "a start does not connect it again")
		require.Equal(t, workflow.Pending, d.application(k).State(), "what is known of it stays")
		_, last, err = d.bridge.Disconnect(t.Context(), other.ID, workflow.Actor{})
		require.NoError(t, err)
		require.True(t, last)
		require.Empty(t, d.authorisation().Tokens)
		after := len(d.calls("/"))
		require.Greater(t, after, calls)
		require.NoError(t, d.connect(d.details.RefreshToken))
		d.sweep()
		require.Len(t, d.calls("/"), after, "nobody asks TikTok for anything")

		_, state := d.link("", "")
		c, err := d.consented(d.consent(`{"state":"` + state + `"}`))
		require.NoError(t, err)
		require.Len(t, c.Offered, 2)
		_, err = d.bridge.Accept(t.Context(), bridge.Choice{Authorisation: c.Authorisation.OpenID, Shops: []workflow.ShopID{k.Shop}})
		require.NoError(t, err)
		require.True(t, d.shop().Disconnected.IsZero())
		require.True(t, d.shop().InitialSyncDone, "it goes on where it was")
		d.sweep()
	})
}

func TestTokensOfACodeThatTheStoreDidNotTakeAreSavedLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, affiliatesim.Options{})
		_, state := d.link("", "UADMIN")
		r := d.consent(`{"state":"` + state + `"}`)
		d.store.fail(nil)
		var err error
		d.between.alter(func(path string, answer []byte) []byte {
			if strings.Contains(path, codePath) {
				d.store.fail(errors.New("no space left"))
			}
			return answer
		})
		_, err = d.consented(r)
		require.ErrorContains(t, err, "no space left")
		d.between.meddle(nil)
		d.store.fail(nil)
		d.bridge.SweepAll(t.Context())
		require.NotEmpty(t, d.authorisation().Tokens)
		require.Len(t, d.authorisation().Waiting(), 1)
		require.Len(t, d.calls(codePath), 1)
	})
}
