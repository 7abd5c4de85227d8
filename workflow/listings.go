package workflow

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"
)

// Page is a part of a listing. Next is the cursor to go on from; empty at the end.
type Page struct {
	Applications []Application
	Next         string
}

// Listing names an ordered set of applications. Every store keeps them by Application.Places, so that what people
// wait for is an index read.
type Listing string

// Place is where an application stands in a listing. Sort is unique within it and orders it, byte by byte.
type Place struct {
	Listing Listing
	Sort    string
}

// QueueOf lists a shop's applications that wait for the team, soonest review deadline first.
func QueueOf(s ShopID) Listing { return listing("queue", string(s)) }

// BacklogOf lists those of QueueOf that have no card.
func BacklogOf(s ShopID) Listing { return listing("backlog", string(s)) }

// LiveOf lists a shop's applications that TikTok may still move on, by id.
func LiveOf(s ShopID) Listing { return listing("live", string(s)) }

// StageOf lists a shop's applications of one stage: by the deadline that matters there, where there is none those first
// that have been there longest, and where all is over the latest first.
func StageOf(s ShopID, stage Stage) Listing { return listing("stage", string(s), string(stage)) }

// CreatorOf lists a creator's applications across shops, by first sight.
func CreatorOf(c CreatorKey) Listing { return listing("creator", string(c)) }

// UsernameOf lists a shop's applications by user name, whatever its case, by first sight.
func UsernameOf(s ShopID, username string) Listing {
	return listing("username", string(s), strings.ToLower(username))
}

// WordsOf lists a shop's applications by each word of their creator's name and handle, the latest first below each. Those
// of the words that begin with some letters follow the cursor that is these letters.
func WordsOf(s ShopID) Listing { return listing("words", string(s)) }

// ProductOf lists a shop's applications for a product, the latest first.
func ProductOf(s ShopID, p ProductID) Listing { return listing("product", string(s), string(p)) }

// CampaignOf lists a campaign's applications, by creator and first sight.
func CampaignOf(c CampaignID) Listing { return listing("campaign", string(c)) }

// CampaignStageOf lists a campaign's applications of one stage, in StageOf's order.
func CampaignStageOf(c CampaignID, stage Stage) Listing {
	return listing("campaign stage", string(c), string(stage))
}

// OnItOf lists a shop's applications that wait for the team and that a person is on, soonest review deadline first.
func OnItOf(s ShopID, p PersonID) Listing { return listing("on it", string(s), string(p)) }

// CampaignQueueOf lists those of a campaign's applications that wait for the team, soonest review deadline first.
func CampaignQueueOf(c CampaignID) Listing { return listing("campaign queue", string(c)) }

// MemberOf lists a creator's applications in a campaign, the one first by which the creator stands there: the furthest,
// or where all have ended the latest to change.
func MemberOf(c CampaignID, creator CreatorKey) Listing {
	return listing("member", string(c), string(creator))
}

// SuggestedOf lists a shop's applications that wait for the team and of which a rule says that action, soonest review
// deadline first: those that can be taken together, so none that is over a cap.
func SuggestedOf(s ShopID, action ActionKind) Listing {
	return listing("suggested", string(s), string(action))
}

// OverCapOf lists those of a shop's applications whose proposal is over a cap, soonest review deadline first.
func OverCapOf(s ShopID) Listing { return listing("over cap", string(s)) }

// RuleDueOf lists a shop's applications of which rules are to be asked again at a time, by it.
func RuleDueOf(s ShopID) Listing { return listing("rule due", string(s)) }

// RuleDecidedOf lists a shop's applications that a rule has decided and that can still be undone, by when they are sent.
func RuleDecidedOf(s ShopID) Listing { return listing("rule decided", string(s)) }

// SecondOf lists a shop's applications whose approval waits for a second person, soonest review deadline first.
func SecondOf(s ShopID) Listing { return listing("second", string(s)) }

// DueBy is a place in QueueOf, CampaignQueueOf and in a listing of StageReview and StageAwaiting: before it is what had
// its deadline at that time or earlier.
func DueBy(t time.Time) string { return sortTime(t.Add(time.Microsecond)) }

// EndedBy is a cursor of StageOf where all is over: what follows it was over at that time or earlier, the latest first.
func EndedBy(t time.Time) string { return sortTime(latestFirst.Add(-t.Sub(time.Unix(0, 0)))) }

// SeenOf lists all applications of a shop, by first sight. CursorAt is the cursor from which those of a period begin.
func SeenOf(s ShopID) Listing { return listing("seen", string(s)) }

// CursorAt is a cursor of a listing in order of time, as SeenOf, QueueOf and DueOf are: what follows it has that time or
// a later one.
func CursorAt(t time.Time) string { return sortTime(t) }

// ShortOf lists the applications that bear a short id: almost always one.
func ShortOf(id ShortID) Listing { return listing("short", string(id)) }

// DueOf lists a shop's applications of which a step of a deadline is to come, by when it is due.
func DueOf(s ShopID) Listing { return listing("due", string(s)) }

// NewsOf lists a shop's applications of whose shipment there is news to announce, by id.
func NewsOf(s ShopID) Listing { return listing("news", string(s)) }

// ThreadOf lists the application whose card is that message of a channel.
func ThreadOf(channel, ts string) Listing { return listing("thread", channel, ts) }

// Long reports whether a listing grows with its shop or its campaign, so that a store keeps how many it has. The
// others, by creator, member, user name, word, product, short id and thread, have few or are never counted, and can be counted as they are asked for.
func (l Listing) Long() bool {
	kind, _, _ := strings.Cut(string(l), "\x1f")
	switch kind {
	case "creator", "username", "short", "thread", "member", "words", "product":
		return false
	default:
		return true
	}
}

func listing(parts ...string) Listing {
	for i, p := range parts {
		parts[i] = Nameable(p)
	}
	return Listing(strings.Join(parts, "\x1f"))
}

// Places returns where the application stands in the listings.
func (a Application) Places() []Place {
	shop, state := a.Key.Shop, a.State()
	if state == Unseen {
		return nil
	}
	seen := sortTime(a.SeenAt) + "/" + a.Key.String()
	stage := a.stageOrder() + "/" + a.Key.String()
	places := []Place{
		{StageOf(shop, a.Stage()), stage},
		{CreatorOf(a.Snapshot.Creator.KeyOf(shop)), seen},
		{UsernameOf(shop, a.Snapshot.Creator.Username), seen},
		{SeenOf(shop), seen},
		{ShortOf(a.Key.Short()), a.Key.String()},
	}
	latest := latestShort(a.SeenAt) + "/" + a.Key.String()
	for _, word := range a.Snapshot.Creator.Words() {
		places = append(places, Place{WordsOf(shop), word + " " + latest})
	}
	if a.Snapshot.Product.ID != "" {
		places = append(places, Place{ProductOf(shop, a.Snapshot.Product.ID), latest})
	}
	if a.Card.Posted() {
		places = append(places, Place{ThreadOf(a.Card.Channel, a.Card.TS), a.Key.String()})
	}
	if !a.Timer.Next.IsZero() {
		places = append(places, Place{DueOf(shop), sortTime(a.Timer.Next) + "/" + a.Key.String()})
	}
	if a.News != "" {
		places = append(places, Place{NewsOf(shop), a.Key.String()})
	}
	if a.Decidable() {
		due := sortTime(a.Snapshot.ReviewBy) + "/" + a.Key.String()
		places = append(places, Place{QueueOf(shop), due})
		if !a.Card.Wanted {
			places = append(places, Place{BacklogOf(shop), due})
		}
		if a.OnIt.By != "" {
			places = append(places, Place{OnItOf(shop, a.OnIt.By), due})
		}
		places = append(places, a.rulePlaces(due)...)
	}
	if state == Queued && a.Decision.Rule != "" {
		places = append(places, Place{RuleDecidedOf(shop), sortTime(a.Decision.SendAt) + "/" + a.Key.String()})
	}
	if state.Live() {
		places = append(places, Place{LiveOf(shop), a.Key.String()})
	}
	if a.Campaign != "" {
		places = append(places,
			Place{CampaignOf(a.Campaign), string(a.Snapshot.Creator.KeyOf(shop)) + "/" + seen},
			Place{CampaignStageOf(a.Campaign, a.Stage()), stage},
			Place{MemberOf(a.Campaign, a.Snapshot.Creator.KeyOf(shop)), a.memberOrder() + "/" + seen})
		if a.Decidable() {
			places = append(places, Place{CampaignQueueOf(a.Campaign), sortTime(a.Snapshot.ReviewBy) + "/" + a.Key.String()})
		}
	}
	return places
}

// rulePlaces are where an application that can be decided stands by what rules say of it.
func (a Application) rulePlaces(due string) (places []Place) {
	shop := a.Key.Shop
	switch p := a.Proposal; {
	case p == nil:
	case p.Over != nil:
		places = append(places, Place{OverCapOf(shop), due})
	default:
		places = append(places, Place{SuggestedOf(shop, p.Action.Kind), due})
	}
	if !a.RuleNext.IsZero() {
		places = append(places, Place{RuleDueOf(shop), sortTime(a.RuleNext) + "/" + a.Key.String()})
	}
	if a.Second.By != "" {
		places = append(places, Place{SecondOf(shop), due})
	}
	return places
}

// stageOrder orders the applications of a stage: by the deadline that matters there, where there is none by how long it
// has lasted, and where all is over the latest first.
func (a Application) stageOrder() string {
	switch s := a.State(); {
	case s.Reviewing():
		return sortTime(a.Snapshot.ReviewBy)
	case s == AwaitingShipment:
		return sortTime(a.Snapshot.ShipBy)
	case s.Live():
		return sortTime(a.ChangedAt)
	default:
		return EndedBy(a.ChangedAt)
	}
}

// memberOrder orders a creator's applications in a campaign as Furthest ranks them.
func (a Application) memberOrder() string {
	rank := StageRank(a.Stage())
	if rank < len(furthest) {
		return fmt.Sprintf("%02d", rank)
	}
	return fmt.Sprintf("%02d/%s", rank, EndedBy(a.ChangedAt))
}

// latestFirst is a time far ahead; what is counted back from it sorts the latest first.
var latestFirst = time.Unix(1<<33, 0)

// latestShort writes a time, to the second, so that in byte order the latest comes first: in few letters, as there are many.
func latestShort(t time.Time) string { return inOrder(latestFirst.Unix()-t.Unix(), 7) }

// sortTime writes a time so that byte order is order in time, in few letters; no time at all comes last.
func sortTime(t time.Time) string {
	if t.IsZero() {
		return "~"
	}
	return inOrder(t.UnixMicro(), 12)
}

// inOrder writes a number in so many letters, so that byte order is its order; one below zero is zero.
func inOrder(n int64, letters int) string {
	s := strconv.FormatInt(max(0, n), 36)
	return strings.Repeat("0", max(0, letters-len(s))) + s
}

// walkPage is how many things are read at a time where a list is walked from end to end.
const walkPage = 500

// walk hands out what read returns page by page, from the first after the cursor on. It ends with an error where
// reading fails or ctx has ended: that is looked at before each page.
func walk[T any](ctx context.Context, after string, read func(after string) ([]T, string, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		for {
			if err := ctx.Err(); err != nil {
				yield(none, err)
				return
			}
			page, next, err := read(after)
			if err != nil {
				yield(none, err)
				return
			}
			for _, each := range page {
				if !yield(each, nil) {
					return
				}
			}
			if after = next; after == "" {
				return
			}
		}
	}
}

// Walk hands out a listing's applications, from the first after the cursor on; the empty cursor is the start. After an
// error, or once ctx has ended, there is nothing more.
func Walk(ctx context.Context, tx Tx, l Listing, after string) iter.Seq2[Application, error] {
	return walk(ctx, after, func(after string) ([]Application, string, error) {
		page, err := tx.Applications(l, after, walkPage)
		return page.Applications, page.Next, err
	})
}

// WalkCampaigns hands out a shop's campaigns, by name, as Walk does.
func WalkCampaigns(ctx context.Context, tx Tx, s ShopID) iter.Seq2[Campaign, error] {
	return walk(ctx, "", func(after string) ([]Campaign, string, error) { return tx.Campaigns(s, after, walkPage) })
}

// WalkWaiting hands out a shop's conversations that wait for an answer, longest first, as Walk does.
func WalkWaiting(ctx context.Context, tx Tx, s ShopID) iter.Seq2[Conversation, error] {
	return walk(ctx, "", func(after string) ([]Conversation, string, error) { return tx.WaitingConversations(s, after, walkPage) })
}

// WalkProducts hands out a shop's products, by id and variant, as Walk does.
func WalkProducts(ctx context.Context, tx Tx, s ShopID) iter.Seq2[Product, error] {
	return walk(ctx, "", func(after string) ([]Product, string, error) { return tx.Products(s, after, walkPage) })
}

// walkTallies hands out a shop's counts whose names begin with a prefix, by name, from the first after the cursor on. It
// ends with an error where the transaction's own context has ended.
func walkTallies(tx Tx, s ShopID, prefix, after string) iter.Seq2[Tally, error] {
	return walk(context.Background(), after, func(after string) ([]Tally, string, error) { return tx.Tallies(s, prefix, after, walkPage) })
}

// WalkHistory hands out an application's history, oldest first, as Walk does.
func WalkHistory(ctx context.Context, tx Tx, k Key) iter.Seq2[Entry, error] {
	return walk(ctx, "", func(after string) ([]Entry, string, error) { return tx.History(k, after, walkPage) })
}

// WalkDeadLetters hands out the dead letters, oldest first, as Walk does.
func WalkDeadLetters(ctx context.Context, tx Tx) iter.Seq2[DeadLetter, error] {
	return walk(ctx, "", func(after string) ([]DeadLetter, string, error) { return tx.DeadLetters(after, walkPage) })
}
