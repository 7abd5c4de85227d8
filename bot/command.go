package bot

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// command is a slash command as Slack delivers it.
type command struct {
	Name      string            `json:"command"`
	Text      string            `json:"text"`
	User      workflow.PersonID `json:"user_id"`
	Channel   string            `json:"channel_id"`
	TriggerID string            `json:"trigger_id"`
}

// answer is the first answer to a command; it rides in the acknowledgement and only its person sees it.
type answer struct {
	Type   string       `json:"response_type"`
	Text   string       `json:"text"`
	Blocks slack.Blocks `json:"blocks"`
}

func private(m view.Message) answer {
	return answer{Type: slack.ResponseTypeEphemeral, Text: m.Text, Blocks: slack.Blocks{BlockSet: m.Blocks}}
}

// command answers a slash command, in the channel or in a direct message with the desk. The view keeps its answers short
// enough for an acknowledgement.
func (d *Desk) command(ctx context.Context, c command, ack ackFunc) {
	ctx, cancel := context.WithTimeout(ctx, commitBy)
	defer cancel()
	m, opened := d.answer(ctx, c)
	ack(private(m))
	if opened != nil {
		d.seeToCard(ctx, c.User, *opened)
	}
}

// answer answers a command. The second result is the one application that it opened, if it did.
func (d *Desk) answer(ctx context.Context, c command) (m view.Message, opened *workflow.Application) {
	word, rest := cutWord(c.Text)
	if word == "" || word == "help" {
		return help(c.Name), nil
	}
	if ok, denial := d.people.maySee(ctx, c.User, d.config.Channel); !ok {
		d.log.InfoContext(ctx, "refused", "person", c.User, "rule", denial, "channel", c.Channel)
		return view.Aside(view.Denied(denial)), nil
	}
	var err error
	switch c.Name + " " + word {
	case view.CommandSamples + " queue":
		m, err = d.queue(ctx, view.QueuePage{})
	case view.CommandSamples + " show":
		m, opened, err = d.show(ctx, c, rest)
	case view.CommandCampaign + " list":
		m, err = d.campaigns(ctx)
	case view.CommandCampaign + " status":
		m, err = d.campaignStatus(ctx, rest)
	case view.CommandCampaign + " create":
		m, err = d.createCampaign(ctx, c, rest)
	default:
		return view.Unknown(c.Name, c.Text), nil
	}
	if err == nil {
		return m, opened
	}
	d.note(ctx, c.User, err)
	if _, ok := errors.AsType[workflow.Refusal](err); !ok && word != "create" {
		return view.Aside(view.Denied(view.DeniedUnread)), nil
	}
	return view.Aside(d.sentence(ctx, err)), nil
}

func help(name string) view.Message {
	if name == view.CommandCampaign {
		return view.CampaignHelp()
	}
	return view.SamplesHelp()
}

// cutWord parts the first word, in lower case, from the rest.
func cutWord(text string) (word, rest string) {
	text = strings.TrimSpace(text)
	i := strings.IndexFunc(text, func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' })
	if i < 0 {
		return strings.ToLower(text), ""
	}
	return strings.ToLower(text[:i]), strings.TrimSpace(text[i:])
}

// createCampaign creates a campaign. Where the channel serves several shops, the command has to say which.
func (d *Desk) createCampaign(ctx context.Context, c command, typed string) (view.Message, error) {
	if typed == "" {
		return view.Usage(c.Name, "create"), nil
	}
	if ok, denial := d.people.mayDecide(ctx, c.User, d.config.Channel); !ok {
		d.log.InfoContext(ctx, "refused", "person", c.User, "rule", denial, "channel", c.Channel)
		return view.Aside(view.Denied(denial)), nil
	}
	shops, err := d.shops(ctx)
	if err != nil {
		return view.Message{}, err
	}
	name, shop, ok := pickShop(typed, shops)
	if !ok {
		return view.WhichShop(c.Name+" create "+typed, shops), nil
	}
	created, err := d.engine.CreateCampaign(ctx, workflow.Creation{
		Shop: shop.ID, Name: name, By: c.User, At: time.Now(), Origin: c.TriggerID,
	})
	if err != nil {
		return view.Message{}, err
	}
	return view.CampaignCreated(created, shopName(shop, len(shops))), nil
}

// pickShop parts "Spring launch for My Shop" into a name and one of the shops. With one shop there is nothing to say.
// The longest name that fits counts, and a name that several shops bear names none of them.
func pickShop(typed string, shops []workflow.Shop) (name string, shop workflow.Shop, ok bool) {
	if len(shops) == 1 {
		return typed, shops[0], true
	}
	longest := 0
	for _, s := range shops {
		for _, called := range []string{strings.TrimSpace(s.Name), string(s.ID)} {
			suffix := " for " + called
			if called == "" || len(suffix) < longest || len(typed) <= len(suffix) || !strings.EqualFold(typed[len(typed)-len(suffix):], suffix) {
				continue
			}
			ok = len(suffix) > longest || shop.ID == s.ID
			name, shop, longest = strings.TrimSpace(typed[:len(typed)-len(suffix)]), s, len(suffix)
		}
	}
	return name, shop, ok
}
