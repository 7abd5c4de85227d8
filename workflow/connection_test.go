package workflow

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhatIsUniquePerAppIsNamedByTheAppAndTheUnnamedAppsStaysAsItWas(t *testing.T) {
	require.Equal(t, "seller", AuthorisationID("", "seller"))
	require.Equal(t, CreatorKey("id:71"), Creator{OpenID: "71"}.KeyOf("1"))
	require.Equal(t, CreatorKey("id:app:us:71"), Creator{OpenID: "71", App: "us"}.KeyOf("1"))
	require.Equal(t, Creator{Username: "Glow"}.KeyOf("1"), Creator{Username: "glow", App: "us"}.KeyOf("1"), "a shop has one app")
	for _, app := range []string{"", "us", "a-1"} {
		for _, id := range []string{"x", "a:b", "7_-"} {
			gotApp, gotID := AppOf(AuthorisationID(app, id))
			require.Equal(t, []string{app, id}, []string{gotApp, gotID})
		}
	}
	for name, ok := range map[string]bool{"us": true, "0-a": true, "": false, "-a": false, "US": false, "a:b": false, "a/b": false, "a\n": false} {
		require.Equal(t, ok, IsAppName(name), name)
	}
	one, other := Snapshot{Creator: Creator{OpenID: "71"}}, Snapshot{Creator: Creator{OpenID: "72", App: "us"}}
	require.True(t, one.Differs(other), "the same creator by another app's id")
}

func TestTheEndOfAnAuthorisationIsToldInThreeStepsEachOnce(t *testing.T) {
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	a := Authorisation{Tokens: []byte("sealed"), Ends: now.AddDate(0, 0, 40)}
	var told []int
	for day := range 45 {
		at := now.AddDate(0, 0, day)
		for range 2 {
			if due := a.EndDue(at); due > 0 {
				told = append(told, due, day)
				a.Told, a.ToldFor = due, a.Ends
			}
		}
	}
	require.Equal(t, []int{30, 10, 7, 33, 1, 39}, told, "and nothing from its end on")

	closed := Authorisation{Tokens: []byte("sealed"), Ends: now.AddDate(0, 0, 40)}
	require.Equal(t, 7, closed.EndDue(now.AddDate(0, 0, 35)), "a step that was missed is not told beside a later one")
	closed.Told, closed.ToldFor = 7, closed.Ends
	closed.Ends = now.AddDate(1, 0, 0)
	require.Zero(t, closed.EndDue(now.AddDate(0, 0, 36)), "renewed")
	require.Equal(t, 30, closed.EndDue(closed.Ends.AddDate(0, 0, -20)), "and told again before the new end")
	require.Zero(t, Authorisation{Ends: now.AddDate(0, 0, 1)}.EndDue(now), "its tokens were forgotten")
}
