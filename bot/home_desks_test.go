package bot

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// homeAtSlack is the App Home of one person as Slack holds it: each publishing has a hash, and one that names another than
// the last one's is refused.
type homeAtSlack struct {
	mu    sync.Mutex
	hash  string
	shown []string // the stages that were shown, each time
}

func (s *homeAtSlack) publish(_ context.Context, _ workflow.PersonID, v view.HomeView, version string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if version != "" && version != s.hash {
		return "", fmt.Errorf("publishing: %w", slack.SlackErrorResponse{Err: "hash_conflict"})
	}
	s.hash = fmt.Sprint(len(s.shown) + 1)
	s.shown = append(s.shown, v.PrivateMetadata)
	return s.hash, nil
}

func (s *homeAtSlack) last() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown[len(s.shown)-1]
}

func stageShown(stage workflow.Stage) view.HomeState {
	return view.HomeState{Filter: query.Filter{Stage: stage}}
}

func TestAnAppHomeFollowsItsPersonFromDeskToDesk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const who workflow.PersonID = "U1"
		there, changes := &homeAtSlack{}, 0
		build := func(_ context.Context, _ workflow.PersonID, at view.HomeState, _ map[workflow.Key]string) (homePage, error) {
			page := homePage{state: at}
			page.view.PrivateMetadata, page.view.Hash = string(at.Stage), fmt.Sprint(at.Stage, changes)
			return page, nil
		}
		var desks []*homeSessions
		var waits []func()
		ctx, stop := context.WithCancel(t.Context())
		for range 2 {
			h := newHomeSessions(build, there.publish, slog.New(slog.DiscardHandler))
			h.others = func() bool { return true }
			waits = append(waits, h.run(ctx))
			desks = append(desks, h)
		}
		settle := func() { time.Sleep(5 * time.Second); synctest.Wait() }
		changed := func() {
			changes++
			for _, h := range desks {
				h.changed()
			}
			settle()
		}
		desks[0].opened(who, stageShown("pending"), "")
		settle()
		require.Equal(t, "pending", there.last())
		desks[1].moved(who, stageShown("shipping"))
		settle()
		require.Equal(t, "shipping", there.last())
		for range 3 {
			changed()
			require.Equal(t, "shipping", there.last(), "the desk that they left does not show what they left")
		}
		desks[0].acted(who, stageShown("shipping"), nil)
		settle()
		changed()
		require.Equal(t, "shipping", there.last(), "where they act they are shown what they looked at, not what that desk remembers")
		desks[0].moved(who, stageShown("content"))
		settle()
		for range 2 {
			changed()
			require.Equal(t, "content", there.last())
		}
		stop()
		for _, wait := range waits {
			wait()
		}
	})
}
