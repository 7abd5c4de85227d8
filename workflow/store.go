package workflow

import (
	"context"
	"errors"
	"time"
)

// The errors of a store, for errors.Is.
var (
	// ErrNotFound says that nothing is kept under that name.
	ErrNotFound = errors.New("not found")

	// ErrConflict says that somebody else was first, with a claim or a name.
	ErrConflict = errors.New("conflict")
)

// Uncertain is the error of an update of which nobody knows yet whether it was kept: the way to the store broke while it was
// being kept, and the store cannot be asked. Nobody is to be told either way. Find asks until the store tells, or ctx ends;
// what it says was not kept never will be.
type Uncertain struct {
	Cause error
	Find  func(ctx context.Context) (kept bool, err error)
}

func (u Uncertain) Error() string { return "whether it was saved is not known yet: " + u.Cause.Error() }

func (u Uncertain) Unwrap() error { return u.Cause }

// Store is what the engine needs of a store. store/storetest tests every implementation.
type Store interface {
	// View runs fn on a consistent snapshot. What fn returns is returned. Once ctx has ended, what fn goes on to read
	// is an error: nothing long is read for a caller who is gone.
	View(ctx context.Context, fn func(Tx) error) error

	// Update runs fn in a serializable transaction: all of it is kept, the outbox included, or nothing is. It is kept
	// when Update returns nil, even if the machine stops the next moment. fn may run twice, must not nest, and has no
	// effect if it returns an error, panics, or if ctx has ended by the time fn returns. If ctx has ended before its
	// turn, fn is not run. An Uncertain leaves open whether it was kept. Updates that wait for one another may be kept together; each has its own outcome all the
	// same.
	Update(ctx context.Context, fn func(Tx) error) error

	// UpdateSoon is Update for what nobody waits for: before its turn it may wait for another update to be kept with,
	// up to its patience. That is asked when every update that changes anything from then on takes this one along, so
	// that it may look into the store for somebody who waits. If ctx ends meanwhile, the update has no effect.
	UpdateSoon(ctx context.Context, patience func() time.Duration, fn func(Tx) error) error

	// Now is the clock by which claims, turns and signs of life are measured. Of a store that several desks share it is
	// the store's, as their machines may disagree; it never goes back by more than such clocks do.
	Now() time.Time

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

	// App returns the app of that name, which is empty for the one of the environment, or ErrNotFound.
	App(name string) (App, error)
	// Apps returns all apps that are kept, by name.
	Apps() ([]App, error)
	// PutApp keeps an app, in place of the one of the same name.
	PutApp(App) error

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
	// Stamp returns the stamp of what is kept of an application, or ErrNotFound. It costs less than reading it.
	Stamp(Key) (Stamp, error)
	// Stamps returns up to limit keys of a listing with their stamps, and a cursor, as Applications does.
	Stamps(l Listing, after string, limit int) ([]Stamped, string, error)
	// Latest returns up to limit applications of a listing from its end: the last place comes first. It is an index
	// read like Applications.
	Latest(l Listing, limit int) ([]Application, error)
	// Outlines returns of the applications that Latest would return no more than their outlines.
	Outlines(l Listing, limit int) ([]Outline, error)
	// Count returns how many applications a listing has, without reading them.
	Count(Listing) (int, error)
	// CountTo returns how many applications of a listing have a place before the given one, without reading them.
	CountTo(l Listing, place string) (int, error)
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
	// Standings returns how many members of a campaign stand at each stage, as Furthest has it; stages without any are
	// left out. The numbers are kept with each change, so their cost does not grow with the members.
	Standings(CampaignID) (map[Stage]int, error)
	// MembersAt returns up to limit members of a campaign that stand at a stage, by creator, and a cursor as Campaigns
	// does. It is an index read.
	MembersAt(c CampaignID, stage Stage, after string, limit int) ([]Member, string, error)
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
	// WaitingConversations returns up to limit conversations of a shop that wait for an answer, those first that have
	// waited longest, and a cursor as Campaigns does. It is an index read, by Conversation.WaitingSort.
	WaitingConversations(s ShopID, after string, limit int) ([]Conversation, string, error)
	// CountWaiting returns how many conversations of a shop wait for an answer, without reading them.
	CountWaiting(ShopID) (int, error)
	// RemoveConversation forgets a conversation; ErrNotFound if there is none. A creator who becomes known by another
	// key takes it with them.
	RemoveConversation(ShopID, CreatorKey) error

	// Templates returns a shop's templates of messages; of a shop without any, none.
	Templates(ShopID) (Templates, error)
	// PutTemplates keeps a shop's templates, in place of those that it had.
	PutTemplates(Templates) error

	// Rules returns a shop's rules; of a shop that never had any, none, with Version 0. They are read with every decision and
	// every change of a request, so that should cost little.
	Rules(ShopID) (Rules, error)
	// PutRules keeps a shop's rules, in place of those that it had.
	PutRules(Rules) error

	// Listed returns up to limit creators of a shop's list, by creator, and a cursor as Campaigns does.
	Listed(s ShopID, l ListName, after string, limit int) ([]Listed, string, error)
	// ListsOf returns the lists of a shop that a creator is on, by name. It is an index read.
	ListsOf(ShopID, CreatorKey) ([]ListName, error)
	// PutListed puts a creator on a list, in place of the same on the same list.
	PutListed(Listed) error
	// RemoveListed takes a creator off a list; ErrNotFound if they are not on it.
	RemoveListed(ShopID, ListName, CreatorKey) error

	// Cost returns what a sample of that product and variant costs a shop, or ErrNotFound. The variant (SKU) may be empty:
	// that is a cost like any other (see CostOf).
	Cost(s ShopID, p ProductID, sku string) (Cost, error)
	// Costs returns up to limit of a shop's costs, by product and variant, and a cursor as Campaigns does.
	Costs(s ShopID, after string, limit int) ([]Cost, string, error)
	// PutCost keeps a cost, in place of that of the same shop, product and variant.
	PutCost(Cost) error
	// RemoveCost takes a cost away; ErrNotFound if there is none.
	RemoveCost(s ShopID, p ProductID, sku string) error

	// AddTally adds to a count of a shop's, which begins at zero. It is exact: of two transactions that add, both count.
	AddTally(s ShopID, name string, delta int64) error
	// Tally returns a count of a shop's; zero if nothing was ever added.
	Tally(s ShopID, name string) (int64, error)
	// Tallies returns up to limit of a shop's counts whose names begin with prefix, by name, from the first after the cursor
	// on, and a cursor as Campaigns does. Those at zero are left out. A name, too, is a cursor, whether there is a count of
	// that name or not; the prefix may be empty.
	Tallies(s ShopID, prefix, after string, limit int) ([]Tally, string, error)

	// Run returns a run, or ErrNotFound.
	Run(RunID) (Run, error)
	// PutRun keeps a run, in place of the one of the same id.
	PutRun(Run) error

	// Notice returns a message that is edited as its subject changes, or ErrNotFound.
	Notice(NoticeID) (Notice, error)
	// PutNotice keeps a notice, in place of the one of the same id.
	PutNotice(Notice) error

	// Person returns what is kept of somebody who works with the desk, or ErrNotFound.
	Person(PersonID) (Person, error)
	// PutPerson keeps a person, in place of the one of the same id.
	PutPerson(Person) error

	// NoteDelivery takes note of a delivery of TikTok's, by its id, and reports whether that is the first of this id in
	// the days that ForgetDeliveries left. Of one day (in UTC) it takes note of so many at the most; beyond that each counts as the
	// first.
	NoteDelivery(id string, at time.Time, most int) (first bool, err error)
	// ForgetDeliveries forgets up to limit deliveries of days that ended before a time, and returns how many.
	ForgetDeliveries(before time.Time, limit int) (int, error)
	// PutLook keeps a look, in place of the one at the same subject.
	PutLook(Look) error
	// Looks returns up to limit looks, by subject, and a cursor as Campaigns does.
	Looks(after string, limit int) ([]Look, string, error)
	// RemoveLook takes a look away, unless another time of the same subject was put since; it need not be there.
	RemoveLook(Look) error
	// Runs returns up to limit runs, by id, and a cursor as Campaigns does.
	Runs(after string, limit int) ([]Run, string, error)
	// Notices returns up to limit notices, by id, and a cursor as Campaigns does.
	Notices(after string, limit int) ([]Notice, string, error)

	// Append adds to the history of the entry's application, or, where it names none, to the shop's own. Nothing
	// removes it.
	Append(Entry) error
	// History returns up to limit entries of an application, oldest first, and a cursor as Campaigns does. With a key
	// that names only the shop it returns those of the shop's own history.
	History(k Key, after string, limit int) ([]Entry, string, error)
	// Amend changes up to limit entries that History would return: each where change reports that it did. What happened
	// when stays: it is there for erasing what is said of a person. The cursor is History's.
	Amend(k Key, after string, limit int, change func(*Entry) bool) (string, error)

	// Mark returns the text that is kept under a name for all desks, or ErrNotFound.
	Mark(name string) (string, error)
	// PutMark keeps a text under a name, in place of the one before.
	PutMark(name, text string) error

	Turns
	Outbox
}

// Turns keeps which desks are there, and which of them does what. A store that one process has to itself may hold all of
// it in memory, and after its end there was none; an update that does nothing else then writes nothing.
type Turns interface {
	// Desks returns all desks that gave a sign of life and were not removed, by id.
	Desks() ([]Desk, error)
	// PutDesk keeps a desk with its sign of life, in place of the one of the same id, and sets its Schema.
	PutDesk(Desk) error
	// RemoveDesk takes a desk away; it need not be there.
	RemoveDesk(DeskID) error

	// Turn returns a turn that was ever taken, or ErrNotFound.
	Turn(name string) (Turn, error)
	// TakeTurn takes a turn for a tick until the given time, if it is free at now (Turn.Free), and reports whether. Whoever
	// has it takes it again, which prolongs it and never shortens it. An error if until is not after now.
	TakeTurn(name string, desk DeskID, tick, now, until time.Time) (bool, error)
	// EndTurn ends a desk's turn, and where it is done, so is its tick and every one before. A note that is not empty is
	// kept in place of the one before. ErrConflict if another desk has taken the turn since, or nobody has it any more.
	EndTurn(name string, desk DeskID, done bool, note string) error
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
	// Line hands out what the index tells of a lane's effects, in order and without reading them, until fn returns false.
	Line(l Lane, fn func(InLine) bool) error
	// Length returns how many effects a lane holds, without reading them.
	Length(Lane) (int, error)
	// First returns the id of a lane's first effect, or ErrNotFound.
	First(Lane) (EffectID, error)
	// Waiting counts the effects of each kind that were put and neither removed nor buried yet, claimed ones included, and
	// tells when the oldest of them was made; kinds without any are left out. It reads the index and one effect of each
	// kind.
	Waiting() ([]Waiting, error)
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

// Waiting is how many effects of a kind wait.
type Waiting struct {
	Kind   EffectKind
	Count  int
	Oldest time.Time // when the one that was put first was made
}

// InLine is what the index tells of an effect in its lane.
type InLine struct {
	ID      EffectID
	Kind    EffectKind
	Notice  NoticeID
	Claimed bool // as in InLane
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

// Stamp stands for all that is kept of an application: whoever finds the stamp that they found before need not read the
// application again. It tells applications apart only together with their keys, and holds for this process only.
type Stamp uint64

// Stamped is a key with its stamp.
type Stamped struct {
	Key   Key
	Stamp Stamp
}
