package view

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// CallbackHome is the callback id of App Home.
const CallbackHome = "home"

// The action ids of App Home's own controls. Those of an application are a card's.
const (
	ActionHomeRefresh   = "home_refresh"
	ActionHomeMine      = "home_mine"      // lists what its person is on, or everything again
	ActionHomeSuggested = "home_suggested" // lists what rules suggest something for, or everything again
	ActionHomeAnswers   = "home_answers"   // lists who waits for an answer, or the requests again
	ActionHomeShop      = "home_shop"      // a menu; the value is a shop's id, or HomeAny
	ActionHomeStage     = "home_stage"     // a menu; the value is a stage, or query.AllStages
	ActionHomeCampaign  = "home_campaign"  // a menu; the value is a campaign's id, or HomeAny
	ActionHomeCreator   = "home_creator"   // a text: a user name
	ActionHomeFilter    = "home_filter"    // opens the dialog of the other filters
	ActionHomeSort      = "home_sort"      // a menu; the value is a query.Order, or HomeAny for the soonest deadline first
	ActionHomeClear     = "home_clear"     // takes all filters away
	ActionHomeNext      = "home_next"      // the value holds a query.Page
	ActionHomeBack      = "home_back"
)

// HomeAny is the option of a menu that filters nothing.
const HomeAny = "any"

// HomePageSize is how many applications a page of App Home shows.
const HomePageSize = 8

// HomeFacts is what App Home shows to one person.
type HomeFacts struct {
	State     HomeState
	Shops     []workflow.Shop      // those that they may see
	Campaigns []query.CampaignItem // to choose from; more than a menu takes are asked for as they type
	Campaign  query.CampaignItem   // the chosen one; zero: none

	Overall     query.Tally       // of the shops that the filter lets through, whatever the other filters
	Mine        int               // how many of those that wait for a decision there the reader is on
	Soon        int               // of those that wait for a decision there: how many end within query.SoonWithin; at most query.MostSoon are counted
	Suggestions query.Suggestions // of those that wait for a decision there, and, as far as Approve goes, in shops where the reader decides
	Waiting     int               // how many creators wait for an answer there
	query.Tally                   // of what the filters but the state let through

	Rows  []HomeRow
	Total int // of all pages
	First int // the number of the first row, from 1
	Next  *query.Page

	Answers AnswersFacts // of a state that lists them

	Partial bool // only the query.MostSorted with the soonest deadlines are in that order

	Health   HomeHealth
	Welcome  []workflow.Shop  // whose admin they are, and which nobody has welcomed yet
	Paused   []workflow.Rules // of shops all of whose rules are paused
	Settings workflow.ShopID  // the shop whose settings they may change; empty: none
	Decides  bool             // they decide on samples of a shop that they see
	Several  workflow.ShopID  // the shop in which several wait for their decision; empty: none
	LooksOn  string           // why they do not decide, and what to do about it; empty: they decide
}

// HomeRow is an application in App Home, with what its reader may do.
type HomeRow struct {
	query.Row
	Decides bool // they decide on it
	Undoes  bool // they may undo what was decided on it
	Quick   bool // the shop's setting: choosing a reason rejects at once
	Stays   bool // the filters do not let it through any more; it stays in its place since they acted on it just now
}

// HomeHealth is how the desk stands with TikTok.
type HomeHealth struct {
	Synced   time.Time // the last good look at TikTok, of the shop that was looked at longest ago; zero: none yet
	Untold   bool      // nothing is known of looks
	Troubles []HomeTrouble
}

// HomeTrouble is something that holds a shop up.
type HomeTrouble struct {
	Shop  string           // named only where they see several
	Cause workflow.Failure // TikTok's
	Sends bool             // it only keeps decisions from being sent
}

// HomeView is App Home as it is published. Hash is the same for two that look the same but for when TikTok was last
// looked at, so that nothing is published for the time alone.
type HomeView struct {
	slack.HomeTabViewRequest
	Hash string
}

// homeView makes a view. Its blocks are what Hash is of; below them stands sync, if there is something to say.
func homeView(state HomeState, sync slack.Block, blocks ...slack.Block) HomeView {
	v := HomeView{HomeTabViewRequest: slack.HomeTabViewRequest{
		Type: slack.VTHomeTab, CallbackID: CallbackHome, PrivateMetadata: state.Encode(), Blocks: slack.Blocks{BlockSet: blocks},
	}}
	text, err := json.Marshal(v.HomeTabViewRequest)
	if err != nil { // none of our blocks can fail; were one to, its publishing would only not be spared
		text = fmt.Append(nil, err)
	}
	sum := sha256.Sum256(text)
	v.Hash = hex.EncodeToString(sum[:16])
	if sync != nil {
		v.Blocks.BlockSet = append(slices.Clip(blocks), sync)
	}
	return v
}

// Home is the sample application page: how many stand where, what ends soonest first, and the buttons to decide. What is
// above the list is short, so that a phone shows the first request at once; what is seldom needed stands below it.
func Home(f HomeFacts) HomeView {
	var blocks []slack.Block
	if len(f.Welcome) > 0 {
		blocks = welcomePanel(f.Welcome[0]) // one at a time: the next comes when this one is done
	}
	blocks = append(blocks, section(counts(f)))
	blocks = append(blocks, troubles(f.Health)...)
	if paused := pausedRules(f); paused != "" {
		blocks = append(blocks, aside(paused))
	}
	if f.LooksOn != "" {
		blocks = append(blocks, aside(f.LooksOn))
	}
	if f.State.Answers {
		blocks = append(blocks, homeAnswers(f)...)
	} else {
		blocks = append(blocks, homeFilters(f), creatorInput(f.State.Filter), section(listTitle(f)...))
		for _, r := range f.Rows {
			blocks = append(blocks, homeRow(f, r)...)
		}
	}
	if paging := homePaging(f); len(paging) > 0 {
		blocks = append(blocks, actions("", paging...))
	}
	if small := otherCounts(f); small != "" {
		blocks = append(blocks, aside(small))
	}
	blocks = append(blocks, homeActions(f))
	return homeView(f.State, synced(f.Health), blocks...)
}

// HomeClosed is App Home for somebody who sees no shop, or while it cannot be read: a sentence, and nothing of any shop.
func HomeClosed(state HomeState, d Denial) HomeView {
	about := "Your team sees and decides on the sample requests of its TikTok shops here."
	why := Denied(d)
	if d == DeniedUnchecked {
		why = HomeUnchecked
	}
	return homeView(state, nil, header("Sample Desk"), section(about), section(why), actions("", refreshButton()))
}

// HomeFirst is App Home for an admin of the desk before the first shop is connected.
func HomeFirst() HomeView {
	connect := button(ActionConnect, ConnectAny, "Connect a shop", "Connect a TikTok shop")
	connect.Style = slack.StylePrimary
	return homeView(HomeState{}, nil,
		header("Sample Desk"), section("*Welcome.* Connect your TikTok shop first: the shop's owner consents on TikTok's page, and its sample requests appear here and in your channel within minutes."),
		actions("", connect, refreshButton()),
	)
}

// HomeUnchecked is said where Slack did not tell what somebody may see or do: nothing of it is shown.
const HomeUnchecked = "Slack didn't confirm in time what you're allowed to do here. Please refresh in a moment."

// troubles are what holds shops up, most often none.
func troubles(h HomeHealth) (blocks []slack.Block) {
	for _, t := range h.Troubles[:min(len(h.Troubles), maxTroubles)] {
		what := "The last sync with TikTok failed"
		switch {
		case t.Cause.Call != "":
			what = stoppedWhat(t.Cause)
		case t.Sends:
			what = "TikTok is not accepting decisions"
		case t.Cause.Code != 0:
			what = "TikTok is rejecting our requests"
		}
		lines := []string{"*" + what + "*" + forShop(t.Shop), ""}
		switch {
		case t.Cause != (workflow.Failure{}):
			lines[1] = "The reason: " + why(t.Cause) + ". " + stoppedStill(t.Cause)
		default:
			lines[1] = "What you see below may be out of date. Sample Desk keeps trying; `/samples status` shows the details."
		}
		blocks = append(blocks, section(lines...))
	}
	return blocks
}

// maxTroubles is how many troubles are told at a time.
const maxTroubles = 4

// synced tells when TikTok was last looked at.
func synced(h HomeHealth) slack.Block {
	switch {
	case h.Untold:
		return nil
	case h.Synced.IsZero():
		return aside("No sync with TikTok yet.")
	case len(h.Troubles) > 0:
		return aside("Last sync " + due(h.Synced))
	default:
		return aside(dotted("Last sync "+due(h.Synced), "everything is working"))
	}
}

// counts are, on one line that fits a phone, how many wait for the team. The menu of states has them all.
func counts(f HomeFacts) string {
	parts := []string{"*" + grouped(float64(f.Overall.By[workflow.StageReview])) + " to review*", endingSoon(f.Soon)}
	if n := f.Overall.By[workflow.StageAwaiting]; n > 0 {
		parts = append(parts, grouped(float64(n))+" to ship")
	}
	return dotted(parts...)
}

// otherCounts tells how many wait for others, are over, and stand where this desk does not know.
func otherCounts(f HomeFacts) string {
	count := func(stages []workflow.Stage) string {
		var each []string
		for _, s := range stages {
			if n := f.Overall.By[s]; n > 0 {
				each = append(each, string(s)+" "+grouped(float64(n)))
			}
		}
		return dotted(each...)
	}
	lines := []string{count(workflow.Stages[2:live]), "", ""}
	if over := count(workflow.Stages[live:]); over != "" {
		lines[1] = "Closed: " + over
	}
	if f.Overall.Other > 0 {
		lines[2] = "Unknown TikTok status: " + grouped(float64(f.Overall.Other))
	}
	return joinLines(lines)
}

// live is how many of workflow.Stages, the first of them, are the way of an application that goes well.
const live = 5

func endingSoon(soon int) string {
	switch {
	case soon == 0:
		return ""
	case soon > query.MostSoon:
		return fmt.Sprintf("%d+ within 24 h", query.MostSoon)
	default:
		return fmt.Sprintf("%d within 24 h", soon)
	}
}

func refreshButton() slack.BlockElement {
	return button(ActionHomeRefresh, "refresh", "Refresh", "Refresh the sample requests")
}

// homeActions stand below the list.
func homeActions(f HomeFacts) slack.Block {
	elements := []slack.BlockElement{refreshButton()}
	if f.Settings != "" {
		elements = append(elements, button(ActionSettings, string(f.Settings), "Settings", "Change the settings"),
			button(ActionRules, string(f.Settings), "Rules", "Open the rules that suggest what to do"))
	}
	return actions("home_actions", elements...)
}
