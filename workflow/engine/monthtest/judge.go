package monthtest

import (
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

// judge looks at all that was decided, and recounts all that is counted, in the plainest way.
func (m *month) judge() {
	all := m.all()
	m.judgeCaps(all, m.rules())
	m.judgeTallies(all)
	m.judgeHistory(all)
	if m.Rules {
		m.judgeEarned(all)
	}
}

// ends counts how the requests of the month ended.
func (m *month) ends() Ends {
	e := Ends{Looks: m.looks, Lost: m.stores[0].lost + m.stores[1].lost}
	all := m.all()
	require.Len(m.t, all, m.Requests)
	for _, a := range all {
		switch d := a.Decision; {
		case d.Rule != "":
			e.ByRules++
		case standing(a):
			e.ByPeople++
		}
		if a.State() == workflow.Expired {
			e.Expired++
		}
		if p := a.Proposal; p != nil && p.Over != nil {
			e.Held++
		}
	}
	return e
}

func standing(a workflow.Application) bool {
	return a.Decision.Phase != workflow.Undecided && a.Decision.Phase != workflow.DecisionRefused
}

// judgePaused checks that nothing waits to be sent that a rule has decided, once all were paused and what waits was asked about.
func (m *month) judgePaused() {
	for _, a := range m.all() {
		require.False(m.t, a.State() == workflow.Queued && a.Decision.Rule != "", "%s waits to be sent by a rule that is paused", a.Key)
	}
}

// look looks at a decision of a rule while it can be undone: it names its rule, tells why, and has its window.
func (h hand) look(a workflow.Application) {
	d := a.Decision
	if d.Rule == "" || a.State() != workflow.Queued {
		return
	}
	h.mu.Lock()
	h.looks++
	h.mu.Unlock()
	require.Empty(h.t, d.By)
	require.NotZero(h.t, d.RuleVersion)
	require.Equal(h.t, d.Rule, a.Proposal.Rule)
	want := windows[d.RuleName]
	require.NotZero(h.t, want, "%q decided, which is not in automatic mode", d.RuleName)
	if d.SendAt.Sub(d.At) != want {
		require.Less(h.t, a.Snapshot.ReviewBy.Sub(d.At), want+10*time.Minute, "the window is shorter only before the deadline")
		require.GreaterOrEqual(h.t, d.SendAt.Sub(d.At), workflow.MinRuleUndo)
	}
	require.Len(h.t, a.Proposal.Why, 2, "each of its conditions tells what was found")
}

// judgeSent checks a decision of a rule that is being sent: it could be undone until now, nothing of it is paused, and its
// creator is not blocked.
func (h hand) judgeSent(eff workflow.Effect) {
	a := h.application(eff.Application)
	d := a.Decision
	if d.Rule == "" || a.State() != workflow.Sending {
		return
	}
	require.False(h.t, d.SendAt.After(h.now), "it could still be undone")
	require.False(h.t, d.Verdict == workflow.Approve && h.blocked[a.Snapshot.Creator.OpenID], "%s is sent though its creator is blocked", a.Key)
	r := h.rules()
	rule, ok := r.Named(d.Rule)
	require.True(h.t, ok && r.Speaks(rule), "%s is sent though its rule is paused", a.Key)
}

// judgeHistory checks what the histories tell of what rules decided by themselves: by which rule, and why.
func (m *month) judgeHistory(all []workflow.Application) {
	for _, a := range all {
		var lines []workflow.Entry
		m.view(func(tx workflow.Tx) (err error) {
			lines, _, err = tx.History(a.Key, "", 1000)
			return err
		})
		by := workflow.Actor{}
		for _, e := range lines {
			if e.Event != workflow.OnApproved && e.Event != workflow.OnRejected {
				continue
			}
			if by = e.By; by.Person != "" {
				continue
			}
			require.Equal(m.t, workflow.Actor{Rule: e.By.Rule, Surface: workflow.FromRule}, e.By)
			require.NotEmpty(m.t, e.By.Rule)
			require.NotZero(m.t, windows[e.RuleName])
			require.Equal(m.t, e.By.Rule, e.Proposal.Rule)
			require.NotEmpty(m.t, e.Proposal.Why)
		}
		if standing(a) {
			require.Equal(m.t, by.Rule, a.Decision.Rule, "%s: its last decision is of who the history says", a.Key)
		}
	}
}
