package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"sampledesk/affiliate/affiliatesim"
	"sampledesk/bot/view"
	"sampledesk/workflow"
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
	if d.returns() {
		if err := addAll(center, past); err != nil {
			return "", err
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

// The creators of the demo who have a past, and what they ask for.
var (
	eveningGlow = affiliatesim.RequestedBy{Username: "evening.glow", Nickname: "Evening Glow", GMV: affiliatesim.Money("18240.00", "USD")}
	tidyDesk    = affiliatesim.RequestedBy{Username: "tidy_desk", Nickname: "Tidy Desk", GMV: affiliatesim.Money("2460.00", "USD")}
	glowSerum   = affiliatesim.RequestedProduct{Title: "Hydrating Glow Serum", ID: "1729384756000000101", SKUID: "1729384756000000102"}
	deskLamp    = affiliatesim.RequestedProduct{Title: "Foldable Desk Lamp", ID: "1729384756000000201", SKUID: "1729384756000000202"}
)

// past is what some creators asked for before the desk came.
var past = []affiliatesim.Request{
	{Creator: eveningGlow, Product: glowSerum, Status: affiliatesim.Completed},
	{Creator: eveningGlow, Product: deskLamp, Status: affiliatesim.OverdueCancelled},
	{Creator: tidyDesk, Product: deskLamp, Status: affiliatesim.Completed},
}

// returning are the requests that come once the desk has learned the past, so that their cards tell of it: one for the
// same product and variant again, one of somebody known, and one through an agency. They stand for three of the seeded.
var returning = []affiliatesim.Request{
	{PartnerName: "Bright Side Agency"}, {Creator: tidyDesk, Product: glowSerum}, {Creator: eveningGlow, Product: glowSerum},
}

// returningAfter is how long that takes at the most.
const returningAfter = 6 * time.Second

// returns reports whether some of the first requests come later. Where no others come, all are there from the start.
func (d *demo) returns() bool { return d.Every > 0 && d.Seed >= 2*len(returning) }

func addAll(center *affiliatesim.Center, all []affiliatesim.Request) error {
	for _, r := range all {
		if _, err := center.AddApplication(r); err != nil {
			return fmt.Errorf("adding what a creator asks for: %w", err)
		}
	}
	return nil
}

// quiet is how many of the first requests have days left.
func (d *demo) quiet() int {
	switch {
	case d.returns():
		return d.Seed - 1 - len(returning)
	case d.Seed > fewQuiet:
		return d.Seed - 1
	default:
		return d.Seed
	}
}

// firstRule gives the demo's shop the rule that people are offered first, so that a visitor sees what one suggests.
func firstRule(ctx context.Context, at storeFlags, shop workflow.ShopID, log *slog.Logger) (err error) {
	db, _, err := openMemory(ctx, at, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rule, _, _ := view.Started(view.Starters[0].Key).Rule(workflow.ShopRule{ID: "first", Version: 1, CreatedAt: time.Now()}, view.RuleMeta{}, "")
	err = db.Update(ctx, func(tx workflow.Tx) error {
		return tx.PutRules(workflow.Rules{Shop: shop, Version: 1, All: []workflow.ShopRule{rule}})
	})
	if err != nil {
		return fmt.Errorf("giving the demo's shop a rule: %w", err)
	}
	return nil
}
