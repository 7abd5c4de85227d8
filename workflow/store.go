package workflow

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// The errors of a store, for errors.Is.
var (
	// ErrNotFound says that nothing is kept under that name.
	ErrNotFound = errors.New("not found")

	// ErrConflict says that somebody else was first, with a claim or a name.
	ErrConflict = errors.New("conflict")
)

// Store is what the engine needs of a store. store/storetest tests every implementation.
type Store interface {
	// View runs fn on a consistent snapshot. What fn returns is returned. Once ctx has ended, what fn goes on to read
	// is an error: nothing long is read for a caller who is gone.
	View(ctx context.Context, fn func(Tx) error) error

	// Update runs fn in a serializable transaction: all of it is kept, the outbox included, or nothing is. It is kept
	// when Update returns nil, even if the machine stops the next moment. fn may run twice, must not nest, and has no
	// effect if it returns an error, panics, or if ctx has ended by the time fn returns. If ctx has ended before its
	// turn, fn is not run. Updates that wait for one another may be kept together; each has its own outcome all the
	// same.
	Update(ctx context.Context, fn func(Tx) error) error

	// UpdateSoon is Update for what nobody waits for: before its turn it may wait for another update to be kept with,
	// up to its patience. That is asked when every update that changes anything from then on takes this one along, so
	// that it may look into the store for somebody who waits. If ctx ends meanwhile, the update has no effect.
	UpdateSoon(ctx context.Context, patience func() time.Duration, fn func(Tx) error) error

	// Close closes the store.
	Close() error
}

// Tx is one transaction. Nothing taken from it refers to it afterwards: values are copies. Times are kept to the
// microsecond, in UTC. Names are compared byte by byte, and listings are in byte order.
//
// A method that is given something to keep returns an error in View, and for a name that is empty, is not UTF-8 or
// holds a zero byte. Other text is kept as UTF-8. A page of a changing listing may miss what came before its cursor,
// and never repeats or skips what stayed.
type Tx interface {
	// Authorisation returns the authorisation of that open id, or ErrNotFound.
	Authorisation(openID string) (Authorisation, error)
	// Authorisations returns all, by open id.
	Authorisations() ([]Authorisation, error)
	// PutAuthorisation keeps an authorisation, in place of the one of the same open id.
	PutAuthorisation(Authorisation) error

	// Shop returns a shop, or ErrNotFound.
	Shop(ShopID) (Shop, error)
	// Shops returns all shops, by id.
	Shops() ([]Shop, error)
	// PutShop keeps a shop, in place of the one of the same id.
	PutShop(Shop) error

	// Application returns an application, or ErrNotFound.
	Application(Key) (Application, error)
	// PutApplication keeps an application, in place of the one of the same key, and with it its places in all listings,
	// and what it adds to its shop's figures.
	PutApplication(Application) error
	// Applications returns up to limit applications of a listing, from the first place after the cursor on; the empty
	// cursor is the start. It is an index read: its cost does not grow with what it does not return.
	Applications(l Listing, after string, limit int) (Page, error)
	// Latest returns up to limit applications of a listing from its end: the last place comes first. It is an index
	// read like Applications.
	Latest(l Listing, limit int) ([]Application, error)
	// Count returns how many applications a listing has, without reading them.
	Count(Listing) (int, error)
	// Totals adds up the facts (Application.Facts) of a shop's applications from a time on and before another, but for
	// those that come again within that time. Its cost does not grow with the applications: an hour costs one read, and
	// only the two hours that are not in it as a whole are counted fact by fact. Zones do not matter to it.
	Totals(s ShopID, from, to time.Time) (Totals, error)

	// Campaign returns a campaign, or ErrNotFound.
	Campaign(CampaignID) (Campaign, error)
	// CampaignNamed returns the shop's campaign of that name (compared by FoldName), or ErrNotFound.
	CampaignNamed(ShopID, string) (Campaign, error)
	// Campaigns returns up to limit campaigns of a shop, by name, from the first after the cursor on, and the cursor of
	// the last one returned if there may be more.
	Campaigns(shop ShopID, after string, limit int) ([]Campaign, string, error)
	// PutCampaign keeps a campaign; ErrConflict if another of the shop has its name.
	PutCampaign(Campaign) error
	// Members returns up to limit members of a campaign, by creator, and a cursor as Campaigns does.
	Members(c CampaignID, after string, limit int) ([]Member, string, error)
	// Member returns a creator's membership of a campaign, or ErrNotFound.
	Member(CampaignID, CreatorKey) (Member, error)
	// Memberships returns a creator's memberships, by campaign. It is an index read.
	Memberships(CreatorKey) ([]Member, error)
	// PutMember keeps a member, in place of the same creator in the same campaign.
	PutMember(Member) error
	// RemoveMember takes a creator out of a campaign; ErrNotFound if they are not in it.
	RemoveMember(CampaignID, CreatorKey) error

	// Products returns up to limit of a shop's products that were ever asked for, by id and variant (SKU), and a cursor
	// as Campaigns does.
	Products(s ShopID, after string, limit int) ([]Product, string, error)
	// PutProduct keeps a product of a shop, in place of the same id and variant.
	PutProduct(ShopID, Product) error

	// Conversation returns what is known of a shop's exchange with a creator, or ErrNotFound.
	Conversation(ShopID, CreatorKey) (Conversation, error)
	// ConversationNumbered returns the shop's conversation with that id of TikTok's, or ErrNotFound.
	ConversationNumbered(s ShopID, id string) (Conversation, error)
	// PutConversation keeps a conversation, in place of the one of the same shop and creator, and with it the way to it
	// by its id, if it has one; ErrConflict if another creator of the shop has that id.
	PutConversation(Conversation) error
	// RemoveConversation forgets a conversation; ErrNotFound if there is none. A creator who becomes known by another
	// key takes it with them.
	RemoveConversation(ShopID, CreatorKey) error

	// Run returns a run, or ErrNotFound.
	Run(RunID) (Run, error)
	// PutRun keeps a run, in place of the one of the same id.
	PutRun(Run) error

	// Notice returns a message that is edited as its subject changes, or ErrNotFound.
	Notice(NoticeID) (Notice, error)
	// PutNotice keeps a notice, in place of the one of the same id.
	PutNotice(Notice) error

	// Append adds to the history of the entry's application, or, where it names none, to the shop's own. Nothing
	// removes it.
	Append(Entry) error
	// History returns up to limit entries of an application, oldest first, and a cursor as Campaigns does. With a key
	// that names only the shop it returns those of the shop's own history.
	History(k Key, after string, limit int) ([]Entry, string, error)

	Outbox
}

// Outbox keeps the effects that are to be delivered. Within a lane effects go one by one, in the order in which they
// were put: only a lane's head can be claimed.
type Outbox interface {
	// Enqueue puts an effect at its lane's end; ErrConflict if there is one of that id.
	Enqueue(Effect) error
	// Effect returns an effect that was put and neither removed nor buried yet, or ErrNotFound.
	Effect(EffectID) (Effect, error)
	// Lane returns a lane's effects in order, and for each whether it is claimed. A claim that lapsed is one until it
	// is released or another takes the effect: nobody knows what its owner has done.
	Lane(Lane) ([]InLane, error)
	// First returns the id of a lane's first effect, or ErrNotFound.
	First(Lane) (EffectID, error)
	// Ready returns up to limit heads of that kind that can be claimed at now: due, neither parked nor under an
	// unexpired claim; by priority, then by due time. Kinds are asked for one by one, so that many effects of one kind
	// that wait for their budget never hide those of another. A claim that lapsed makes its effect due at its end.
	// Next is when the earliest of the kind's unparked heads that are not due at now will be, zero if none will: the
	// end of its claim for one that is claimed. Both are index reads.
	Ready(kind EffectKind, now time.Time, limit int) (ready []Effect, next time.Time, err error)
	// Heads hands the heads that Ready tells of to fn, in that order and without reading the effects, so that one that
	// has to wait costs a key of the index. Where fn returns false, those that follow of the same priority are passed
	// over. Next is Ready's. fn may read the transaction.
	Heads(kind EffectKind, now time.Time, fn func(Head) bool) (next time.Time, err error)
	// Claim takes a head until the given time, counts the attempt and sets Begun. At that time the claim is over, and
	// another may take the effect. What it returns is the effect as it was before, but for Attempt: Begun says that an
	// earlier claim had no outcome. ErrConflict if it is not to be claimed at now, ErrNotFound if it is gone, and
	// another error if until is not after now.
	Claim(id EffectID, now, until time.Time) (Effect, error)
	// Lease is Claim for what may be done twice: an edit. It is one desk's at a time like any claim, is prolonged,
	// released and lapses as one, and the effect is given with Leased set. But it need not be kept, and sets no Begun:
	// a store that one process has to itself may hold its leases in memory, and after its end there was none. Where
	// several processes share a store, they share its leases. ErrConflict too if a claim has lapsed: only a claim says
	// what that may have done.
	Lease(id EffectID, now, until time.Time) (Effect, error)
	// Extend prolongs the claim of that attempt, and never shortens it; ErrConflict if it is another's by now or was
	// released, ErrNotFound if the effect is gone.
	Extend(id EffectID, attempt int, until time.Time) error
	// Release ends the claim of that attempt and keeps the effect as it is given, Begun cleared; its lane and place
	// stay. Errors are as Extend's.
	Release(Effect) error
	// Change keeps an unclaimed effect as it is given; its lane and place stay, and Attempt never goes back, since it
	// distinguishes claims. ErrConflict if it is claimed, ErrNotFound if it is gone.
	Change(Effect) error
	// Remove takes an effect away, claimed or not; ErrNotFound if it is gone.
	Remove(EffectID) error
	// Bury takes an effect out of its lane, claimed or not, and keeps it as it is given among the dead letters, with
	// the time and its Failure; ErrNotFound if it is gone. Its id may then be put again.
	Bury(e Effect, at time.Time) error
	// DeadLetters returns up to limit dead letters, oldest first, and a cursor as Campaigns does.
	DeadLetters(after string, limit int) ([]DeadLetter, string, error)
	// Revive takes a dead letter back to the end of its lane, to be tried at once: due at the given time, Begun
	// cleared. Verifications stays, as the earlier attempt may have succeeded. ErrNotFound if there is none of that id.
	Revive(id EffectID, at time.Time) error
	// Wake ends the parking of a lane's effects.
	Wake(Lane) error
}

// Head is what the index of the heads tells of an effect.
type Head struct {
	ID       EffectID
	Priority Priority
}

// InLane is an effect in its lane.
type InLane struct {
	Effect
	Claimed bool
}

// DeadLetter is an effect that can never be delivered.
type DeadLetter struct {
	Effect
	At time.Time
}

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

// CampaignOf lists a campaign's applications, by creator and first sight.
func CampaignOf(c CampaignID) Listing { return listing("campaign", string(c)) }

// CampaignStageOf lists a campaign's applications of one stage, in StageOf's order.
func CampaignStageOf(c CampaignID, stage Stage) Listing {
	return listing("campaign stage", string(c), string(stage))
}

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
// others, by creator, user name, short id and thread, have few, and can be counted as they are asked for.
func (l Listing) Long() bool {
	kind, _, _ := strings.Cut(string(l), "\x1f")
	switch kind {
	case "creator", "username", "short", "thread":
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
	}
	if state.Live() {
		places = append(places, Place{LiveOf(shop), a.Key.String()})
	}
	if a.Campaign != "" {
		places = append(places,
			Place{CampaignOf(a.Campaign), string(a.Snapshot.Creator.KeyOf(shop)) + "/" + seen},
			Place{CampaignStageOf(a.Campaign, a.Stage()), stage})
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
		return sortTime(latestFirst.Add(-a.ChangedAt.Sub(time.Unix(0, 0))))
	}
}

// latestFirst is a time far ahead; what is counted back from it sorts the latest first.
var latestFirst = time.Unix(1<<33, 0)

// sortTime writes a time so that byte order is order in time; no time at all comes last.
func sortTime(t time.Time) string {
	if t.IsZero() {
		return "~"
	}
	return fmt.Sprintf("%020d", max(t.UnixMicro(), 0))
}
