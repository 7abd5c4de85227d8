package post

import (
	"context"
	"errors"
	"maps"
	"time"

	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/outbox"
)

// keyErased is where the metadata of a reply says that a creator was erased from it.
const keyErased = "erased"

// eraseReplies puts view.ErasedReply in the place of the desk's own replies in a card's thread: the desk keeps no record of
// those that it says once, so they are looked for. What is edited later says by itself that it is erased. It takes as many
// edits as the budget has, and comes again for the rest: what is done is seen by its metadata.
func (s *Service) eraseReplies(ctx context.Context, e workflow.Effect) engine.Outcome {
	var p place
	err := s.Store.View(ctx, func(tx workflow.Tx) (err error) {
		p, err = s.placeOf(tx, e)
		return err
	})
	switch {
	case errors.Is(err, workflow.ErrNotFound), err == nil && p.thread == "":
		return engine.Outcome{Nothing: true}
	case err != nil:
		return failedToRead(e, err)
	}
	edit := draft{method: slackapi.MethodUpdate, channel: p.channel, home: p.channel == p.home}
	replies, err := s.repliesOf(ctx, e, p)
	if slackapi.Gone.Has(err) {
		return engine.Outcome{Nothing: true}
	}
	for n, m := range replies {
		if err != nil {
			break
		}
		if n > 0 { // the first was taken from the budget before the claim
			if wait := s.limits.Take(slackapi.LimitKey(edit.method, edit.channel)); wait > 0 {
				return again(e, engine.Outcome{After: wait})
			}
		}
		one := edit
		one.ts, one.event, one.payload = m.TS, EventReply, maps.Clone(m.Metadata.EventPayload)
		stage, _ := one.payload["stage"].(string)
		one.message, one.payload[keyErased] = view.ErasedReply(workflow.Stage(stage)), "true"
		if _, _, err = s.write(ctx, one); slackapi.Gone.Has(err) { // somebody deleted it, or nobody may edit it any more
			err = nil
		}
	}
	if err == nil {
		return engine.Outcome{}
	}
	o := s.failed(ctx, e, edit, err)
	if slackapi.Closed.Has(err) && !edit.home {
		return engine.Outcome{Then: engine.Buried, Failure: o.Failure, Tell: true}
	}
	if slackapi.Refused(err) && e.Refusals >= outbox.Refusals {
		return engine.Outcome{Then: engine.Buried, Failure: o.Failure, Tell: true}
	}
	return o
}

// repliesOf are the desk's own replies below a card that are not edited later and tell of its request as they did.
func (s *Service) repliesOf(ctx context.Context, e workflow.Effect, p place) (all []slackapi.Message, err error) {
	_, _, err = s.API.FindInThread(ctx, p.channel, p.thread, time.Unix(0, 0), func(m slackapi.Message) bool {
		about := m.Metadata.EventPayload
		if m.Metadata.EventType == EventReply && about["application"] == string(e.Application) && about["notice"] == nil && about[keyErased] == nil {
			all = append(all, m)
		}
		return false
	})
	return all, err
}
