package main

import (
	"fmt"
	"time"

	"sampledesk/affiliate/affiliatesim"
)

// invitedCreators are whom the demo's target collaboration invites. The first two of them write to the shop.
var invitedCreators = []string{"velvet.glaze", "amber_tableware", "mint.unboxing"}

// soonDue is when one of the demo's first requests ends: the desk tells of it by itself, as of what is urgent.
const soonDue = 3*time.Hour + 20*time.Minute

// fewQuiet is how many requests there are at the least before one of them is urgent.
const fewQuiet = 3

// prepare sets up what the Affiliate Center knows before the desk comes: a request that ends within hours, which stands
// for one of the seeded, and a target collaboration that the desk can import. It returns that collaboration's id.
func (d *demo) prepare(center *affiliatesim.Center) (collaboration string, err error) {
	if d.Seed > fewQuiet {
		if _, err := center.AddApplication(affiliatesim.Request{ApproveIn: soonDue.String()}); err != nil {
			return "", fmt.Errorf("adding a request that ends soon: %w", err)
		}
	}
	of := affiliatesim.Collaboration{
		Name: "Autumn evenings", Products: []affiliatesim.OfferedProduct{{Title: "Velvet Lip Tint"}, {Title: "Foldable Desk Lamp"}},
	}
	for _, name := range invitedCreators {
		of.Creators = append(of.Creators, affiliatesim.InvitedCreator{Username: name})
	}
	if collaboration, err = center.AddCollaboration(of); err != nil {
		return "", fmt.Errorf("beginning a target collaboration: %w", err)
	}
	return collaboration, nil
}

// quiet is how many of the first requests have days left.
func (d *demo) quiet() int {
	if d.Seed > fewQuiet {
		return d.Seed - 1
	}
	return d.Seed
}
