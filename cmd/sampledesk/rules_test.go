package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

const someRules = `sample-desk-rules 1

currency USD
limit 20 samples all per week

rule Proven creators
mode proposing
when gmv at least 5000
then approve

rule Too small
mode watching
when followers at most 500
then reject NOT_MATCH
`

func TestRulesGoInAndOutAsTextWithAndWithoutADesk(t *testing.T) {
	t.Parallel()
	for _, beside := range []bool{false, true} {
		path := kept(t, 3)
		if beside {
			f, _ := running(t, path)
			require.Equal(t, "bolt:"+path, f.Store)
		}
		at := "--store=bolt:" + path
		file := filepath.Join(t.TempDir(), "rules.txt")
		put := func(text string) (status int, out, stderr string) {
			require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
			return typed(t, "rules", "import", at, file)
		}
		status, out, stderr := put(someRules)
		require.Equal(t, exitOK, status, stderr)
		require.Contains(t, out, "2 rules are new, 0 took the place")
		status, out, _ = typed(t, "rules", "export", at)
		require.Equal(t, exitOK, status)
		require.Equal(t, someRules, out, "as it was given")

		status, _, stderr = put(strings.Replace(someRules, "at least 5000", "at least many", 1) + "sing\n")
		require.Equal(t, exitFailed, status)
		require.Contains(t, stderr, "line 8: ")
		require.Contains(t, stderr, "when gmv at least many")
		require.Contains(t, stderr, "in: sing\nNothing was changed")
		status, _, stderr = put(strings.Replace(someRules, "then approve", "then add to campaign nowhere", 1))
		require.Equal(t, exitFailed, status)
		require.Contains(t, stderr, `line 9: the shop has no campaign "nowhere"`)
		_, out, _ = typed(t, "rules", "export", at)
		require.Equal(t, someRules, out, "nothing was changed")

		status, out, stderr = put("sample-desk-rules 1\nrule proven creators\nmode automatic\nwhen gmv at least 7000\nthen approve\n")
		require.Equal(t, exitOK, status, stderr)
		require.Contains(t, out, "0 rules are new, 1 took the place")
		require.Contains(t, out, "only propose for now")
		_, out, _ = typed(t, "rules", "export", at)
		require.Contains(t, out, "rule proven creators\nmode proposing\nwhen gmv at least 7000\n")
		require.Contains(t, out, "limit 20 samples all per week", "what the text says nothing of stays")

		status, _, stderr = typed(t, "rules", "export", at, "--shop", "9")
		require.Equal(t, exitUsage, status)
		require.Contains(t, stderr, "there are: 7 (Glow")
	}
}

func TestAnExportOfRulesHasListsCostsAndCounts(t *testing.T) {
	t.Parallel()
	path := kept(t, 1)
	given, err := workflow.ReadRules(someRules)
	require.NoError(t, err)
	given.Shop, given.Version = "7", 1
	changed(t, path, func(tx workflow.Tx) error {
		for _, err := range []error{
			tx.PutRules(given),
			tx.PutListed(workflow.Listed{Shop: "7", List: "vip", Creator: "id:1", Shown: workflow.Creator{OpenID: "1", Username: "glow.daily"}, By: "U1", Note: "=sold much"}),
			tx.AddTally("7", workflow.ListTally("vip"), 1),
			tx.PutCost(workflow.Cost{Shop: "7", Product: "11", Amount: workflow.Money{Amount: "7.25", Currency: "USD"}}),
		} {
			if err != nil {
				return err
			}
		}
		return nil
	})
	rows, err := csv.NewReader(strings.NewReader(exported(t, path, "--what", "rules"))).ReadAll()
	require.NoError(t, err)
	var told [][]string
	for _, r := range rows[1:] {
		told = append(told, []string{r[2], r[3], r[5], r[7], r[9], r[13]})
	}
	require.Equal(t, [][]string{
		{"shop", "", "currency USD; limit 20 samples all per week", "", "", ""},
		{"rule", "Proven creators", "rule Proven creators; mode proposing; when gmv at least 5000; then approve", "", "", ""},
		{"rule", "Too small", "rule Too small; mode watching; when followers at most 500; then reject NOT_MATCH", "", "", ""},
		{"list", "vip", "'=sold much", "", "", "glow.daily"},
		{"cost", "11", "", "7.25", "", ""},
		{"count", "list/vip", "", "", "1", ""},
	}, told)
}

func TestTheFormOfRulesIsDocumentedAsItIs(t *testing.T) {
	text, err := os.ReadFile("deploy/README.md")
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(text), "```\nsample-desk-rules 1")
	require.True(t, ok)
	example, rest, _ := strings.Cut(rest, "```")
	rest, _, _ = strings.Cut(rest, "\n## ")
	given, err := workflow.ReadRules("sample-desk-rules 1" + example)
	require.NoError(t, err)
	require.Equal(t, "sample-desk-rules 1"+example, given.Text())
	for _, c := range workflow.Conditions {
		require.Contains(t, rest, "`"+string(c.Fact)+"`")
	}
	for _, a := range workflow.RuleActions {
		require.Contains(t, rest, "`"+string(a.Kind)+"`")
	}
}
