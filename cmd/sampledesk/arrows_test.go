package main

import (
	"encoding/json"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// listed is what `go list` tells of a package.
type listed struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
	Module       *struct{ Path string }
	Standard     bool
}

// packages lists our packages with their imports.
func packages(t *testing.T) map[string]listed {
	t.Helper()
	list := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	list.Dir = "../.."
	out, err := list.Output()
	require.NoError(t, err)
	all := map[string]listed{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		err := decoder.Decode(&p)
		if err == io.EOF {
			return all
		}
		require.NoError(t, err)
		all[p.ImportPath] = p
	}
}

// reaches returns all that a package's own code imports, through our packages too.
func reaches(all map[string]listed, from string) (found []string) {
	seen := map[string]bool{}
	var walk func(string)
	walk = func(path string) {
		for _, i := range all[path].Imports {
			if !seen[i] {
				seen[i] = true
				found = append(found, i)
				walk(i)
			}
		}
	}
	walk(from)
	slices.Sort(found)
	return found
}

func ours(path string) bool { return path == "sampledesk" || strings.HasPrefix(path, "sampledesk/") }

// standard tells whether an import is of the standard library: only those have no dot in their first element.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !ours(path) && !strings.Contains(first, ".")
}

// unicodeForms is the one library that workflow reads text with: what is spelled in two forms of Unicode is one name.
const unicodeForms = "golang.org/x/text/unicode/norm"

func slackGo(path string) bool { return strings.HasPrefix(path, "github.com/slack-go/") }

func TestTheArrowsPointInward(t *testing.T) {
	all := packages(t)
	within := func(path, folder string) bool { return path == folder || strings.HasPrefix(path, folder+"/") }

	for _, i := range reaches(all, "sampledesk/workflow") {
		require.True(t, standard(i) || i == unicodeForms, "workflow imports the standard library and the forms of Unicode only, not %s", i)
	}
	for _, i := range reaches(all, "sampledesk/workflow/query") {
		require.True(t, standard(i) || i == "sampledesk/workflow" || i == unicodeForms, "query reads what workflow keeps and knows nobody else, but imports %s", i)
	}
	for _, i := range reaches(all, "sampledesk/workflow/engine") {
		require.True(t, standard(i) || i == "sampledesk/workflow" || i == unicodeForms, "the engine keeps what workflow decides and knows nobody else, but imports %s", i)
	}
	for _, i := range reaches(all, "sampledesk/affiliate") {
		require.False(t, ours(i), "affiliate imports nothing of ours, not %s", i)
	}
	for path, p := range all {
		imports := slices.Concat(p.Imports, p.TestImports, p.XTestImports)
		for _, i := range imports {
			require.NotEqual(t, "unsafe", i, "%s: the race detector is run without its checks of unsafe pointers", path)
			require.False(t, within(i, "sampledesk/cmd"), "nothing imports cmd, but %s does", path)
			require.False(t, strings.HasPrefix(i, "github.com/prometheus/") && !within(path, "sampledesk/cmd"), "cmd alone counts for Prometheus, but %s imports %s", path, i)
			if slackGo(i) {
				require.True(t, within(path, "sampledesk/bot"), "only bot speaks to Slack, but %s imports %s", path, i)
			}
		}
	}
	for _, stand := range []string{"sampledesk/bot/slacksim", "sampledesk/affiliate/affiliatesim"} {
		p, ok := all[stand]
		require.True(t, ok, stand)
		for _, i := range slices.Concat(reaches(all, stand), p.TestImports, p.XTestImports) {
			require.False(t, ours(i) && i != stand, "%s imports nothing of ours, not %s: a fault of the client would be repeated in its judge", stand, i)
			require.False(t, slackGo(i), "%s does not import slack-go", stand)
		}
	}
	for _, path := range []string{"sampledesk/workflow/outbox", "sampledesk/workflow/desks", "sampledesk/webhook", "sampledesk/store", "sampledesk/store/boltstore", "sampledesk/store/storetest"} {
		for _, i := range reaches(all, path) {
			require.False(t, within(i, "sampledesk/bot") || within(i, "sampledesk/affiliate"), "%s knows neither Slack nor TikTok, but imports %s", path, i)
		}
	}
	for _, i := range reaches(all, "sampledesk/bot") {
		require.False(t, within(i, "sampledesk/affiliate") || within(i, "sampledesk/store"), "bot imports neither affiliate nor a store, but %s", i)
	}
	for _, edge := range []string{"sampledesk/bot/socket", "sampledesk/bot/slackapi"} {
		require.Contains(t, all, edge)
		for _, i := range reaches(all, edge) {
			require.False(t, ours(i), "%s is an edge of Slack and imports nothing of ours, not %s", edge, i)
			require.False(t, slackGo(i) && edge == "sampledesk/bot/socket", "the socket does without slack-go")
		}
	}
	for path, knows := range map[string][]string{
		"sampledesk/bot/access": {"sampledesk/bot/slackapi", "sampledesk/bot/view"},
		"sampledesk/bot/post":   {"sampledesk/bot/slackapi", "sampledesk/bot/view"},
		"sampledesk/bot/handle": {"sampledesk/bot/access", "sampledesk/bot/slackapi", "sampledesk/bot/socket", "sampledesk/bot/view"},

		"sampledesk/bot/rules": {
			"sampledesk/bot/access", "sampledesk/bot/handle", "sampledesk/bot/post", "sampledesk/bot/slackapi", "sampledesk/bot/view",
		},
		"sampledesk/bot/template": {"sampledesk/bot/access", "sampledesk/bot/handle", "sampledesk/bot/slackapi", "sampledesk/bot/view"},
	} {
		require.Contains(t, all, path)
		for _, i := range all[path].Imports {
			require.False(t, within(i, "sampledesk/bot") && !slices.Contains(knows, i), "of bot %s knows %v only, not %s", path, knows, i)
		}
	}
	for _, i := range reaches(all, "sampledesk/affiliate/bridge") {
		require.False(t, within(i, "sampledesk/bot") || within(i, "sampledesk/store"), "the bridge imports neither bot nor a store, but %s", i)
	}
}
