package view

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// NoSuchCampaign tells that there is no campaign of a name. Instead is the command with the nearest name that exists;
// empty: none comes near.
func NoSuchCampaign(typed, instead string) Message {
	sorry := "There is no campaign called " + quoted(typed, maxName) + ". "
	if instead != "" {
		return Aside(sorry + "Did you mean `" + data(instead, maxWords) + "`?")
	}
	return Aside(sorry + "`/campaign list` shows all campaigns.")
}

// NearestName finds the name that was most likely meant: the one with the fewest slips, of those with a few at the most,
// or else one that holds what was typed.
func NearestName(typed string, names []string) (string, bool) {
	typed = workflow.FoldName(typed)
	long := len([]rune(typed))
	if long < 2 || long > 2*workflow.MaxCampaignName {
		return "", false
	}
	const part = 1000 // worse than any number of slips
	best, slips := "", part+workflow.MaxCampaignName
	for _, name := range names {
		folded := workflow.FoldName(name)
		d := distance(typed, folded)
		if d > max(2, long/4) || d >= long {
			d = part + d
			if long < 3 || !strings.Contains(folded, typed) && !strings.Contains(typed, folded) {
				continue
			}
		}
		if d < slips {
			best, slips = name, d
		}
	}
	return best, best != ""
}

// AddedFacts is what became of creators that somebody wanted in a campaign.
type AddedFacts struct {
	Campaign workflow.Campaign
	Shop     string             // named only where a channel serves several shops
	Added    []workflow.Creator // new to the campaign
	There    []workflow.Creator // in it already
	Wrong    []string           // what is no user name of TikTok's

	Live map[workflow.CreatorKey]bool // who has a request that goes on: no link is offered for another
}

// ActionInvite opens the dialog to write to a member of a campaign, with an invitation in it; the value holds a
// Correspondent.
const ActionInvite = "campaign_invite"

// offeredAtMost is for how many creators an answer offers to write to them.
const offeredAtMost = 8

// InviteText is what an invitation begins as. The creator reads it, so it says nothing of the campaign, which is a name
// of the team's.
func InviteText(c workflow.Creator) string {
	return "Hi " + raw(strings.TrimPrefix(nameOf(c), "@"), maxName) + "! We would love to work with you. Are you interested, and do you need a sample?"
}

// namedAtMost is how many creators one answer names.
const namedAtMost = 25

// CreatorsAdded is the answer to `/campaign add`.
func CreatorsAdded(f AddedFacts) Message {
	name := "*" + campaignName(f.Campaign.Name) + "*" + ofShop(f.Shop)
	var lines, said []string
	if n := len(f.Added); n > 0 {
		lines = append(lines, "Added "+creators(f.Added)+" to "+name+": "+stageName(workflow.StageInvited)+" until they answer.")
		said = append(said, many(n, "creator")+" added to the campaign "+spokenCampaign(f.Campaign.Name))
	}
	if n := len(f.There); n > 0 {
		lines = append(lines, "In "+name+" already: "+creators(f.There)+".")
		said = append(said, many(n, "creator")+" already in it")
	}
	if n := len(f.Wrong); n > 0 {
		words := make([]string, min(n, namedAtMost))
		for i := range words {
			words[i] = quoted(f.Wrong[i], 40)
		}
		lines = append(lines, "Not a TikTok username: "+strings.Join(words, ", ")+". Usernames have only letters, digits, dots and underscores, like `@glow.daily`.")
		said = append(said, fmt.Sprintf("%d not understood", n))
	}
	blocks := []slack.Block{section(lines...)}
	if len(f.Added) > 0 {
		blocks = append(blocks, section("Nothing was sent to "+either(len(f.Added) == 1, "the creator", "them")+" yet. You can do that here:"))
		said = append(said, "nothing was sent yet")
	}
	for _, c := range f.Added[:min(offeredAtMost, len(f.Added))] {
		if offers := memberOffers(f, c); len(offers) > 0 {
			blocks = append(blocks, actions("", offers...))
		}
	}
	return Message{Text: join("; ", said...), Blocks: blocks}
}

// memberOffers are the ways to write to a new member.
func memberOffers(f AddedFacts, c workflow.Creator) []slack.BlockElement {
	key := c.KeyOf(f.Campaign.Shop)
	value := Correspondent{Shop: f.Campaign.Shop, Creator: key, Campaign: f.Campaign.ID}.String()
	if utf8.RuneCountInString(value) > maxValue {
		return nil
	}
	who, invite, link := aloud(c), "Write an invitation", "Send the request link"
	if len(f.Added) > 1 {
		name := raw(nameOf(c), 20)
		invite, link = "Invite "+name, "Link to "+name
	}
	all := []slack.BlockElement{button(ActionInvite, value, invite, "Write an invitation to "+who)}
	if !f.Live[key] {
		all = append(all, button(ActionLink, value, link, "Send "+who+" the request link"))
	}
	return all
}

// ActionCampaignPick adds one of the creators whom a command could mean; the value is a Correspondent with a campaign.
const ActionCampaignPick = "campaign_pick"

// WhichCreatorFacts is what a command asks that can mean several creators.
type WhichCreatorFacts struct {
	Typed    string
	Campaign workflow.Campaign
	Shop     string // named only where a channel serves several
	Found    []workflow.Creator
	More     bool // there are others
}

// WhichCreator asks which of several creators is to be added to a campaign.
func WhichCreator(f WhichCreatorFacts) Message {
	name := "*" + campaignName(f.Campaign.Name) + "*" + ofShop(f.Shop)
	blocks := []slack.Block{section("Which creator should be added to "+name+"? Found for "+quoted(f.Typed, maxName)+":", "")}
	for _, c := range f.Found {
		row := section("*" + namedBoth(c) + "*")
		value := Correspondent{Shop: f.Campaign.Shop, Creator: c.KeyOf(f.Campaign.Shop), Campaign: f.Campaign.ID}.String()
		if utf8.RuneCountInString(value) <= maxValue {
			row.Accessory = slack.NewAccessory(button(ActionCampaignPick, value, "Add", "Add "+aloud(c)+" to the campaign"))
		}
		blocks = append(blocks, row)
	}
	more := ""
	if f.More {
		more = "There are more: type more of the name. "
	}
	blocks = append(blocks, aside(more+"To add someone by their TikTok username, put an @ in front of it."))
	return Message{Text: "Which creator should be added to the campaign " + spokenCampaign(f.Campaign.Name) + "?", Blocks: blocks}
}

func ofShop(shop string) string {
	if name := data(shop, maxName); name != "" {
		return " of the shop " + name
	}
	return ""
}

func creators(all []workflow.Creator) string {
	names := make([]string, 0, len(all))
	for _, c := range all[:min(namedAtMost, len(all))] {
		names = append(names, namedBoth(c))
	}
	list := strings.Join(names, ", ")
	if rest := len(all) - len(names); rest > 0 {
		list += fmt.Sprintf(" and %d more", rest)
	}
	return list
}

// AddUsage tells how `/campaign add` is typed.
func AddUsage() Message {
	return Aside("Type the campaign first, then the creators. Example: `/campaign add Spring launch @glow.daily`")
}

// ImportBegun is the answer to `/campaign import`: its progress is a message of a channel.
func ImportBegun(channel string, shop string) Message {
	where := "the shop's channel"
	if slackID.MatchString(channel) {
		where = "<#" + channel + ">"
	}
	return Message{
		Text: "Import started" + spokenShop(shop),
		Blocks: []slack.Block{section("Import started"+forShop(shop)+". A message in "+where+" shows its progress.",
			"The creators go into the campaign with the collaboration's name, which is created if needed.")},
	}
}

// BadCollaboration tells what the id of a target collaboration looks like.
func BadCollaboration(typed string) Message {
	return Aside(quoted(typed, maxName) + " is not a target collaboration ID. It's a long number, shown on the collaboration's page in the Affiliate Center.")
}

// ConfirmArchive asks once more before a campaign is archived, which nobody takes back.
func ConfirmArchive(c workflow.Campaign, shop string) Message {
	end := button(ActionCampaignEnd, string(c.ID), "Archive", "Archive the campaign "+raw(c.Name, 40))
	end.Style = slack.StyleDanger
	return Message{
		Text: "Archive the campaign " + spokenCampaign(c.Name) + "?",
		Blocks: []slack.Block{
			section("Archive *"+campaignName(c.Name)+"*"+ofShop(shop)+"?",
				"No more creators can be added, and it asks no more questions. Its creators and requests stay, and `/campaign status` still shows it. This can't be undone."),
			actions("archive:"+string(c.ID), end),
		},
	}
}

// CampaignArchived tells that a campaign is archived.
func CampaignArchived(c workflow.Campaign) Message {
	return Message{
		Text:   "The campaign " + spokenCampaign(c.Name) + " is archived",
		Blocks: []slack.Block{section("*" + campaignName(c.Name) + "* is archived. No more creators can be added; everyone in it stays.")},
	}
}
