package view

import (
	"encoding/json"

	"github.com/slack-go/slack"
)

// Options are the answer to a menu that asks for its options. It rides in an acknowledgement.
type Options struct {
	Options []*slack.OptionBlockObject `json:"options"`
}

// optionsOf offers as many of the options as a menu takes and an acknowledgement holds. Who does not find what they look
// for types on.
func optionsOf(all []*slack.OptionBlockObject) Options {
	offered := Options{Options: []*slack.OptionBlockObject{}}
	left := maxAckBytes
	for _, o := range all[:min(MaxChoices, len(all))] {
		wire, err := json.Marshal(o)
		if left -= len(wire) + 1; err != nil || left < 0 {
			break
		}
		offered.Options = append(offered.Options, o)
	}
	return offered
}
