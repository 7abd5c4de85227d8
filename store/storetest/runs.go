package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

var runs = []promise{
	{"A run is put in place of the one of the same id", showRuns},
	{"A notice is put in place of the one of the same id", showNotices},
	{"A run or notice that is not there is not found", showNoRun},
	{"A shop's templates are put in place of those it had, and a shop without any has none", showTemplates},
	{"A run of as many applications as one may have comes back whole", showLongRun},
}

func run(id workflow.RunID) workflow.Run {
	return workflow.Run{
		ID: id, Kind: workflow.RunDecisions, Shop: theShop, By: "U1", At: start, Verdict: workflow.Approve,
		Items: []workflow.RunItem{{Key: key("1"), State: workflow.ItemWaiting}},
	}
}

func notice(id workflow.NoticeID) workflow.Notice {
	return workflow.Notice{ID: id, Shop: theShop, Kind: workflow.KindMessage, Message: &workflow.Message{Text: "Glow!", At: start, State: workflow.MessageWaiting}}
}

func runOf(id workflow.RunID) func(workflow.Tx) (workflow.Run, error) {
	return func(tx workflow.Tx) (workflow.Run, error) { return tx.Run(id) }
}

func noticeOf(id workflow.NoticeID) func(workflow.Tx) (workflow.Notice, error) {
	return func(tx workflow.Tx) (workflow.Notice, error) { return tx.Notice(id) }
}

func showRuns(t *testing.T, s workflow.Store) {
	one, other := run("U1 trigger/1"), run("U1 trigger/12")
	put(t, s, each([]workflow.Run{one, other}, workflow.Tx.PutRun))
	one.Items[0].State, one.EndsAt = workflow.ItemConfirmed, minute(2)
	put(t, s, each([]workflow.Run{one}, workflow.Tx.PutRun))
	require.Equal(t, one, get(t, s, runOf(one.ID)))
	require.Equal(t, other, get(t, s, runOf(other.ID)))
}

func showNotices(t *testing.T, s workflow.Store) {
	one, other := notice(workflow.RunNotice("1")), notice(workflow.RunNotice("12"))
	put(t, s, each([]workflow.Notice{one, other}, workflow.Tx.PutNotice))
	one.Message.State, one.Channel, one.TS = workflow.MessageSent, "C1", "1763802000.000100"
	put(t, s, each([]workflow.Notice{one}, workflow.Tx.PutNotice))
	require.Equal(t, one, get(t, s, noticeOf(one.ID)))
	require.Equal(t, other, get(t, s, noticeOf(other.ID)))
}

func showNoRun(t *testing.T, s workflow.Store) {
	put(t, s,
		func(tx workflow.Tx) error { return tx.PutRun(run("12")) },
		func(tx workflow.Tx) error { return tx.PutNotice(notice("34")) },
	)
	for _, id := range []string{"1", "123", "3", "345", ""} {
		requireMissing(t, s, runOf(workflow.RunID(id)))
		requireMissing(t, s, noticeOf(workflow.NoticeID(id)))
	}
	requireMissing(t, s, runOf("34"))
	requireMissing(t, s, noticeOf("12"))
}

func showLongRun(t *testing.T, s workflow.Store) {
	long := run("long")
	long.Items = nil
	for range workflow.MaxRun {
		long.Items = append(long.Items, whole[workflow.RunItem](start))
	}
	put(t, s, func(tx workflow.Tx) error { return tx.PutRun(long) })
	require.Equal(t, long, get(t, s, runOf("long")))
}

func showTemplates(t *testing.T, s workflow.Store) {
	of := func(shop workflow.ShopID) func(workflow.Tx) (workflow.Templates, error) {
		return func(tx workflow.Tx) (workflow.Templates, error) { return tx.Templates(shop) }
	}
	require.Equal(t, workflow.Templates{Shop: theShop}, get(t, s, of(theShop)))
	all := workflow.Templates{Shop: theShop, All: []workflow.Template{{ID: "1", Name: "Thanks", Text: "Thank you, {creator}!", Version: 1}}}
	put(t, s, each([]workflow.Templates{all, {Shop: theShop + "1"}}, workflow.Tx.PutTemplates))
	require.Equal(t, all, get(t, s, of(theShop)))
	all.All = append(all.All, workflow.Template{ID: "2", Name: "Bye", Text: "Bye", Version: 3, Key: "k"})
	put(t, s, each([]workflow.Templates{all}, workflow.Tx.PutTemplates))
	require.Equal(t, all, get(t, s, of(theShop)))
	require.Empty(t, get(t, s, of(theShop+"1")).All)
}
