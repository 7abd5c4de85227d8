package workflow

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files anew")

// eventKinds are the events that the table may speak of; those about the card are not in it.
var eventKinds = []EventKind{
	OnApproved, OnRejected, OnUndone, OnCampaignChosen, OnCampaignLeft, OnClaimed, OnAnswerLost, OnHeldUp, OnApprovalConfirmed,
	OnRejectionConfirmed, OnRefusedForGood, OnReported, OnContentFound,
}

// newStatus is one that no vendor's reference names.
const newStatus Status = "PAUSED_BY_TIKTOK"

// statusesOf returns the statuses that an event of that kind can come with: for a report all that are named and one
// that is not, for the others just the empty one.
func statusesOf(on EventKind) []Status {
	if on == OnReported {
		return append(slices.Clone(statusesNamed), newStatus)
	}
	return []Status{""}
}

func readme(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "README.md"))
	require.NoError(t, err)
	return string(data)
}

func TestTheReadmeCarriesTheSentencesWordForWord(t *testing.T) {
	var carried []Sentence
	for _, m := range regexp.MustCompile(`(?m)^- (L\d+\. .*)$`).FindAllStringSubmatch(readme(t), -1) {
		carried = append(carried, Sentence(m[1]))
	}
	require.Equal(t, Sentences, carried)
}

func TestTheReadmeCarriesTheTableOfEndings(t *testing.T) {
	want := "| Ending | Affiliate Center status | Whose move it was |\n|---|---|---|\n"
	for _, e := range Endings {
		move := string(e.Party)
		if e.Why != "" {
			move += ": " + e.Why
		}
		want += "| **" + string(e.State.Stage("")) + "** | " + statusWords(e.Statuses) + " | " + move + " |\n"
	}
	_, after, found := strings.Cut(readme(t), string(L15)+"\n\n")
	require.True(t, found, "the table of endings follows L15")
	table, _, _ := strings.Cut(after, "\n\n")
	require.Equal(t, want, table+"\n")
}

func TestTheLifecycleReadsAsItsGoldenFile(t *testing.T) { golden(t, "lifecycle.md", Markdown()) }

func TestTheEscalationPolicyReadsAsItsGoldenFile(t *testing.T) {
	golden(t, "clock.md", EscalationMarkdown())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

func TestTheMarkdownTableHasOneLineARowAndNoStrayBars(t *testing.T) {
	var bars []int
	for line := range strings.Lines(Markdown()) {
		if strings.HasPrefix(line, "|") {
			bars = append(bars, strings.Count(line, "|"))
		}
	}
	want := append(slices.Repeat([]int{7}, 2+len(Lifecycle)), slices.Repeat([]int{6}, 2+len(MemberLifecycle))...)
	require.Equal(t, want, bars)
}

func TestEveryStateCanBeReached(t *testing.T) {
	reached := []State{Unseen}
	for i := 0; i < len(reached); i++ {
		for _, r := range Lifecycle {
			if slices.Contains(r.From, reached[i]) && r.To != Same && !slices.Contains(reached, r.To) {
				reached = append(reached, r.To)
			}
		}
	}
	require.ElementsMatch(t, States, reached)
}

func TestEveryStateThatIsLiveHasAWayOut(t *testing.T) {
	for _, s := range States {
		if !s.Live() && s != Unseen {
			continue
		}
		out := slices.ContainsFunc(Lifecycle, func(r Row) bool {
			return slices.Contains(r.From, s) && r.To != Same && r.To != s
		})
		require.True(t, out, "nothing leads out of %q", s)
	}
}

func TestFinalStatesAreLeftOnlyByWhatTikTokReports(t *testing.T) {
	for _, s := range States {
		for _, r := range Lifecycle {
			if s != Unseen && !s.Live() && slices.Contains(r.From, s) && r.To != Same {
				require.Equal(t, OnReported, r.On, "out of %q", s)
			}
		}
	}
}

func TestNoTwoRowsFitAtOnce(t *testing.T) {
	for _, s := range States {
		for _, on := range eventKinds {
			for _, status := range statusesOf(on) {
				var fit []State
				for _, r := range Lifecycle {
					if r.fits(s, on, status) {
						fit = append(fit, r.To)
					}
				}
				require.LessOrEqual(t, len(fit), 1, "in %q, on %q %s, these rows fit: %q", s, on, status, fit)
			}
		}
	}
}

func TestEveryReportFitsARowFromEveryState(t *testing.T) {
	for _, s := range States {
		for _, status := range statusesOf(OnReported) {
			_, ok := find(s, OnReported, status)
			require.True(t, ok, "in %q nothing is said of a reported %s", s, status)
		}
	}
}

func TestEverySentenceIsQuotedAndEveryRowQuotesOne(t *testing.T) {
	quoted := map[Sentence]bool{}
	for _, r := range Lifecycle {
		require.NotEmpty(t, r.Quotes, "the row from %q on %q", r.From, r.On)
		for _, q := range r.Quotes {
			quoted[q] = true
		}
		for _, g := range r.If {
			quoted[g.Quote] = true
		}
	}
	for _, r := range MemberLifecycle {
		require.NotEmpty(t, r.Quotes, "the row from %q on %q", r.From, r.On)
		for _, q := range r.Quotes {
			quoted[q] = true
		}
	}
	for _, s := range Sentences {
		require.True(t, quoted[s], s)
		delete(quoted, s)
	}
	require.Empty(t, quoted, "quoted, and no sentence of the lifecycle")
}

func TestEveryRowSpeaksOfWhatThereIs(t *testing.T) {
	for _, r := range Lifecycle {
		require.NotEmpty(t, r.From)
		require.Subset(t, States, r.From)
		require.Contains(t, append([]State{Same}, States...), r.To)
		require.Contains(t, eventKinds, r.On)
		require.Equal(t, r.On == OnReported, len(r.Status) > 0, "only a report comes with a status: %q", r.On)
		if !slices.Equal(r.Status, anyOther) {
			require.Subset(t, append([]Status{}, statusesNamed...), append([]Status{}, r.Status...))
		}
		for _, g := range r.If {
			require.NotEmpty(t, g.Name)
			require.NotNil(t, g.Holds)
			if personal(r.On) {
				require.NotEmpty(t, g.Rule, "a person has to be told why: %s", g.Name)
			}
		}
	}
}

// personal reports whether a person asks for that.
func personal(on EventKind) bool {
	return slices.Contains([]EventKind{OnApproved, OnRejected, OnUndone, OnCampaignChosen, OnCampaignLeft}, on)
}

func TestEveryStateHasAStageAndOnlyTheUnknownStatusIsShownRaw(t *testing.T) {
	for _, s := range States {
		switch s {
		case Unseen:
			require.Empty(t, s.Stage("RAW"))
		case Unrecognised:
			require.Equal(t, Stage("RAW"), s.Stage("RAW"))
		default:
			require.Contains(t, Stages, s.Stage("RAW"), s)
		}
	}
}

func TestTheStatesThatAreStatesAreAllListed(t *testing.T) {
	source, err := os.ReadFile("states.go")
	require.NoError(t, err)
	var declared []State
	for _, m := range regexp.MustCompile(`(?m)^\t\w+ +State += "(.*?)"`).FindAllStringSubmatch(string(source), -1) {
		declared = append(declared, State(m[1]))
	}
	require.NotEmpty(t, declared)
	require.Equal(t, declared, States)
	require.Len(t, States, len(stageOf)+2)
}

func TestTheStatusesThatTheReferenceNamesAreAllListed(t *testing.T) {
	source, err := os.ReadFile("states.go")
	require.NoError(t, err)
	var declared []Status
	for _, m := range regexp.MustCompile(`(?m)^\tStatus\w+ +Status = "(.*?)"`).FindAllStringSubmatch(string(source), -1) {
		declared = append(declared, Status(m[1]))
	}
	require.Equal(t, declared, statusesNamed)
	require.Subset(t, statusesNamed, LiveStatuses)
}

func TestEveryEndingIsWhatItsStatusesStandFor(t *testing.T) {
	for _, e := range Endings {
		for _, status := range e.Statuses {
			require.Equal(t, e.State, status.State())
		}
		got, ok := EndingOf(e.State)
		require.True(t, ok)
		require.Equal(t, e, got)
		require.False(t, e.State.Live())
	}
	_, ok := EndingOf(Rejected)
	require.False(t, ok, "our own rejection is no ending of that kind")
}

func TestASentenceKnowsItsNumber(t *testing.T) {
	require.Equal(t, "L4", L4.ID())
	require.Equal(t, "L15", L15.ID())
}
