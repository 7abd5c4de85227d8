package main

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// typed runs a command line in this process.
func typed(t *testing.T, args ...string) (status int, out, errors string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status = execute(t.Context(), args, streams{out: &stdout, err: &stderr})
	return status, stdout.String(), stderr.String()
}

func TestWrongFlagsAreUsageErrors(t *testing.T) {
	for _, args := range [][]string{
		{"--nonsense"}, {"fly"}, {"serve", "--undo", "soon"}, {"serve", "--log", "loud"}, {"sim", "--seed", "-1"},
		{"sim", "--http", "not an address"}, {"demo", "--http", "http://127.0.0.1:1/"}, {"demo", "--every", "-1s"},
		{"demo", "--undo", "25h"}, {"demo", "--undo", "-1s"}, {"demo", "--listen", "nowhere"},
	} {
		status, out, stderr := typed(t, args...)
		require.Equal(t, exitUsage, status, args)
		require.Empty(t, out, args)
		require.Contains(t, stderr, "sampledesk:", args)
	}
}

func TestServeNamesWhatIsNotSet(t *testing.T) {
	for _, name := range []string{"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_CHANNEL", "TIKTOK_APP_KEY", "TIKTOK_APP_SECRET"} {
		t.Setenv(name, "")
	}
	status, _, stderr := typed(t, "serve", "--slack-channel", "C1")
	require.Equal(t, exitUsage, status)
	require.Contains(t, stderr, "SLACK_APP_TOKEN, SLACK_BOT_TOKEN, TIKTOK_APP_KEY, TIKTOK_APP_SECRET")
	require.NotContains(t, stderr, "SLACK_CHANNEL")
}

func TestASchedulesFractionsOfASecondAndWhatNeverFallsDueAreRefused(t *testing.T) {
	for _, expression := range []string{"@every 500ms", "@every 1500ms", "@every 0s", "* * *", "", "@every soon", "TZ=UTC", "TZ=UTC @every 1500ms", "TZ=", "CRON_TZ=Nowhere * * * * *", "0 0 31 2 *"} {
		_, err := parseSchedule(expression)
		require.Error(t, err, expression)
	}
	for _, expression := range []string{"@every 1s", "@every 1m", "*/5 * * * *", "@hourly", "TZ=UTC 0 0 29 2 *", " CRON_TZ=Asia/Tokyo @every 2s"} {
		_, err := parseSchedule(expression)
		require.NoError(t, err, expression)
	}
}

func TestHelpNamesTheVariableOfEveryFlag(t *testing.T) {
	_, all := flagsVariables(t)
	for _, command := range all {
		status, out, _ := typed(t, append(strings.Fields(command), "--help")...)
		require.Zero(t, status, command)
		flags := regexp.MustCompile(`(?m)^\s+--([a-z-]+)`).FindAllStringSubmatch(out, -1)
		require.Equal(t, len(flags), strings.Count(strings.Join(strings.Fields(out), ""), "($"), "%s: a variable for each of its %d flags\n%s", command, len(flags), out)
	}
}

func TestEveryVariableOfServeIsInTheREADME(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	_, out, _ := typed(t, "serve", "--help")
	for _, name := range regexp.MustCompile(`\(\$([A-Z_]+)`).FindAllStringSubmatch(out, -1) {
		require.Contains(t, string(readme), "`"+name[1]+"`")
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	t.Setenv("SLACK_BOT_TOKEN", "xoxb-very-secret")
	t.Setenv("TIKTOK_APP_SECRET", "very-secret")
	_, out, stderr := typed(t, "serve", "--help")
	require.NotContains(t, out+stderr, "very-secret")
	_, _, stderr = typed(t, "serve", "--sync", "never")
	require.NotContains(t, stderr, "very-secret")
}

func TestVersionPrintsTheReleaseThatTheChangelogHas(t *testing.T) {
	status, out, _ := typed(t, "version")
	require.Zero(t, status)
	require.Contains(t, out, "sampledesk "+release)
	changelog, err := os.ReadFile("../../CHANGELOG.md")
	require.NoError(t, err)
	require.Contains(t, string(changelog), "## "+release)
}

func TestTheSimulationsLineHoldsWhatIsPromised(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	require.ElementsMatch(t, []string{
		"slack_api_url", "slack_page", "slack_bot_token", "slack_app_token", "slack_signing_secret", "slack_channel", "slack_users",
		"tiktok_api_url", "tiktok_auth_url", "tiktok_page", "tiktok_app_key", "tiktok_app_secret", "tiktok_refresh_token", "tiktok_shop_id",
		"tiktok_service_id", "tiktok_consent_url", "tiktok_redirect_url",
	}, keysOf(s.info))
	roles := map[string]int{}
	for _, u := range s.info["slack_users"].([]any) {
		roles[u.(map[string]any)["role"].(string)]++
	}
	require.Equal(t, map[string]int{"admin": 1, "member": 2, "guest": 1, "stranger": 1, "outsider": 1, "grid": 2}, roles)
}

// freeAddress returns an address of this machine that nobody listens on.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// ready tells whether the desk that listens there is ready.
func ready(listen string) bool {
	resp, err := http.Get("http://" + listen + "/readyz")
	if err != nil {
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	return resp.StatusCode == http.StatusOK
}

func keysOf(m map[string]any) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	return keys
}

func TestAKeyIsMadeOnceAndOnlyItsOwnerReadsIt(t *testing.T) {
	store := t.TempDir() + "/made/desk.db"
	first, err := loadKey("", "bolt:"+store)
	require.NoError(t, err)
	again, err := loadKey("", "bolt:"+store)
	require.NoError(t, err)
	require.Equal(t, first, again)
	info, err := os.Stat(store + ".key")
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	named, err := loadKey(secret("file:"+store+".key"), "bolt:elsewhere")
	require.NoError(t, err)
	require.Equal(t, first, named)
	_, err = loadKey("too short", "bolt:elsewhere")
	require.ErrorAs(t, err, new(usageError))
	_, err = loadKey(secret("file:"+store+".missing"), "bolt:elsewhere")
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestCheckTellsWhatIsInPlaceAndWhatIsNot(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	all := program(t, s.environment(), "check", "--exchange")
	out, err := all.Output()
	require.NoError(t, err, string(out))
	for _, line := range []string{"ok     Slack bot token", "ok     Slack scope chat:write", "ok     Slack app token", "ok     Slack channel: #samples", "ok     store", "ok     shop", "clock, against Slack"} {
		require.Contains(t, string(out), line)
	}
	require.NotContains(t, string(out), "FAULT")

	broken := program(t, s.environment("SLACK_APP_TOKEN=xapp-wrong", "SLACK_CHANNEL=C0MISSING", "SLACK_ADMINS=U0NOBODY", "TIKTOK_APP_SECRET=wrong"), "check")
	out, err = broken.Output()
	require.Error(t, err)
	require.Equal(t, exitFailed, broken.ProcessState.ExitCode())
	for _, line := range []string{"FAULT  Slack app token", "FAULT  Slack channel", "FAULT  admin U0NOBODY", "TIKTOK_APP_SECRET"} {
		require.Contains(t, string(out), line)
	}
}

func TestCheckAsksTheDeskThatHasTheStoreOpen(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	listen := freeAddress(t)
	s.serve("SAMPLEDESK_LISTEN=" + listen)
	s.until("the desk", func() bool { return ready(listen) })
	out, err := program(t, s.environment("SAMPLEDESK_LISTEN="+listen), "check").Output()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "open in the desk that is running at "+listen)
}

func TestReadinessTellsHowTheDeskIs(t *testing.T) {
	t.Parallel()
	s := newStage(t, "--seed", "3")
	listen := freeAddress(t)
	s.serve("SAMPLEDESK_LISTEN=" + listen)
	s.until("the desk", func() bool { return ready(listen) })
	var report readiness
	s.until("the first sweep", func() bool {
		report = readiness{}
		s.get("http://"+listen+"/readyz", &report)
		return len(report.Shops) == 1 && report.Shops[0].Waiting == 3
	})
	require.Empty(t, report.Faults)
	require.True(t, report.Slack.Connected)
}
