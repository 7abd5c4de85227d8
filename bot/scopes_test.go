package bot_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/bot"
	"sampledesk/bot/view"
)

// manifest is the app's manifest: its lines without comments.
func manifest(t *testing.T) (lines []string) {
	t.Helper()
	text, err := os.ReadFile("../manifest.yml")
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, " #")
		if trimmed := strings.TrimSpace(line); trimmed != "" && !strings.HasPrefix(trimmed, "#") {
			lines = append(lines, strings.TrimRight(line, " \n"))
		}
	}
	return lines
}

// below are the lines that are deeper than that heading, without their indentation.
func below(t *testing.T, lines []string, heading string) (found []string) {
	t.Helper()
	i := slices.IndexFunc(lines, func(l string) bool { return strings.TrimSpace(l) == heading+":" })
	require.GreaterOrEqual(t, i, 0, heading)
	depth := len(lines[i]) - len(strings.TrimLeft(lines[i], " "))
	for _, line := range lines[i+1:] {
		rest := strings.TrimLeft(line, " ")
		if len(line)-len(rest) <= depth {
			break
		}
		found = append(found, rest)
	}
	return found
}

func TestTheManifestAsksForTheScopesOfTheDeskAndNoOthers(t *testing.T) {
	var asked []string
	for _, line := range below(t, below1(manifest(t), "oauth_config"), "bot") {
		asked = append(asked, strings.TrimSpace(strings.TrimPrefix(line, "-")))
	}
	slices.Sort(asked)
	require.Equal(t, bot.Scopes, asked)
	require.True(t, slices.IsSorted(bot.Scopes))
}

func TestNoTestOfTheDeskIsGrantedMoreThanTheManifestAsksForUnlessItSaysSo(t *testing.T) {
	for _, folder := range []string{".", "../cmd/sampledesk"} {
		files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			for line := range strings.Lines(string(text)) {
				if strings.Contains(line, "strings.Contains(") {
					continue // this test
				}
				if strings.Contains(line, "slacksim.New(slacksim.Options{") {
					require.Contains(t, line, "Scopes:", file)
					require.Contains(t, line, "Events:", file)
				}
			}
		}
	}
}

// below1 is what follows a heading of the first level.
func below1(lines []string, heading string) []string {
	i := slices.Index(lines, heading+":")
	return lines[max(i, 0):]
}

func TestEachScopeOfTheManifestSaysWhatItIsFor(t *testing.T) {
	text, err := os.ReadFile("../manifest.yml")
	require.NoError(t, err)
	all := strings.Split(string(text), "\n")
	for _, scope := range bot.Scopes {
		i := slices.IndexFunc(all, func(l string) bool { return strings.HasPrefix(strings.TrimSpace(l), "- "+scope) })
		require.Positive(t, i, scope)
		require.Contains(t, all[i]+all[i-1], "# ", scope)
	}
}

func TestTheManifestDeclaresTheCommandsOfTheDesk(t *testing.T) {
	declared := map[string]string{}
	name := ""
	for _, line := range below(t, manifest(t), "slash_commands") {
		key, value, _ := strings.Cut(strings.TrimPrefix(line, "- "), ": ")
		value = strings.Trim(value, `"`)
		switch key {
		case "command":
			name = value
		case "usage_hint":
			declared[name] = value
		case "should_escape":
			require.Equal(t, "false", value, "names of creators have to arrive as they were typed")
		}
	}
	hint := func(all []view.Subcommand) string {
		var words []string
		for _, s := range all {
			words = append(words, strings.TrimSpace(s.Name+" "+s.Args))
		}
		return strings.Join(words, " | ")
	}
	require.Equal(t, map[string]string{
		view.CommandSamples: hint(view.SamplesCommands), view.CommandCampaign: hint(view.CampaignCommands),
	}, declared)
}

func TestTheManifestSubscribesToTheEventsOfTheDeskAndNoOthers(t *testing.T) {
	var asked []string
	for _, line := range below(t, manifest(t), "bot_events") {
		asked = append(asked, strings.TrimSpace(strings.TrimPrefix(line, "-")))
	}
	require.Equal(t, bot.Events, asked)
}

func TestTheManifestDeclaresTheShortcutsOfTheDesk(t *testing.T) {
	var declared []bot.Shortcut
	for _, line := range below(t, manifest(t), "shortcuts") {
		key, value, _ := strings.Cut(strings.TrimPrefix(line, "- "), ": ")
		if strings.HasPrefix(line, "- ") {
			declared = append(declared, bot.Shortcut{})
		}
		last := &declared[len(declared)-1]
		switch key {
		case "name":
			last.Name = value
		case "type":
			last.Type = value
		case "callback_id":
			last.Callback = value
		case "description":
			require.LessOrEqual(t, len(value), 150)
		}
	}
	require.Equal(t, bot.Shortcuts, declared)
	for _, s := range declared {
		require.LessOrEqual(t, len(s.Name), 24, "Slack takes no longer name")
	}
}

func TestTheManifestSwitchesOnWhatTheDeskLivesBy(t *testing.T) {
	lines := manifest(t)
	require.Equal(t, []string{"is_enabled: true"}, below(t, lines, "interactivity"))
	require.Contains(t, lines, "  socket_mode_enabled: true")
	require.Equal(t, []string{
		"home_tab_enabled: true", "messages_tab_enabled: true", "messages_tab_read_only_enabled: false",
	}, below(t, lines, "app_home"))
}
