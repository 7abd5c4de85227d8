package workflow

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// App is an app at TikTok Shop: a key with its secret, and what its consent page is opened with. Creators, shops and
// tokens are an app's own, since TikTok gives each app other ids for the same people.
type App struct {
	Name       string `json:"name,omitempty"`        // empty: the one that the environment names, of which only what is asked for is kept
	Key        string `json:"key,omitempty"`         // TikTok's app_key
	Secret     []byte `json:"secret,omitempty"`      // sealed
	ServiceID  string `json:"service_id,omitempty"`  // of the consent page
	Market     Market `json:"market,omitempty"`      // whose partner center it is of
	ConsentURL string `json:"consent_url,omitempty"` // of the consent page; empty: the market's

	Asked []ConsentAsked `json:"asked,omitempty"` // consents that are waited for, the latest last
}

// Market is where an app's shops are. Each has a partner center and a consent page of its own.
type Market string

// The markets.
const (
	MarketWorld Market = "row" // the rest of the world
	MarketUS    Market = "us"
)

// ConsentAsked is a link to a consent page that was given to somebody. What TikTok sends back has to name it.
type ConsentAsked struct {
	State []byte    `json:"state"`        // the hash of what TikTok echoes
	By    PersonID  `json:"by,omitempty"` // who asked in Slack; empty: on the command line
	Until time.Time `json:"until"`
}

// MaxAsked is how many consents of an app are waited for at a time.
const MaxAsked = 50

// IsAppName reports whether an app may be called that: small letters, digits and hyphens, 32 at the most.
func IsAppName(name string) bool { return appName.MatchString(name) }

var appName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// appMark begins the names of what belongs to an app with a name.
const appMark = "app:"

// ofApp puts an app in front of an id of TikTok's that is unique per app. Of the unnamed app ids stand for themselves, as
// they did while there was no other.
func ofApp(app, id string) string {
	if app == "" {
		return id
	}
	return appMark + app + ":" + id
}

// AuthorisationID names an authorisation on this desk: the vendor's open id, which is unique per app.
func AuthorisationID(app, openID string) string { return ofApp(app, openID) }

// AppOf returns the app of an authorisation by its id, and the vendor's open id.
func AppOf(id string) (app, openID string) {
	rest, named := strings.CutPrefix(id, appMark)
	if !named {
		return "", id
	}
	app, openID, _ = strings.Cut(rest, ":")
	return app, openID
}

// Authorisation is a seller's consent: a pair of tokens of an app, for one shop or several.
type Authorisation struct {
	OpenID    string    `json:"open_id"` // AuthorisationID
	Seller    string    `json:"seller,omitempty"`
	Region    string    `json:"region,omitempty"`
	Tokens    []byte    `json:"tokens"`    // sealed; the key is not in the store; nil: they were forgotten
	Exchanged [][]byte  `json:"exchanged"` // hashes of the refresh tokens from the environment that were used up
	SavedAt   time.Time `json:"saved_at"`
	Renewing  time.Time `json:"renewing,omitzero"` // when a renewal of the tokens began whose end is not known

	Scopes []string  `json:"scopes,omitempty"`
	Ends   time.Time `json:"ends,omitzero"` // when the consent ends, unless it is renewed; zero: not known
	// Told is the last of EndSteps that the admins were told of, in days, for the end in ToldFor.
	Told    int       `json:"told,omitempty"`
	ToldFor time.Time `json:"told_for,omitzero"`

	// Chosen says that its shops are connected one by one, as somebody chooses; others are in Offered. Without it all are,
	// as of a refresh token from the environment.
	Chosen  bool          `json:"chosen,omitempty"`
	Offered []OfferedShop `json:"offered,omitempty"`
	By      PersonID      `json:"by,omitempty"`      // who asked for the consent in Slack
	Unasked bool          `json:"unasked,omitempty"` // nobody here asked for it: an admin has to confirm its shops
}

// OfferedShop is a shop that an authorisation covers and that the desk does not serve: it rests until somebody chooses it.
type OfferedShop struct {
	ID      ShopID `json:"id"`
	Name    string `json:"name,omitempty"`
	Region  string `json:"region,omitempty"`
	Cipher  string `json:"cipher,omitempty"`
	Refused bool   `json:"refused,omitempty"` // somebody said no to it
}

// Offers returns the shop of that id that the authorisation offers.
func (a Authorisation) Offers(id ShopID) (OfferedShop, bool) {
	i := slices.IndexFunc(a.Offered, func(s OfferedShop) bool { return s.ID == id })
	if i < 0 {
		return OfferedShop{}, false
	}
	return a.Offered[i], true
}

// Waiting returns the offered shops that nobody has decided on.
func (a Authorisation) Waiting() []OfferedShop {
	return slices.DeleteFunc(slices.Clone(a.Offered), func(s OfferedShop) bool { return s.Refused })
}

// EndSteps are how many days before an authorisation ends its admins are told, the first first.
var EndSteps = []int{30, 7, 1}

// EndDue returns the step that is to be told now: the latest that has come, unless it or a later one was told for this
// end. Zero: none. One that is missed, as by a desk that was closed, is not told beside a later one.
func (a Authorisation) EndDue(now time.Time) int {
	if a.Ends.IsZero() || len(a.Tokens) == 0 || !now.Before(a.Ends) {
		return 0
	}
	due := 0
	for _, days := range EndSteps {
		if !now.Before(a.Ends.AddDate(0, 0, -days)) {
			due = days
		}
	}
	if due == 0 || a.ToldFor.Equal(a.Ends) && a.Told <= due {
		return 0
	}
	return due
}
