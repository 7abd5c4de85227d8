package affiliatesim

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// page fetches the consent page, or answers it where a form is given.
func (u *caller) page(link string, form url.Values) (status int, location *url.URL, body string) {
	u.t.Helper()
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(u.t.Context(), method, link, strings.NewReader(form.Encode()))
	require.NoError(u.t, err)
	client := *u.http
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := client.Do(r)
	require.NoError(u.t, err)
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	require.NoError(u.t, err)
	location, _ = response.Location()
	return response.StatusCode, location, string(raw)
}

// exchange exchanges a code for the app of the caller.
func (u *caller) exchange(code string) reply {
	u.t.Helper()
	return u.token("get", url.Values{"auth_code": {code}, "grant_type": {"authorized_code"}})
}

// another is a caller for a new app, which the first account has authorised.
func (u *caller) another() *caller {
	u.t.Helper()
	made := u.order("/sim/apps", `{"name":"Second","redirect_url":"https://desk.test/back?x=1"}`)
	other := &caller{t: u.t, http: u.http, center: u.center, details: Details{AppKey: made["app_key"].(string), AppSecret: made["app_secret"].(string), ServiceID: made["service_id"].(string)}}
	consented := u.order("/sim/consent", `{"service_id":"`+other.details.ServiceID+`"}`)
	require.Equal(u.t, "https://desk.test/back?x=1&code="+consented["code"].(string), consented["location"])
	got := other.exchange(consented["code"].(string)).data(u.t)
	other.details.RefreshToken = got["refresh_token"].(string)
	other.connect(other.details.RefreshToken)
	return other
}

func TestConsentLeadsToTheAppsOneAddressWithACodeThatWorksOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := open(t, Options{})
		link := u.details.ConsentURL + "?service_id=" + u.details.ServiceID + "&state=a%26b"
		status, _, body := u.page(link, nil)
		require.Equal(t, http.StatusOK, status)
		for _, want := range []string{"Glow and Home (US)", "A creator", "An agency", "Allow", "Decline", "state=a%26b"} {
			require.Contains(t, body, want)
		}
		status, to, _ := u.page(link, url.Values{"do": {"allow"}, "days": {"90"}})
		require.Equal(t, http.StatusSeeOther, status)
		require.Equal(t, "127.0.0.1:8080/tiktok/callback", to.Host+to.Path)
		require.Equal(t, "a&b", to.Query().Get("state"), "it is echoed")

		other := u.another()
		require.Equal(t, 36004004, other.exchange(to.Query().Get("code")).Code, "a code is for the app alone that it was made for")
		got := u.exchange(to.Query().Get("code")).data(t)
		require.EqualValues(t, time.Now().Add(90*24*time.Hour).Unix(), got["refresh_token_expire_in"])
		require.Equal(t, 36004004, u.exchange(to.Query().Get("code")).Code)
		require.Equal(t, 36004005, u.token("refresh", refreshWith(u.details.RefreshToken)).Code, "renewing kills the token before")
		require.Equal(t, got["open_id"], u.token("refresh", refreshWith(got["refresh_token"].(string))).data(t)["open_id"])
	})
}

func TestWhoDeclinesOrInstallsFromTheStoreComesBackWithoutAState(t *testing.T) {
	u := open(t, Options{})
	link := u.details.ConsentURL + "?service_id=" + u.details.ServiceID + "&state=abc"
	for do, want := range map[string]string{"decline": "code=null&error=auth_denied", "decline_access": "code=null&error=access_denied"} {
		_, to, _ := u.page(link, url.Values{"do": {do}})
		require.Equal(t, want, to.RawQuery)
	}
	_, to, _ := u.page(link, url.Values{"do": {"install"}})
	require.Empty(t, to.Query().Get("state"))
	require.Zero(t, u.exchange(to.Query().Get("code")).Code)
	require.Equal(t, 36004004, u.exchange("null").Code)
}

func TestALinkOfTheConsentPageThatIsWrongIsToldSo(t *testing.T) {
	u := open(t, Options{})
	id := u.details.ServiceID
	for name, link := range map[string]string{
		"no service id":          testBase + "/us/open/authorize",
		"an unknown service id":  testBase + "/us/open/authorize?service_id=1",
		"the app's key":          testBase + "/us/open/authorize?service_id=" + u.details.AppKey,
		"the other market":       testBase + "/open/authorize?service_id=" + id,
		"a redirect address":     testBase + "/us/open/authorize?service_id=" + id + "&redirect_uri=http://x",
		"two states in one link": testBase + "/us/open/authorize?service_id=" + id + "&state=1&state=2",
	} {
		status, _, body := u.page(link, nil)
		require.Equal(t, http.StatusBadRequest, status, name)
		require.Contains(t, body, "This link does not work", name)
		status, to, _ := u.page(link, url.Values{"do": {"allow"}})
		require.Equal(t, http.StatusBadRequest, status, name)
		require.Nil(t, to, name)
	}
	for _, body := range []string{`{"do":"perhaps"}`, `{"lasts":"1s"}`, `{"lasts":"9000h"}`} {
		status, _ := u.control("/sim/consent", body)
		require.Equal(t, http.StatusBadRequest, status, body)
	}
}

func TestACreatorAndAPartnerGetTokensThatFitNoCallOfAShop(t *testing.T) {
	u := open(t, Options{})
	made := u.order("/sim/accounts", `{"name":"New creator","user_type":1}`)
	for account, userType := range map[string]float64{made["id"].(string): 1, u.center.accounts[2].id: 3} {
		got := u.exchange(u.order("/sim/consent", `{"account":"`+account+`"}`)["code"].(string)).data(t)
		require.Equal(t, userType, got["user_type"])
		u.access = got["access_token"].(string)
		require.Equal(t, 101000, u.get("/authorization/202309/shops", nil).Code)
	}
}

func TestTwoAppsKnowACreatorByDifferentOpenIDsAndAShopByDifferentCiphers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, box := openWithInbox(t)
		other := u.another()
		require.NotEqual(t, u.cipher, other.cipher)
		u.add(`{"creator":{"creator_open_id":"71","username":"glow"}}`)
		openID := func(c *caller) string {
			return c.found("{}")[0]["creator"].(map[string]any)["creator_open_id"].(string)
		}
		theirs := openID(other)
		require.Equal(t, "71", openID(u))
		require.NotEqual(t, "71", theirs)
		require.Equal(t, theirs, openID(other), "it stays")
		require.Empty(t, other.found(`{"creator_user_oepn_id":"71"}`))
		require.Len(t, other.found(`{"creator_user_oepn_id":"`+theirs+`"}`), 1)
		converse := func(c *caller, id string) int { return c.post(createPath, nil, `{"creator_open_id":"`+id+`"}`).Code }
		require.Equal(t, []int{0, 36009004, 0}, []int{converse(other, theirs), converse(other, "71"), converse(u, "71")})

		require.Len(t, box.all(), 2, "each app hears of it")
		for i, app := range []*caller{u, other} {
			require.Equal(t, signWebhook(app.details.AppKey, app.details.AppSecret, []byte(box.bodies[i])), box.headers[i])
			require.Contains(t, box.bodies[i], openID(app))
		}
		u.access, u.cipher = other.access, other.cipher
		require.Equal(t, 105001, u.search(1, "", "{}").Code, "a token is good for its app alone")
	})
}

func TestAnAuthorisationCoversTheShopsOfItsAccountAlone(t *testing.T) {
	u := open(t, Options{})
	made := u.order("/sim/accounts", `{"name":"Elsewhere","region":"GB","shops":[{"name":"North"},{"name":"South","region":"IE"}]}`)
	got := u.exchange(u.order("/sim/consent", `{"account":"`+made["id"].(string)+`"}`)["code"].(string)).data(t)
	require.Equal(t, []any{"Elsewhere", "GB"}, []any{got["seller_name"], got["seller_base_region"]})
	first := u.get("/authorization/202309/shops", nil).data(t)["shops"].([]any)
	require.Len(t, first, 1)
	u.access = got["access_token"].(string)
	second := u.get("/authorization/202309/shops", nil).data(t)["shops"].([]any)
	require.Len(t, second, 2)
	require.Equal(t, "IE", second[1].(map[string]any)["region"])
	require.Equal(t, 36009004, u.search(1, "", "{}").Code, "the cipher of another account's shop")
}

func TestAnAuthorisationEndsWhenWhoGaveItSaidSoWhateverIsRefreshed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, box := openWithInbox(t)
		end := time.Now().Add(40 * 24 * time.Hour)
		got := u.exchange(u.order("/sim/consent", `{"lasts":"960h"}`)["code"].(string)).data(t)
		require.EqualValues(t, end.Unix(), got["refresh_token_expire_in"])
		time.Sleep(10*24*time.Hour - time.Second)
		require.Empty(t, box.all())
		time.Sleep(2 * time.Second)
		require.Len(t, box.all(), 1, "from 30 days before")
		require.Equal(t, strconv.FormatInt(end.Unix(), 10), box.all()[0]["data"].(map[string]any)["expiration_time"])
		time.Sleep(28 * 24 * time.Hour)
		require.Len(t, box.all(), 29, "daily")

		got = u.token("refresh", refreshWith(got["refresh_token"].(string))).data(t)
		require.EqualValues(t, end.Unix(), got["refresh_token_expire_in"], "a refresh does not move the end")
		require.EqualValues(t, end.Unix(), got["access_token_expire_in"], "and no access token outlives it")
		u.access = got["access_token"].(string)
		require.Zero(t, u.search(1, "", "{}").Code)
		time.Sleep(time.Until(end))
		require.Equal(t, 105002, u.search(1, "", "{}").Code)
		require.Equal(t, 36004005, u.token("refresh", refreshWith(got["refresh_token"].(string))).Code)
		require.Len(t, box.all(), 30)
		u.add("{}")
		require.Len(t, box.all(), 30, "an app whose authorisation has ended hears nothing")

		u.order("/sim/authorization", `{"do":"code"}`)
		fresh := u.exchange(u.order("/sim/consent", `{}`)["code"].(string)).data(t)
		u.access = fresh["access_token"].(string)
		require.Zero(t, u.search(1, "", "{}").Code)
		u.order("/sim/authorization", `{"do":"deauthorize"}`)
		require.EqualValues(t, 6, box.all()[30]["type"])
		time.Sleep(400 * 24 * time.Hour)
		require.Len(t, box.all(), 31+0, "of one that was taken back nothing more is told")
	})
}
