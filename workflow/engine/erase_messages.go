package engine

import (
	"errors"
	"slices"

	"sampledesk/workflow"
)

// notices takes what it tells of the creator out of every message that is edited, and has it shown again: those in
// threads after their application was changed.
func (x *erasing) notices() error {
	return x.pages(func(t *txn, after string) (string, error) {
		notices, next, err := t.tx.Notices(after, eraseAtOnce)
		for _, n := range notices {
			now, theirs := x.of(n.Key(), n.Creator)
			lists := n.Agenda != nil && slices.ContainsFunc(slices.Concat(n.Agenda.Keys, n.Agenda.Ship), x.has)
			if !theirs && (!lists || x.old()) {
				continue
			}
			if theirs {
				n = eraseNotice(n, now)
				x.done.Messages++
			}
			if err := t.tx.PutNotice(n); err != nil {
				return "", err
			}
			if n.Posted() && !x.old() {
				k := n.Key()
				if lists || n.Application == "" {
					k = workflow.Key{} // after all of them
				}
				x.repost[k] = append(x.repost[k], n.ID)
			}
		}
		return next, err
	})
}

func eraseNotice(n workflow.Notice, now workflow.Creator) workflow.Notice {
	if n.Creator != "" {
		n.Creator = now.KeyOf(n.Shop)
	}
	if n.Message != nil {
		m := *n.Message
		m.Text, m.Failure.Message = workflow.ErasedText, ""
		n.Message = &m
	}
	if n.Content != nil {
		c := *n.Content
		c.Text, c.Link = "", ""
		n.Content = &c
	}
	return n
}

// waiting takes the creator out of what is still to be sent, and takes away what was to be sent to them.
func (x *erasing) waiting() error {
	for k := range x.apps {
		err := x.engine.update(x.ctx, func(t *txn) error { return x.lane(t, workflow.ThreadLane(k)) })
		if err != nil {
			return err
		}
	}
	for _, s := range x.shops {
		err := x.engine.update(x.ctx, func(t *txn) error {
			for _, k := range x.keys {
				waiting, err := t.tx.Lane(workflow.MessageLane(s.ID, k))
				if err != nil {
					return err
				}
				for _, w := range waiting {
					if err := t.tx.Remove(w.ID); err != nil {
						return err
					}
				}
			}
			x.gathered(&s)
			return errors.Join(t.tx.PutShop(s), x.lane(t, workflow.NoticeLane(s.ID)), x.lane(t, workflow.ShipmentLane(s.ID)))
		})
		if err != nil {
			return err
		}
	}
	return x.deadLetters()
}

// deadLetters takes away what could not be sent and tells of the creator.
func (x *erasing) deadLetters() error {
	return x.pages(func(t *txn, after string) (string, error) {
		dead, next, err := t.tx.DeadLetters(after, eraseAtOnce)
		for _, d := range dead {
			if _, is := x.about(d.Effect); !is {
				continue
			}
			if err := errors.Join(t.tx.Revive(d.ID, x.at), t.tx.Remove(d.ID)); err != nil {
				return "", err
			}
		}
		return next, err
	})
}

// gathered takes the creator's name out of the news of shipments that a shop gathers.
func (x *erasing) gathered(s *workflow.Shop) {
	s.Gathered = slices.Clone(s.Gathered)
	for i := range s.Gathered {
		s.Gathered[i].Items = x.listed(s.Gathered[i].Items)
	}
}

func (x *erasing) listed(items []workflow.Item) []workflow.Item {
	items = slices.Clone(items)
	for i := range items {
		if x.has(items[i].Key) {
			items[i].Creator = x.apps[items[i].Key]
		}
	}
	return items
}

// about returns who stands in the place of the creator of whom an effect tells; false if it tells of none who is erased.
func (x *erasing) about(e workflow.Effect) (workflow.Creator, bool) {
	keys := []workflow.CreatorKey{e.Creator}
	if p := e.Payload; p != nil {
		keys = append(keys, p.CreatorKey)
		if p.Creator != nil {
			keys = append(keys, p.Creator.KeyOf(e.Shop))
		}
	}
	return x.of(e.Key(), keys...)
}

// lane takes the creator out of the messages that wait in a lane. What is being sent at this moment is left.
func (x *erasing) lane(t *txn, lane workflow.Lane) error {
	waiting, err := t.tx.Lane(lane)
	if err != nil {
		return err
	}
	for _, w := range waiting {
		if w.Claimed || w.Payload == nil {
			continue
		}
		p := *w.Payload
		p.Items = x.listed(p.Items)
		if now, is := x.about(w.Effect); is {
			p = erasePayload(p, now, w.Shop)
		}
		w.Payload = &p
		if err := t.tx.Change(w.Effect); err != nil {
			return err
		}
	}
	return nil
}

func erasePayload(p workflow.Payload, now workflow.Creator, shop workflow.ShopID) workflow.Payload {
	for _, text := range []*string{&p.Text, &p.Unsent} {
		if *text != "" {
			*text = workflow.ErasedText
		}
	}
	if p.Inbound != nil {
		m := *p.Inbound
		m.Text = workflow.ErasedText
		p.Inbound = &m
	}
	if p.Creator != nil {
		p.Creator = &now
	}
	if p.CreatorKey != "" {
		p.CreatorKey = now.KeyOf(shop)
	}
	return p
}
