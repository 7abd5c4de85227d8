package affiliatesim

import (
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func refreshWith(token string) url.Values {
	return url.Values{"refresh_token": {token}, "grant_type": {"refresh_token"}}
}

func TestARefreshAnswersWithANewPairAndKillsTheOldToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		center := New(Options{})
		defer func() { require.NoError(t, center.Close()) }()
		u := &caller{t: t, center: center, details: center.Details(testBase), http: serve(t, center.Handler())}
		first := u.token("refresh", refreshWith(u.details.RefreshToken)).data(t)
		require.EqualValues(t, time.Now().Add(7*24*time.Hour).Unix(), first["access_token_expire_in"])
		require.Greater(t, first["refresh_token_expire_in"], first["access_token_expire_in"])
		require.Len(t, first["granted_scopes"], 5)
		require.NotEmpty(t, first["open_id"])
		require.NotEqual(t, u.details.RefreshToken, first["refresh_token"])
		require.Equal(t, first["refresh_token"], center.Details(testBase).RefreshToken)

		dead := u.token("refresh", refreshWith(u.details.RefreshToken))
		require.Equal(t, []int{200, 36004005}, []int{dead.Status, dead.Code})
		second := u.token("refresh", refreshWith(first["refresh_token"].(string))).data(t)
		require.Equal(t, first["open_id"], second["open_id"])
		require.NotEqual(t, first["access_token"], second["access_token"])
	})
}

func TestAnAccessTokenExpiresAfterSevenDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := open(t, Options{})
		time.Sleep(7*24*time.Hour - time.Second)
		require.Zero(t, u.search(1, "", "{}").Code)
		time.Sleep(time.Second)
		got := u.search(1, "", "{}")
		require.Equal(t, []int{401, 105002}, []int{got.Status, got.Code})
		u.connect(u.center.Details(testBase).RefreshToken)
		require.Zero(t, u.search(1, "", "{}").Code)
	})
}

func TestAnOlderAccessTokenLivesOnAfterARefresh(t *testing.T) {
	u := open(t, Options{})
	old := u.access
	u.connect(u.center.Details(testBase).RefreshToken)
	require.NotEqual(t, old, u.access)
	u.access = old
	require.Zero(t, u.search(1, "", "{}").Code)
}

func TestAnAuthorisationCodeWorksOnceWithinHalfAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := open(t, Options{})
		exchange := func(code, grant string) int {
			return u.token("get", url.Values{"auth_code": {code}, "grant_type": {grant}}).Code
		}
		code := u.order("/sim/authorization", `{"do":"code"}`)["code"].(string)
		require.Equal(t, 36009004, exchange(code, "authorization_code"), "that spelling fails")
		require.Zero(t, exchange(code, "authorized_code"))
		require.Equal(t, 36004004, exchange(code, "authorized_code"))
		late := u.order("/sim/authorization", `{"do":"code"}`)["code"].(string)
		time.Sleep(30 * time.Minute)
		require.Equal(t, 36004004, exchange(late, "authorized_code"))
		require.Equal(t, 36004004, exchange("", "authorized_code"))
	})
}

func TestTokenCallsWantTheRightSecretAndNothingElse(t *testing.T) {
	u := open(t, Options{})
	extra := refreshWith(u.center.Details(testBase).RefreshToken)
	extra.Set("sign", "x")
	require.Equal(t, 36009004, u.token("refresh", extra).Code)
	u.details.AppSecret = "wrong"
	require.Equal(t, 36009004, u.token("refresh", refreshWith(u.center.Details(testBase).RefreshToken)).Code)
}

func TestADeauthorisedAppHasNoTokensLeft(t *testing.T) {
	u := open(t, Options{})
	refresh := u.center.Details(testBase).RefreshToken
	u.order("/sim/authorization", `{"do":"deauthorize"}`)
	require.Equal(t, 105001, u.search(1, "", "{}").Code)
	require.Equal(t, 36004005, u.token("refresh", refreshWith(refresh)).Code)
	require.Equal(t, 36004005, u.token("refresh", refreshWith("")).Code)
	code := u.order("/sim/authorization", `{"do":"code"}`)["code"].(string)
	require.Zero(t, u.token("get", url.Values{"auth_code": {code}, "grant_type": {"authorized_code"}}).Code)
}

func TestSecretsDifferFromStartToStart(t *testing.T) {
	one, two := New(Options{}), New(Options{})
	defer func() { require.NoError(t, one.Close()); require.NoError(t, two.Close()) }()
	a, b := one.Details("http://x/"), two.Details("http://x/")
	require.Equal(t, "http://x", a.APIURL)
	require.Equal(t, "http://x", a.AuthURL)
	require.Equal(t, "http://x/", a.Page)
	require.NotEqual(t, a.AppKey, b.AppKey)
	require.NotEqual(t, a.AppSecret, b.AppSecret)
	require.NotEqual(t, a.RefreshToken, b.RefreshToken)
	require.NotEqual(t, a.ShopID, b.ShopID)
}
