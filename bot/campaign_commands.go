package bot

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// maxAdded is how many creators one command adds.
const maxAdded = 25

// maxNameWords is more words than a campaign's name can have.
const maxNameWords = workflow.MaxCampaignName/2 + 1

// createCampaign creates a campaign. Where the channel serves several shops, the command has to say which.
func (d *campaignDesk) createCampaign(ctx context.Context, c command, typed string) (reply, error) {
	if typed = unquoted(typed); typed == "" {
		return reply{Message: view.Usage(c.Name, "create")}, nil
	}
	name, shop, ok := pickShop(typed, c.Shops)
	if !ok {
		return reply{Message: view.WhichShop(c.Name+" create "+typed, c.Shops)}, nil
	}
	if _, err := d.access.Guard(ctx, c.User, shop.ID, access.Reviewer); err != nil {
		return reply{}, err
	}
	created, err := d.engine.CreateCampaign(ctx, workflow.Creation{
		Shop: shop.ID, Name: name, By: c.User, At: time.Now(), DedupKey: c.TriggerID,
	})
	if err != nil {
		return reply{}, err
	}
	return reply{Message: view.CampaignCreated(created, query.ShopName(shop, len(c.Shops)))}, nil
}

// addition is what "/campaign add" names.
type addition struct {
	found    []query.NamedCampaign
	name     string   // of the campaign, as it was typed
	creators []string // as they were typed
}

// addCreators adds creators to a campaign by hand.
func (d *campaignDesk) addCreators(ctx context.Context, c command, typed string) (reply, error) {
	if typed == "" {
		return reply{Message: view.Usage(c.Name, "add")}, nil
	}
	var add addition
	var sorry view.Message
	err := d.store.View(ctx, func(tx workflow.Tx) (err error) {
		if add, err = readAddition(tx, c.Shops, typed); err == nil && len(add.found) == 0 && add.name != "" {
			sorry, err = noSuchCampaign(ctx, tx, c, "add", add.name, strings.Join(add.creators, " "))
		}
		return err
	})
	switch {
	case err != nil:
		return reply{}, fmt.Errorf("%w a campaign: %w", access.ErrRead, err)
	case len(add.creators) == 0 || len(add.creators) > maxAdded:
		return reply{Message: view.AddUsage()}, nil
	case len(add.found) == 0:
		return reply{Message: sorry}, nil
	case len(add.found) > 1:
		return reply{Message: view.WhichShop(c.Name+" add "+typed, shopsOf(add.found))}, nil
	}
	shop, err := d.access.Guard(ctx, c.User, add.found[0].Shop.ID, access.Reviewer)
	if err != nil {
		return reply{}, err
	}
	return d.addTyped(ctx, c, add.found[0].Campaign, shop, add.creators)
}

// addTyped adds creators by their user names, or the one whom some words mean. Where several can be meant it asks.
func (d *campaignDesk) addTyped(ctx context.Context, c command, campaign workflow.Campaign, shop workflow.Shop, typed []string) (reply, error) {
	found, more, err := d.meantBy(ctx, shop, typed)
	switch {
	case err != nil:
		return reply{}, fmt.Errorf("%w the creators of a shop: %w", access.ErrRead, err)
	case len(found) == 1 && !more:
		return d.addEach(ctx, c, campaign, shop, []string{found[0].Username})
	case len(found) > 0:
		return reply{Message: view.WhichCreator(view.WhichCreatorFacts{
			Typed: strings.Join(typed, " "), Campaign: campaign, Shop: query.ShopName(shop, len(c.Shops)), Found: found, More: more,
		})}, nil
	default:
		return d.addEach(ctx, c, campaign, shop, typed)
	}
}

// meantBy returns the creators whom some words can mean: those for whom each word begins a word of their name or handle.
// Nobody where each is a user name: with an @, or one that is known.
func (d *campaignDesk) meantBy(ctx context.Context, shop workflow.Shop, typed []string) (found []workflow.Creator, more bool, err error) {
	err = d.store.View(ctx, func(tx workflow.Tx) error {
		names := 0
		for _, t := range typed {
			term := searchTerm(t)
			if term.Name || strings.HasPrefix(t, "<") {
				return nil
			}
			known, err := query.ByUsername(tx, []workflow.Shop{shop}, term.Word)
			if err != nil {
				return err
			}
			if len(known) > 0 {
				names++
			}
		}
		if names == len(typed) {
			return nil
		}
		found, more, err = query.CreatorsByWords(ctx, tx, shop, strings.Join(typed, " "))
		return err
	})
	return found, more, err
}

// pickCreator adds to a campaign one of the creators whom a command could mean.
func (d *campaignDesk) pickCreator() onClick[view.Correspondent] {
	return onClick[view.Correspondent]{
		Parse: correspondentNamed, Scope: correspondentScope,
		Do: func(ctx context.Context, c click, to view.Correspondent, g handle.Grant) (handle.Answer, error) {
			var campaign workflow.Campaign
			var creator workflow.Creator
			err := d.store.View(ctx, func(tx workflow.Tx) (err error) {
				if campaign, err = tx.Campaign(to.Campaign); errors.Is(err, workflow.ErrNotFound) || err == nil && campaign.Shop != to.Shop {
					return workflow.Refusal{Rule: workflow.RuleNoCampaign}
				}
				if err == nil {
					creator, _, err = workflow.Recipient(tx, to.Shop, "", to.Creator)
				}
				return err
			})
			if err != nil {
				return handle.Answer{}, err
			}
			of := command{User: c.User.ID, TriggerID: c.TriggerID, Shops: []workflow.Shop{g.Shop}}
			r, err := d.addEach(ctx, of, campaign, g.Shop, []string{creator.Username})
			return handle.Replace(r.Message), err
		},
	}
}

func (d *campaignDesk) addEach(ctx context.Context, c command, campaign workflow.Campaign, shop workflow.Shop, typed []string) (reply, error) {
	facts := view.AddedFacts{Campaign: campaign, Shop: query.ShopName(shop, len(c.Shops))}
	for _, t := range typed {
		name, ok := creatorName(t)
		if !ok {
			facts.Wrong = append(facts.Wrong, t)
			continue
		}
		m, _, err := d.engine.AddMember(ctx, workflow.Addition{
			Actor: d.access.Actor(c.User, shop, workflow.FromCommand, c.TriggerID), At: time.Now(), Campaign: campaign.ID,
			Creator: workflow.Creator{Username: name},
		})
		if r, ok := errors.AsType[workflow.Refusal](err); ok && r.Rule == workflow.RuleAlreadyInCampaign {
			facts.There = append(facts.There, r.Member.Shown)
			continue
		}
		if err != nil {
			return reply{}, err
		}
		facts.Added = append(facts.Added, m.Shown)
	}
	err := d.store.View(ctx, func(tx workflow.Tx) (err error) {
		facts.Live, err = query.LiveAmong(tx, shop.ID, facts.Added)
		return err
	})
	if err != nil { // they were added all the same
		d.log.WarnContext(ctx, "could not read the requests of new members", "shop", shop.ID, "error", err)
	}
	return reply{Message: view.CreatorsAdded(facts)}, nil
}

func shopsOf(found []query.NamedCampaign) (shops []workflow.Shop) {
	for _, n := range found {
		shops = append(shops, n.Shop)
	}
	return shops
}

// readAddition parts a campaign's name from the creators after it. Quotation marks part them for certain; else the
// longest name counts that a campaign has, be there nobody after it. Where none fits, all but the last word is taken for the name.
func readAddition(tx workflow.Tx, shops []workflow.Shop, typed string) (addition, error) {
	typed = strings.Join(strings.Fields(typed), " ")
	if len(shops) > 1 {
		if rest, shop, ok := pickShop(typed, shops); ok {
			typed, shops = rest, []workflow.Shop{shop}
		}
	}
	if name, rest, ok := cutQuoted(typed); ok {
		found, err := query.CampaignsNamed(tx, shops, name)
		return addition{found: found, name: name, creators: strings.Fields(rest)}, err
	}
	words := strings.Fields(typed)
	for n := min(len(words), maxNameWords); n > 0; n-- {
		name := strings.Join(words[:n], " ")
		found, err := query.CampaignsNamed(tx, shops, name)
		if err != nil || len(found) > 0 {
			return addition{found: found, name: name, creators: words[n:]}, err
		}
	}
	if len(words) < 2 {
		return addition{}, nil
	}
	n := len(words) - 1
	for n > 1 && strings.HasPrefix(words[n-1], "@") {
		n--
	}
	return addition{name: strings.Join(words[:n], " "), creators: words[n:]}, nil
}

// tiktokName is what TikTok lets a user name be made of.
var tiktokName = regexp.MustCompile(`^[A-Za-z0-9._]{1,40}$`)

// creatorName reads a user name in any of the ways in which people have it at hand.
func creatorName(typed string) (string, bool) {
	if strings.HasPrefix(typed, "<@") {
		return typed, false // a colleague
	}
	name := strings.TrimRight(searchTerm(typed).Word, ".")
	return name, tiktokName.MatchString(name)
}

// collaborationID is what the vendor's ids are: decimal numbers of up to 64 bits.
var collaborationID = regexp.MustCompile(`^[0-9]{1,20}$`)

// importCollaboration begins to import a target collaboration. Its progress is a message in the shop's channel.
func (d *campaignDesk) importCollaboration(ctx context.Context, c command, typed string) (reply, error) {
	if typed = unquoted(typed); typed == "" {
		return reply{Message: view.Usage(c.Name, "import")}, nil
	}
	id, shop, ok := pickShop(typed, c.Shops)
	id = strings.Trim(id, "#")
	switch {
	case !ok && collaborationID.MatchString(typed) || len(c.Shops) == 0:
		return reply{Message: view.WhichShop(c.Name+" import "+typed, c.Shops)}, nil
	case !ok || !collaborationID.MatchString(id):
		return reply{Message: view.BadCollaboration(typed)}, nil
	}
	shop, err := d.access.Guard(ctx, c.User, shop.ID, access.Reviewer)
	if err != nil {
		return reply{}, err
	}
	_, err = d.engine.BeginImport(ctx, workflow.Import{
		Actor: d.access.Actor(c.User, shop, workflow.FromCommand, c.TriggerID), At: time.Now(), Shop: shop.ID, Collaboration: id,
	})
	if err != nil {
		return reply{}, err
	}
	return reply{Message: view.ImportBegun(d.defaults.ChannelOf(shop), query.ShopName(shop, len(c.Shops)))}, nil
}

// askToArchive asks once more before a campaign is archived.
func (d *campaignDesk) askToArchive(ctx context.Context, c command, typed string) (reply, error) {
	if typed = unquoted(typed); typed == "" {
		return reply{Message: view.Usage(c.Name, "archive")}, nil
	}
	var found []query.NamedCampaign
	var sorry view.Message
	err := d.store.View(ctx, func(tx workflow.Tx) (err error) {
		if found, err = findCampaigns(tx, c.Shops, typed); err == nil && len(found) == 0 {
			sorry, err = noSuchCampaign(ctx, tx, c, "archive", typed, "")
		}
		return err
	})
	switch {
	case err != nil:
		return reply{}, fmt.Errorf("%w a campaign: %w", access.ErrRead, err)
	case len(found) == 0:
		return reply{Message: sorry}, nil
	case len(found) > 1:
		return reply{Message: view.WhichShop(c.Name+" archive "+typed, shopsOf(found))}, nil
	}
	campaign := found[0].Campaign
	if _, err := d.access.Guard(ctx, c.User, campaign.Shop, access.Reviewer); err != nil {
		return reply{}, err
	}
	if campaign.Archived {
		return reply{Message: view.CampaignArchived(campaign)}, nil
	}
	return reply{Message: view.ConfirmArchive(campaign, query.ShopName(found[0].Shop, len(c.Shops)))}, nil
}

// archiveCampaign archives the campaign whose button was clicked. To somebody who finds it archived already, be it by a
// second click, all is as wished.
func (d *campaignDesk) archiveCampaign() onClick[workflow.Campaign] {
	return onClick[workflow.Campaign]{
		Parse: campaignNamed, Scope: campaignScope(d.store),
		Do: func(ctx context.Context, _ click, c workflow.Campaign, g handle.Grant) (handle.Answer, error) {
			_, err := d.engine.ArchiveCampaign(ctx, c.ID, g.Actor, time.Now())
			if access.RuleOf(err) == workflow.RuleArchived {
				err = nil
			}
			return handle.Replace(view.CampaignArchived(c)), err
		},
	}
}
