package bridge_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate"
	"sampledesk/affiliate/affiliatesim"
	"sampledesk/affiliate/bridge"
	"sampledesk/workflow"
)

// connect connects with a refresh token from the environment.
func (d *desk) connect(token string) error {
	d.t.Helper()
	return d.bridge.Connect(d.t.Context(), affiliate.Secret(token))
}

func (d *desk) authorisation() workflow.Authorisation {
	d.t.Helper()
	var all []workflow.Authorisation
	d.view(func(tx workflow.Tx) (err error) {
		all, err = tx.Authorisations()
		return err
	})
	require.Len(d.t, all, 1)
	return all[0]
}

const refreshPath = "/api/v2/token/refresh"

func TestConnectingLearnsTheShopsAndKeepsTheTokensHash(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, affiliatesim.Options{Shops: 2})
		require.NoError(t, d.connect(d.details.RefreshToken))
		shops := d.shops()
		require.Len(t, shops, 2)
		for _, s := range shops {
			require.NotEmpty(t, s.Name)
			require.NotEmpty(t, s.Cipher)
			require.Equal(t, d.authorisation().OpenID, s.OpenID)
			require.Equal(t, "US", s.Region)
			require.Equal(t, time.Now().UTC(), s.SeenAt)
			require.False(t, s.InitialSyncDone)
		}
		hash := sha256.Sum256([]byte(d.details.RefreshToken))
		require.Equal(t, [][]byte{hash[:]}, d.authorisation().Exchanged)
		require.NotEmpty(t, d.authorisation().Seller)
	})
}

func TestOnlyASellersAuthorisationConnects(t *testing.T) {
	for told, refused := range map[string]string{
		`"user_type":1`: "a creator authorised the app", `"user_type":"3"`: "a partner authorised the app", `"user_type":7`: "a user of type 7",
		`"user_type":0`: "", `"user_type":"0"`: "", `"user_type":null`: "", `"user_type":{}`: "", `"other":1`: "",
	} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(t, affiliatesim.Options{})
			d.between.alter(func(path string, answer []byte) []byte {
				return bytes.Replace(answer, []byte(`"user_type":0`), []byte(told), 1)
			})
			for range 2 {
				err := d.connect(d.details.RefreshToken)
				if refused == "" {
					require.NoError(t, err, told)
					continue
				}
				require.ErrorIs(t, err, affiliate.ErrBadRefreshToken, told)
				require.ErrorContains(t, err, refused)
				require.Empty(t, d.shops())
			}
			require.Len(t, d.calls(refreshPath), 1)
		})
	}
}

func TestTheSameTokenIsExchangedOnceEvenAcrossRestarts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		require.NoError(t, d.connect(d.details.RefreshToken))
		d.restart()
		require.NoError(t, d.connect(d.details.RefreshToken), "it is dead by now, and is not tried")
		require.Len(t, d.calls(refreshPath), 1)
		d.sweep()
	})
}

func TestANewTokenIsExchangedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		d.sweep()
		second := d.center.Details(centerURL).RefreshToken
		require.NotEqual(t, d.details.RefreshToken, second)
		require.NoError(t, d.connect(second))
		require.Len(t, d.calls(refreshPath), 2)
		require.Len(t, d.authorisation().Exchanged, 2)
		require.Len(t, d.shops(), 1)
		d.act("/sim/authorization", `{"do":"expire_access"}`, nil)
		d.sweep() // with a pair that came of the newest
		require.NoError(t, d.connect(d.details.RefreshToken), "the first one is still known as used up")
		require.Len(t, d.calls(refreshPath), 3)
	})
}

func TestABadTokenIsAnErrorThatNamesTheVariable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, affiliatesim.Options{})
		err := d.connect("a token that nobody gave out")
		require.ErrorIs(t, err, affiliate.ErrBadRefreshToken)
		require.ErrorContains(t, err, "TIKTOK_REFRESH_TOKEN")
		require.NotContains(t, err.Error(), "nobody gave out")
		require.Empty(t, d.shops())

		require.NoError(t, d.connect(""), "without a token there is nothing to do")
		require.NoError(t, d.connect(d.details.RefreshToken), "and a good one is still taken")
		require.Len(t, d.shops(), 1)
		require.Zero(t, d.log.count(d.details.RefreshToken))
	})
}

func TestABadTokenDoesNotDisconnectWhatIsConnected(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		require.ErrorIs(t, d.connect("a token that nobody gave out"), affiliate.ErrBadRefreshToken)
		d.sweep()
	})
}

func TestAPairThatTheStoreDidNotTakeIsSavedAtTheNextTry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, affiliatesim.Options{})
		full := errors.New("the disk is full")
		d.store.fail(full)
		require.ErrorIs(t, d.connect(d.details.RefreshToken), full)
		require.ErrorIs(t, d.connect(d.details.RefreshToken), full)
		d.store.fail(nil)
		require.NoError(t, d.connect(d.details.RefreshToken))
		require.Len(t, d.calls(refreshPath), 1, "the token was dead after the first exchange")
		require.Len(t, d.shops(), 1)
		d.sweep()
		d.restart()
		d.sweep()
	})
}

func TestAPairThatTheStoreDidNotTakeIsSavedByTheNextSweep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		second := d.center.Details(centerURL).RefreshToken
		full := errors.New("the disk is full")
		d.store.fail(full)
		require.ErrorIs(t, d.connect(second), full)
		d.store.fail(nil)
		d.bridge.SweepAll(t.Context())
		require.Len(t, d.authorisation().Exchanged, 2)
		d.restart()
		d.act("/sim/authorization", `{"do":"expire_access"}`, nil)
		d.sweep()
	})
}

func TestTokensAreSealedAtRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		d.act("/sim/authorization", `{"do":"expire_access"}`, nil)
		d.sweep()
		now := d.center.Details(centerURL).RefreshToken
		require.NoError(t, d.db.Close())
		file, err := os.ReadFile(d.path)
		require.NoError(t, err)
		require.NotContains(t, string(file), d.details.RefreshToken)
		require.NotContains(t, string(file), now)
		require.NotContains(t, string(file), "refresh_expires", "nor is anything of the pair readable")
		d.open()
		require.NotContains(t, string(d.authorisation().Tokens), "access")
	})
}

func TestAnotherKeyIsSaidToBeTheFault(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		right := d.key
		d.key, _ = bridge.NewKey()
		d.restart()
		err := d.connect(d.details.RefreshToken)
		require.ErrorContains(t, err, "do not open with this key (SAMPLEDESK_KEY)")
		d.bridge.SweepAll(t.Context())
		for _, s := range d.bridge.Sweeps() {
			require.ErrorContains(t, s.Err, "SAMPLEDESK_KEY")
		}
		require.Equal(t, workflow.Failure{Fault: workflow.FaultKey, Message: "the stored tokens do not open with this key (SAMPLEDESK_KEY)"}, d.shop().SyncStopped,
			"nothing goes until somebody acts")
		d.key = right
		d.restart()
		d.sweep()
		require.Equal(t, workflow.Failure{}, d.shop().SyncStopped)
	})
}

func TestTokensOfOneAuthorisationDoNotOpenAsAnothers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		a, s := d.authorisation(), d.shop()
		a.OpenID, s.OpenID = "another", "another"
		require.NoError(t, d.store.Update(t.Context(), func(tx workflow.Tx) error {
			return errors.Join(tx.PutAuthorisation(a), tx.PutShop(s))
		}))
		d.bridge.SweepAll(t.Context())
		require.ErrorContains(t, d.bridge.Sweeps()[s.ID].Err, "do not open")
	})
}

func TestAKeyIsReadInEveryUsualForm(t *testing.T) {
	for _, text := range []string{
		"+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/8=", "-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_8",
		"  +/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/8=\n",
	} {
		key, err := bridge.ParseKey(text)
		require.NoError(t, err, text)
		want, err := bridge.ParseKey("+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/8=")
		require.NoError(t, err)
		require.Equal(t, want, key)
	}
	for _, text := range []string{"", "c2hvcnQ=", "not base64 at all!", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"} {
		_, err := bridge.ParseKey(text)
		require.EqualError(t, err, "a key is 32 bytes in base64", text)
	}
	key, text := bridge.NewKey()
	again, err := bridge.ParseKey(text)
	require.NoError(t, err)
	require.Equal(t, key, again)
	require.NotContains(t, key.GoString()+key.String()+key.LogValue().String(), text)
}

func TestAnExpiredAccessTokenIsRenewedOnceForAllShops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{Shops: 2})
		d.sweep()
		d.act("/sim/authorization", `{"do":"expire_access"}`, nil)
		d.sweep()
		require.Len(t, d.calls(refreshPath), 2)
		time.Sleep(7*24*time.Hour - 2*time.Minute)
		d.sweep()
		require.Len(t, d.calls(refreshPath), 3, "ahead of its expiry too")
		d.restart()
		d.sweep()
		require.Len(t, d.calls(refreshPath), 3, "the renewed pair was kept")
	})
}

func TestAShopThatIsRenamedIsLearntAnewAndKeepsWhatItKnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		d.sweep()
		before := d.shop()
		require.True(t, before.InitialSyncDone)
		stale := before
		stale.Name, stale.Cipher = "an older name", "an older cipher"
		require.NoError(t, d.store.Update(t.Context(), func(tx workflow.Tx) error { return tx.PutShop(stale) }))
		time.Sleep(time.Hour)
		require.NoError(t, d.connect(""))
		require.Equal(t, before, d.shop())
		d.sweep()
	})
}

func TestAnUnansweredExchangeDoesNotPassForABadToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		d.act("/sim/authorization", `{"do":"expire_access"}`, nil)
		d.act("/sim/authorization", `{"do":"expire_refresh"}`, nil) // what is on record is dead
		d.act("/sim/faults", `{"path":"token/refresh","do":"status","status":503}`, nil)
		err := d.connect("ROW_new")
		require.Error(t, err)
		require.NotErrorIs(t, err, affiliate.ErrBadRefreshToken)
		require.ErrorIs(t, d.connect("ROW_new"), affiliate.ErrBadRefreshToken, "now TikTok judged it")
	})
}
