package handle_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// played is what a handler and its acknowledgement did, in order.
type played struct {
	steps []string
	acks  []any
}

func (p *played) ack(payload any) {
	p.steps = append(p.steps, "ack")
	p.acks = append(p.acks, payload)
}

func newMux() *handle.Mux {
	api := slackapi.New("http://slack.test/api/", "xoxb-test", http.DefaultClient)
	return handle.NewMux(api, access.New(api, nil, query.Defaults{}, slog.New(slog.DiscardHandler)), slog.New(slog.DiscardHandler), nil)
}

func clicked(action string) handle.Interaction {
	return handle.Interaction{Type: "block_actions", Actions: []handle.Action{{ID: action, Value: handle.Value{Text: "7"}}}}
}

func TestAControlIsHandledInItsOrder(t *testing.T) {
	for name, c := range map[string]struct {
		order    handle.Order
		parse    error
		want     []string
		deadline bool
	}{
		"what commits is acknowledged after it, and has two seconds": {order: handle.CommitFirst, want: []string{"do", "ack", "then"}, deadline: true},
		"what shows something is acknowledged before it":             {order: handle.AckFirst, want: []string{"ack", "do", "then"}},
		"what is not to be read is left to the socket":               {parse: errors.New("no value"), want: nil},
	} {
		t.Run(name, func(t *testing.T) {
			m, p := newMux(), &played{}
			step := func(s string) { p.steps = append(p.steps, s) }
			handle.OnClick(m, "act", handle.Handler[handle.Click, string]{
				Order: c.order,
				Parse: func(c2 handle.Click) (string, error) { return c2.Action.Text, c.parse },
				Do: func(ctx context.Context, in handle.Click, value string, g handle.Grant) (handle.Answer, error) {
					require.Equal(t, "7", value)
					at, limited := ctx.Deadline()
					require.Equal(t, c.deadline, limited)
					if limited {
						require.LessOrEqual(t, time.Until(at), handle.CommitBy)
					}
					require.Equal(t, in.User.ID, g.Actor.Person, "there is no Scope: the person is known all the same")
					step("do")
					return handle.Answer{Then: func(ctx context.Context) {
						require.NoError(t, ctx.Err())
						step("then")
					}}, nil
				},
			})
			require.True(t, m.Interact(context.Background(), clicked("act"), p.ack))
			require.Equal(t, c.want, p.steps)
		})
	}
}

func TestADialogIsAnsweredInItsAcknowledgement(t *testing.T) {
	large := slack.ModalViewRequest{Type: "modal", PrivateMetadata: strings.Repeat("x", 20_000)}
	small := slack.ModalViewRequest{Type: "modal", CallbackID: "next"}
	for name, c := range map[string]struct {
		answer handle.Answer
		err    error
		want   string // of the acknowledgement
	}{
		"nothing closes it":                         {want: `null`},
		"a field that is wrong":                     {answer: handle.At("b1", "Say <@U1> *why*"), want: `{"response_action":"errors","errors":{"b1":"Say somebody why"}}`},
		"another view":                              {answer: handle.Show(small), want: `"response_action":"update"`},
		"a view above it":                           {answer: handle.Answer{View: &small, Push: true}, want: `"response_action":"push"`},
		"a view that fits, with words in case":      {answer: handle.ShowOr(small, "b1", "why"), want: `"response_action":"update"`},
		"a view that is too large, with words":      {answer: handle.ShowOr(large, "b1", "why"), want: `{"response_action":"errors","errors":{"b1":"why"}}`},
		"all pages close":                           {answer: handle.Answer{Clear: true}, want: `{"response_action":"clear"}`},
		"an error is answered by Fail":              {err: errors.New("the disk is full"), want: `{"response_action":"errors","errors":{"b2":"` + view.Denied(view.DeniedUnsaved) + `"}}`},
		"an error of reading says that, by Explain": {err: access.ErrRead, want: `{"response_action":"errors","errors":{"b2":"` + view.Denied(view.DeniedUnread) + `"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			m, p := newMux(), &played{}
			who := access.New(slackapi.New("http://slack.test/api/", "xoxb-test", http.DefaultClient), nil, query.Defaults{}, slog.New(slog.DiscardHandler))
			handle.OnSubmit(m, "dialog", handle.Handler[handle.Submit, string]{
				Parse: func(s handle.Submit) (string, error) { return s.View.Metadata, nil },
				Do: func(context.Context, handle.Submit, string, handle.Grant) (handle.Answer, error) {
					return c.answer, c.err
				},
				Fail: func(ctx context.Context, _ handle.Submit, _ string, _ handle.Grant, err error) handle.Answer {
					return handle.At("b2", who.Explain(ctx, err))
				},
			})
			i := handle.Interaction{Type: "view_submission"}
			i.View.Callback = "dialog"
			require.True(t, m.Interact(context.Background(), i, p.ack))
			require.Len(t, p.acks, 1)
			wire, err := json.Marshal(p.acks[0])
			require.NoError(t, err)
			require.Contains(t, string(wire), c.want)
		})
	}
}

func TestADenialSaysItsRuleAndWhoMay(t *testing.T) {
	who := access.New(slackapi.New("http://slack.test/api/", "xoxb-test", http.DefaultClient), nil, query.Defaults{}, slog.New(slog.DiscardHandler))
	denied := access.Denied{Rule: view.DeniedReviewers, Shop: "7", Entitled: view.Entitled{People: []workflow.PersonID{"U1"}}}
	require.Contains(t, who.Explain(context.Background(), denied), "<@U1>")
	require.Equal(t, view.DeniedReviewers, access.DenialOf(errors.Join(errors.New("asking"), denied)))
	require.Empty(t, access.DenialOf(access.ErrRead))
}
