package bot

import (
	"context"

	"sampledesk/bot/handle"
	"sampledesk/bot/rules"
	"sampledesk/bot/view"
)

// rulesDesk is the rules of a shop: their dialogs, and `/samples rules`.
type rulesDesk struct {
	*rules.Desk
	changes viewSeq
}

// newRulesDesk returns the rules with what tells changes of their dialogs apart.
func newRulesDesk(of rules.Desk) *rulesDesk {
	d := &rulesDesk{Desk: &of}
	d.Latest = func(id string) func() bool {
		seq := d.changes.next(id)
		return func() bool { return d.changes.latest(id) == seq }
	}
	return d
}

// register adds the dialogs and the command.
func (d *rulesDesk) register(r *routes) {
	d.Register(r.Mux)
	r.commands[view.CommandSamples+" rules"] = r.whenReady(func(ctx context.Context, c command, rest string) (reply, error) {
		word, rest := cutWord(rest)
		told, err := d.Answer(ctx, rules.Asked{Who: c.User, Key: c.TriggerID, Shops: c.Shops, Word: word, Rest: rest})
		if err != nil || told.Open == nil {
			return reply{Message: told.Message, then: told.Then}, err
		}
		i := handle.Interaction{TriggerID: c.TriggerID, ResponseURL: c.ResponseURL}
		i.User.ID, i.Channel.ID = c.User, c.Channel
		return reply{then: func(ctx context.Context) { r.Open(ctx, i, *told.Open) }}, nil
	})
}
