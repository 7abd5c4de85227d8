package view

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

// item is one request of a run.
func item(n int, state workflow.ItemState) workflow.RunItem {
	i := workflow.RunItem{
		Key:     workflow.Key{Shop: "7495540735365777507", ID: workflow.ApplicationID(fmt.Sprintf("57665368813525%05d", n))},
		Creator: workflow.Creator{Username: fmt.Sprintf("kitchen_finds%d", n)}, Product: "Stand mixer & bowl, 5 l", State: state, Link: permalink,
	}
	switch state {
	case workflow.ItemRefused:
		i.Failure = workflow.Failure{Code: 16032001, Fault: workflow.FaultRegion, Message: "region", RequestID: "r1"}
	case workflow.ItemDeclined:
		i.Rule, i.By, i.Stage = workflow.RuleStale, admin, workflow.StageReview
	case workflow.ItemUndone:
		i.By = reviewer
	case workflow.ItemElsewhere:
		i.Stage = workflow.StageWithdrawn
	}
	return i
}

func runOf(states ...workflow.ItemState) workflow.Run {
	r := workflow.Run{ID: "U0MEMBER01 V0001", Kind: workflow.RunDecisions, Shop: "7495540735365777507", By: reviewer, At: noon, Verdict: workflow.Approve}
	for n, s := range states {
		r.Items = append(r.Items, item(n, s))
	}
	return r
}

func ended(r workflow.Run) workflow.Run {
	r.EndsAt = noon
	return r
}

func runs() map[string]RunFacts {
	all := []workflow.ItemState{
		workflow.ItemConfirmed, workflow.ItemConfirmed, workflow.ItemRefused, workflow.ItemDeclined, workflow.ItemUndone, workflow.ItemElsewhere,
	}
	held := runOf(workflow.ItemWaiting, workflow.ItemWaiting, workflow.ItemConfirmed)
	held.Items[0].Failure, held.Items[1].Failure = workflow.Failure{Code: 105005, Fault: workflow.FaultScope}, workflow.Failure{Code: 105005, Fault: workflow.FaultScope}
	rejects := runOf(workflow.ItemWaiting)
	rejects.Verdict, rejects.Reason = workflow.Reject, workflow.OutOfStock
	none := ended(runOf(workflow.ItemDeclined, workflow.ItemDeclined, workflow.ItemDeclined, workflow.ItemDeclined))
	none.Items[0].Rule, none.Items[1].Rule = workflow.RuleDeadline, workflow.RuleNotApprovable
	none.Items[2].By, none.Items[2].Stage = "", workflow.StageWithdrawn
	none.Items[3].By, none.Items[3].Link = "", ""
	imports := workflow.Run{Kind: workflow.RunImport, By: reviewer, Collaboration: "7300000000000000001"}
	waits := imports
	waits.Failure = workflow.Failure{Code: 36009002, Fault: workflow.FaultBusy}
	imported := ended(imports)
	imported.Name, imported.Added, imported.Existing, imported.Products = "Autumn <kitchen>", 48, 1, 3
	failed := ended(imports)
	failed.Failed, failed.Failure = true, workflow.Failure{Message: "campaign archived: Autumn <kitchen>"}
	unknown := failed
	unknown.Failure = workflow.Failure{Code: 16009999, Message: "collaboration does not exist"}
	parts := runOf(workflow.ItemRefused, workflow.ItemDeclined)
	parts.Parts, parts.Begun, parts.Tally = 10, 4, map[workflow.ItemState]int{
		workflow.ItemPlanned: 600, workflow.ItemWaiting: 96, workflow.ItemConfirmed: 302, workflow.ItemRefused: 1, workflow.ItemDeclined: 1,
	}
	partsOver := parts
	partsOver.Tally = map[workflow.ItemState]int{workflow.ItemConfirmed: 893, workflow.ItemRefused: 7, workflow.ItemDeclined: 100}
	joins := runOf(workflow.ItemAdded, workflow.ItemAdded, workflow.ItemDeclined, workflow.ItemDeclined)
	joins.Kind, joins.Verdict, joins.Name = workflow.RunJoins, "", "Autumn <kitchen>"
	joins.Items[2].Rule, joins.Items[3].Rule = workflow.RuleOtherCampaign, workflow.RuleAlreadyInCampaign
	return map[string]RunFacts{
		"run_parts":         {Run: parts, Undoable: 696},
		"run_parts_ended":   {Run: ended(partsOver)},
		"run_joins":         {Run: ended(joins)},
		"run_begun":         {Run: runOf(append(all, workflow.ItemWaiting, workflow.ItemWaiting)...), Undoable: 2},
		"run_ended":         {Run: ended(runOf(all...)), Shop: "Nimbus Home"},
		"run_held":          {Run: held},
		"run_rejects":       {Run: rejects, Undoable: 1},
		"run_none":          {Run: none},
		"run_import":        {Run: imports, Shop: "Nimbus Home"},
		"run_import_waits":  {Run: waits},
		"run_imported":      {Run: imported},
		"run_import_failed": {Run: failed},
		"run_import_nobody": {Run: unknown},
	}
}

func TestEveryRunReadsAsItsGoldenFile(t *testing.T) {
	for name, f := range runs() {
		t.Run(name, func(t *testing.T) { requireGolden(t, name, RunProgress(f)) })
	}
}

func TestAHundredRequestsOfARunFitAMessageWhateverTheirNames(t *testing.T) {
	for _, state := range []workflow.ItemState{workflow.ItemRefused, workflow.ItemDeclined, workflow.ItemUndone, workflow.ItemElsewhere, workflow.ItemConfirmed, workflow.ItemWaiting} {
		for _, name := range []string{strings.Repeat(hostile, 3), strings.Repeat("&", 200), strings.Repeat("نور", 70)} {
			r := runOf()
			for n := range workflow.MaxRun {
				i := item(n, state)
				i.Creator.Nickname, i.Product, i.Failure.Code, i.Failure.Message, i.Stage = name, name, 0, name, workflow.Stage(name)
				i.Rule, i.Link = "", "https://nimbus.slack.com/archives/C0SAMPLES1/p1763640000000100?thread_ts=1763640000.000100&cid=C0SAMPLES1"
				r.Items = append(r.Items, i)
			}
			m := RunProgress(RunFacts{Run: ended(r), Shop: name})
			lint(t, m)
			if state != workflow.ItemWaiting {
				require.Equal(t, workflow.MaxRun, strings.Count(pretty(t, m.Blocks), "• "), "row by row")
			}
		}
	}
}
