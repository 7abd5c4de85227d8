package bot

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// BenchmarkAPageOfAppHome builds a page of App Home among 5,000 requests that wait. It has to cost about what it costs
// among a hundred: all that it shows is read from listings. (Among ten it reads ten, where else it looks at a hundred
// for how many end soon.)
func BenchmarkAPageOfAppHome(b *testing.B) {
	for _, size := range []int{10, 100, 5000} {
		for _, page := range []int{0, 5, 400} {
			if page*view.HomePageSize >= size {
				continue
			}
			b.Run(fmt.Sprintf("%d/page-%d", size, page), func(b *testing.B) {
				d := benchedDesk(b, size)
				state := pageOfHome(b, d, page)
				for b.Loop() {
					if _, err := d.buildHome(b.Context(), "U0MEMBER01", state, nil); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// benchedDesk is a desk whose Slack says that the member is in the channel.
func benchedDesk(b *testing.B, size int) *Desk {
	b.Helper()
	answer := func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, `{"ok":true,"members":["U0MEMBER01"],"team_id":"T1","user":{"id":"U0MEMBER01","team_id":"T1"}}`)
	}
	server := httptest.NewServer(http.HandlerFunc(answer))
	b.Cleanup(server.Close)
	d := &Desk{
		store: longQueue(b, size), log: slog.New(slog.DiscardHandler), config: Config{Channel: "C1"},
		people: newPeople(slack.New("xoxb-bench", slack.OptionAPIURL(server.URL+"/"))),
	}
	return d
}

// pageOfHome turns so many pages.
func pageOfHome(b *testing.B, d *Desk, pages int) (state view.HomeState) {
	b.Helper()
	require.NoError(b, d.store.View(b.Context(), func(tx workflow.Tx) error {
		shops, err := tx.Shops()
		require.NoError(b, err)
		l, err := newHomeList(tx, shops, state.Filter)
		require.NoError(b, err)
		for range pages {
			f := view.HomeFacts{State: state}
			_, err := l.page(tx, &f)
			require.NoError(b, err)
			state = state.Next(*f.Next)
		}
		return nil
	}))
	return state
}
