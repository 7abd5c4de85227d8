package workflow_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

func TestAWebhookIsAnAddressOfHTTPSWithoutAPassword(t *testing.T) {
	for address, good := range map[string]bool{
		"https://hooks.example/services/T0/B0?x=1": true, "https://erp.example:8443": true, "https://[2001:db8::1]/x": true,
		"http://hooks.example/": false, "hooks.example": false, "https://": false, "https:///x": false, "": false, "https://me:secret@hooks.example/": false,
		"https://hooks.example/#part": false, "https://hooks.example/a b": false, "https://hooks.example/\nHost: x": false, "ftp://hooks.example": false,
		"https://hööks.example/": false, "https://hooks.example/%zz": false, "javascript:alert(1)": false,
	} {
		require.Equal(t, good, workflow.IsWebhook(address), address)
		if address != "" {
			require.Equal(t, good, workflow.Settings{Webhook: address}.Check() == "", address)
		}
	}
	require.Equal(t, "hooks.example", workflow.WebhookHost("https://hooks.example:8443/services/secret"))
}

func TestOtherSystemsAreToldOfDecisionsAndStagesOnce(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	pending := workflow.Application{
		Key: workflow.Key{Shop: "1", ID: "2"}, SeenAt: at, Snapshot: workflow.Snapshot{Status: workflow.StatusPending},
	}
	decided := pending
	decided.Decision = workflow.Decision{Phase: workflow.DecisionQueued, Verdict: workflow.Reject, Reason: workflow.OutOfStock, By: "U1", At: at}
	refused := decided
	refused.Decision.Phase, refused.Decision.Failure = workflow.DecisionRefused, workflow.Failure{Message: "no stock"}
	confirmed := decided
	confirmed.Decision.Phase, confirmed.Snapshot.Status = workflow.DecisionConfirmed, workflow.StatusRejectCancelled
	awaiting := pending
	awaiting.Snapshot.Status, awaiting.Snapshot.OrderID = workflow.StatusAwaitingShipment, "55"
	tracked := awaiting
	tracked.Snapshot.Tracking = "1Z"
	over := pending
	over.Snapshot.Status = workflow.StatusCompleted

	kinds := func(all []workflow.WebhookEvent) (kinds []workflow.WebhookKind) {
		for _, e := range all {
			require.Equal(t, at, e.At)
			kinds = append(kinds, e.Kind)
		}
		return kinds
	}
	for name, c := range map[string]struct {
		before, after workflow.Application
		on            workflow.EventKind
		want          []workflow.WebhookKind
	}{
		"first seen":             {workflow.Application{}, pending, workflow.OnReported, []workflow.WebhookKind{workflow.WebhookStage}},
		"over when first seen":   {workflow.Application{}, over, workflow.OnReported, nil},
		"rejected":               {pending, decided, workflow.OnRejected, []workflow.WebhookKind{workflow.WebhookDecided}},
		"undone":                 {decided, pending, workflow.OnUndone, []workflow.WebhookKind{workflow.WebhookUndone}},
		"refused":                {decided, refused, workflow.OnRefusedForGood, []workflow.WebhookKind{workflow.WebhookRefused}},
		"confirmed":              {decided, confirmed, workflow.OnRejectionConfirmed, []workflow.WebhookKind{workflow.WebhookStage}},
		"shipped":                {pending, awaiting, workflow.OnReported, []workflow.WebhookKind{workflow.WebhookStage}},
		"another tracking":       {awaiting, tracked, workflow.OnReported, []workflow.WebhookKind{workflow.WebhookShipment}},
		"a note":                 {pending, pending, workflow.OnNoted, nil},
		"sent, and not answered": {decided, decided, workflow.OnClaimed, nil},
	} {
		require.Equal(t, c.want, kinds(workflow.WebhookEvents(c.before, c.after, workflow.Entry{At: at, Event: c.on, By: workflow.Actor{Person: "U9"}})), name)
	}
	undone := workflow.WebhookEvents(decided, pending, workflow.Entry{At: at, Event: workflow.OnUndone, By: workflow.Actor{Person: "U9"}})[0]
	require.Equal(t, []any{workflow.Reject, workflow.PersonID("U9")}, []any{undone.Verdict, undone.By}, "who took it back, and what")
	stage := workflow.WebhookEvents(decided, confirmed, workflow.Entry{At: at, Event: workflow.OnRejectionConfirmed})[0]
	require.Equal(t, []any{workflow.StageReject, workflow.OutOfStock, workflow.PersonID("U1")}, []any{stage.Stage, stage.Reason, stage.By})
	elsewhere := workflow.WebhookEvents(decided, awaiting, workflow.Entry{At: at, Event: workflow.OnReported})[0]
	require.Empty(t, elsewhere.By, "a stage that no decision of ours led to names nobody")
}
