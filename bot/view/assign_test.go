package view

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

func TestWhatIsSaidOfAssignmentsReadsAsItsGoldenFile(t *testing.T) {
	taken := cardAt(application(), permalink)
	taken.OnIt = workflow.OnIt{By: reviewer, At: noon, From: admin}
	bare := application()
	bare.OnIt = taken.OnIt
	for name, m := range map[string]Message{
		"assigned":         Assigned(AssignedFacts{Row: query.Row{Application: taken}, By: admin}),
		"assigned_turn":    Assigned(AssignedFacts{Row: query.Row{Application: bare, Shop: "Nimbus Home"}}),
		"assigned_hostile": Assigned(AssignedFacts{Row: query.Row{Application: hostileApplication(), Shop: hostile}, By: workflow.PersonID(hostile)}),
		"assign_who":       AssignWho(taken, ""),
		"assign_whom":      AssignWho(taken, hostile),
		"given":            Given(taken, admin),
		"given_self":       Given(taken, reviewer),
	} {
		t.Run(name, func(t *testing.T) { requireGolden(t, name, m) })
	}
}

func TestTheDialogThatAsksForAColleagueFitsSlack(t *testing.T) {
	for name, typed := range map[string]string{"dialog_assign": "", "dialog_assign_whom": hostile} {
		a := application()
		if typed != "" {
			a = hostileApplication()
		}
		m := AssignModal(a, typed)
		lintModal(t, m)
		compare(t, name, pretty(t, m))
	}
	require.NotEqual(t, CannotTakeField(DeniedUnchecked), CannotTakeField(DeniedGuest))
	require.NotEqual(t, CannotTake(reviewer, DeniedUnchecked), CannotTake(reviewer, DeniedGuest))
}
