package workflow

import (
	"slices"
	"strings"
	"time"
)

// ListName names a list of creators that a team keeps, in lower case: "block", "vip", or any other.
type ListName string

// The lists that every shop is offered.
const (
	BlockList ListName = "block"
	VIPList   ListName = "vip"
)

// MaxListName is how long the name of a list may be, in code points.
const MaxListName = 40

// SharedLists is in whose name the lists are kept that shops share whose admins agreed (Rules.ShareLists).
const SharedLists ShopID = "shared lists"

// Listed is a creator on a list of a shop.
type Listed struct {
	Shop    ShopID     `json:"shop"` // SharedLists of one that is shared
	List    ListName   `json:"list"`
	Creator CreatorKey `json:"creator"`
	Shown   Creator    `json:"shown"` // name and handle, as they were
	By      PersonID   `json:"by,omitempty"`
	At      time.Time  `json:"at"`
	Note    string     `json:"note,omitempty"` // why, for the team
}

// ListChange puts a creator on a list or takes them off it.
type ListChange struct {
	Actor
	At      time.Time
	Shop    ShopID
	List    ListName
	Creator Creator // at least a user name or an open id
	Note    string
	Remove  bool
}

// MaxListChanges is how many changes of lists one transaction takes at the most.
const MaxListChanges = 500

// ListTally names the count of how many creators are on a list.
func ListTally(l ListName) string { return listTallies + string(l) }

const listTallies = "list\x1f"

// maxListNames is how many lists of a shop are offered at the most.
const maxListNames = 200

// ListSize is a list of a shop, and how many creators are on it.
type ListSize struct {
	List  ListName
	Count int
}

// ListNames returns a shop's lists with anybody on them, by name, with those that it shares: a creator who is on both counts
// twice.
func ListNames(tx Tx, s ShopID) (all []ListSize, err error) {
	rules, err := tx.Rules(s)
	if err != nil {
		return nil, err
	}
	places := []ShopID{s}
	if rules.ShareLists {
		places = append(places, SharedLists)
	}
	for _, place := range places {
		page, _, err := tx.Tallies(place, listTallies, "", maxListNames)
		if err != nil {
			return nil, err
		}
		for _, each := range page {
			name := ListName(strings.TrimPrefix(each.Name, listTallies))
			if i := slices.IndexFunc(all, func(l ListSize) bool { return l.List == name }); i >= 0 {
				all[i].Count += int(each.Count)
				continue
			}
			all = append(all, ListSize{List: name, Count: int(each.Count)})
		}
	}
	slices.SortFunc(all, func(a, b ListSize) int { return strings.Compare(string(a.List), string(b.List)) })
	return all, nil
}

// CleanListName makes the name of a list out of what a person typed; empty if it is none.
func CleanListName(typed string) ListName {
	name, ok := nameWithin(FoldName(typed), MaxListName)
	if !ok {
		return ""
	}
	return ListName(name)
}

// Cost is what a sample of a product costs the shop.
type Cost struct {
	Shop    ShopID    `json:"shop"`
	Product ProductID `json:"product"`
	SKU     string    `json:"sku,omitempty"` // empty: of every variant without a cost of its own
	Amount  Money     `json:"amount"`
	By      PersonID  `json:"by,omitempty"`
	At      time.Time `json:"at"`
}

// Check returns what is wrong with a cost in a shop of that currency; empty if it can be kept. An empty amount takes the
// cost away.
func (c Cost) Check(currency string) Problem {
	switch {
	case c.Product == "":
		return ProblemMissing
	case c.Amount.Amount == "":
		return ""
	}
	return checkMoney(c.Amount, currency)
}

// Tally is a count kept under a name.
type Tally struct {
	Name  string
	Count int64
}

// CostsChange sets what samples cost: an entry without an amount takes its cost away.
type CostsChange struct {
	Actor
	At    time.Time
	Shop  ShopID
	Costs []Cost
}

// MaxCosts is how many costs one change sets at the most.
const MaxCosts = 5000
