package post

import (
	"cmp"
	"errors"

	"sampledesk/bot/slackapi"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// place is where an effect's message is, or where it goes.
type place struct {
	shop        workflow.Shop
	application workflow.Application // whose card it is, or in whose thread it stands
	notice      workflow.Notice
	post        workflow.Post       // the message as it is on record; zero for what is said once
	pages       []workflow.PostPage // the further ones that are on record

	channel string // where it is, or goes
	home    string // where what it is about lives now
	person  bool   // the channel is a person: it goes to the conversation with them
	thread  string // the card under which it stands; empty: it is a message of the channel
	waits   bool   // for its card
	gone    bool   // the message, its card or what it tells of is gone: nothing is written any more
}

// method is what the message is written by.
func (p place) method() string {
	if p.post.Posted() {
		return slackapi.MethodUpdate
	}
	return slackapi.MethodPost
}

// placeOf reads where an effect's message is, or goes. With an error it is as far as it is known.
func (s *Service) placeOf(tx workflow.Tx, e workflow.Effect) (p place, err error) {
	p.channel, p.home = s.Defaults.Channel, s.Defaults.Channel
	if p.shop, err = query.Shop(tx, e.Shop); err != nil {
		return p, err
	}
	p.channel = s.Defaults.ChannelOf(p.shop)
	p.home = p.channel
	switch e.Kind {
	case workflow.ShowCard:
		if p.application, err = tx.Application(e.Key()); err != nil {
			return p, err
		}
		p.post, p.gone = p.application.Card.Post, p.application.Card.Lost
	case workflow.ShowNotice:
		err = s.placeNotice(tx, e, &p)
	case workflow.Reply, workflow.EraseReplies:
		err = placeInThread(tx, e.Key(), &p)
	default:
		err = placeAnnouncement(tx, e, &p)
	}
	if p.post.Posted() {
		p.channel = p.post.Channel
	}
	return p, err
}

func (s *Service) placeNotice(tx workflow.Tx, e workflow.Effect, p *place) (err error) {
	p.notice, err = tx.Notice(e.Notice)
	if errors.Is(err, workflow.ErrNotFound) {
		p.gone = true
		return nil
	}
	if err != nil {
		return err
	}
	p.post, p.pages = p.notice.Post, p.notice.Pages
	if p.notice.Application != "" {
		err = placeInThread(tx, p.notice.Key(), p)
	} else {
		p.channel, err = campaignChannel(tx, p.notice.Campaign, p.channel)
		p.home = p.channel
	}
	p.gone = p.gone || p.post.Lost
	return err
}

// placeInThread places a message under an application's card.
func placeInThread(tx workflow.Tx, k workflow.Key, p *place) (err error) {
	if p.application, err = tx.Application(k); err != nil {
		return err
	}
	card := p.application.Card
	p.waits, p.gone = !card.Posted(), card.Lost
	if card.Posted() {
		p.channel, p.thread = card.Channel, card.TS
	}
	return nil
}

func placeAnnouncement(tx workflow.Tx, e workflow.Effect, p *place) (err error) {
	switch {
	case e.Payload == nil:
	case e.Payload.To != "":
		p.channel, p.home, p.person = string(e.Payload.To), "", true
		return nil
	case e.Payload.Kind == workflow.KindShipment && p.shop.Settings.Shipments == workflow.ShipmentsElsewhere:
		p.channel = cmp.Or(p.shop.Settings.ShipmentChannel, p.channel)
	default:
		p.channel, err = campaignChannel(tx, e.Payload.CampaignID, p.channel)
	}
	p.home = p.channel
	return err
}

// campaignChannel returns a campaign's own channel, or the shop's.
func campaignChannel(tx workflow.Tx, id workflow.CampaignID, shops string) (string, error) {
	if id == "" {
		return shops, nil
	}
	c, err := tx.Campaign(id)
	if err != nil || c.Channel == "" {
		return shops, err
	}
	return c.Channel, nil
}
