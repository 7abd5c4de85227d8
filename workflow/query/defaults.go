package query

import (
	"slices"
	"time"

	"sampledesk/workflow"
)

// Defaults are the environment's settings. They hold for every shop whose own is unset.
type Defaults struct {
	Channel string
	Admins  []workflow.PersonID
	Undo    time.Duration
}

// ChannelOf returns a shop's channel.
func (d Defaults) ChannelOf(s workflow.Shop) string {
	if s.Settings.Channel != "" {
		return s.Settings.Channel
	}
	return d.Channel
}

// AdminsOf returns a shop's admins.
func (d Defaults) AdminsOf(s workflow.Shop) []workflow.PersonID {
	if len(s.Settings.Admins) > 0 {
		return s.Settings.Admins
	}
	return d.Admins
}

// UndoOf returns a shop's undo window.
func (d Defaults) UndoOf(s workflow.Shop) time.Duration { return s.Settings.UndoWindow(d.Undo) }

// Sharing returns how many shops live in a shop's channel.
func (d Defaults) Sharing(s workflow.Shop, all []workflow.Shop) (n int) {
	for _, other := range all {
		if d.ChannelOf(other) == d.ChannelOf(s) {
			n++
		}
	}
	return n
}

// ShopsIn returns those of the shops that live in a channel, or, where none does, all.
func (d Defaults) ShopsIn(channel string, all []workflow.Shop) []workflow.Shop {
	here := slices.DeleteFunc(slices.Clone(all), func(s workflow.Shop) bool { return d.ChannelOf(s) != channel })
	if len(here) == 0 {
		return all
	}
	return here
}

// ShopNamed returns what a shop is called where its channel serves several, and nothing where it serves one.
func (d Defaults) ShopNamed(tx workflow.Tx, id workflow.ShopID) (string, error) {
	shops, err := tx.Shops()
	if err != nil {
		return "", err
	}
	s, ok := ShopAmong(shops, id)
	if !ok {
		return "", nil
	}
	return ShopName(s, d.Sharing(s, shops)), nil
}
