package bridge

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"sampledesk/affiliate"
	"sampledesk/workflow"
)

// A seller consents on TikTok's page, and TikTok sends their browser to the desk's callback with a code.
//
// # What it defends against
//
//   - Somebody else's code: who gets a person to open the callback with a code of their own would have the desk serve their
//     shop. So a link carries a state of 32 random bytes that is kept as a hash, works once and for 30 minutes, and is bound
//     to whoever asked. With a state that is not known nothing is exchanged.
//   - An install from TikTok's app store, which brings no state: it is exchanged, as its code dies soon, and its shops rest.
//     Nothing of them is read until an admin says yes in Slack. A few may wait at a time; more are turned away.
//   - A flood of made-up codes: those without a state are tried a few times a minute.
//   - Consent of a creator or a partner: their tokens are thrown away, and the refusal names them.
//   - A shop that is taken away: only a consent that was asked for here moves a shop to another authorisation, and never to
//     another app.
//
// What is left: whoever runs commands on the desk's machine connects what they like, and a seller who consents on another's
// link gives their shop to that desk; both are what they were asked to do.

// consentFor is how long a link waits for its consent: as long as TikTok's code lives.
const consentFor = 30 * time.Minute

// mostUnasked is how many authorisations that nobody asked for may wait for an admin at a time.
const mostUnasked = 5

// The consent pages of the markets, as TikTok has them.
var consentPages = map[workflow.Market]string{
	workflow.MarketWorld: "https://services.tiktokshop.com/open/authorize",
	workflow.MarketUS:    "https://services.us.tiktokshop.com/open/authorize",
}

// ConsentError is why a consent came to nothing, as a sentence for whoever consented.
type ConsentError struct{ Says string }

func (e ConsentError) Error() string { return e.Says }

func noConsent(format string, args ...any) error { return ConsentError{fmt.Sprintf(format, args...)} }

// ConsentLink returns a link to the consent page of an app, and keeps that it was given to that person; "" is the command
// line.
func (b *Bridge) ConsentLink(ctx context.Context, app string, by workflow.PersonID) (string, error) {
	a, err := b.App(ctx, app)
	if err != nil {
		return "", err
	}
	if a.ServiceID == "" {
		return "", fmt.Errorf("the service id of the app is not known: set TIKTOK_SERVICE_ID, or --service-id for an app with a name; the app's page in TikTok Shop Partner Center shows it")
	}
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails
	state := base64.RawURLEncoding.EncodeToString(random)
	now := time.Now()
	err = b.store.Update(ctx, func(tx workflow.Tx) error {
		kept, err := tx.App(app)
		if err != nil && !errors.Is(err, workflow.ErrNotFound) {
			return err
		}
		kept.Name = app
		kept.Asked = slices.DeleteFunc(kept.Asked, func(c workflow.ConsentAsked) bool { return !now.Before(c.Until) })
		kept.Asked = append(kept.Asked, workflow.ConsentAsked{State: stateHash(state), By: by, Until: now.Add(consentFor)})
		kept.Asked = kept.Asked[max(0, len(kept.Asked)-workflow.MaxAsked):]
		return tx.PutApp(kept)
	})
	if err != nil {
		return "", fmt.Errorf("keeping who was given a link: %w", err)
	}
	return consentAddress(a, state)
}

// consentAddress is the address of an app's consent page.
func consentAddress(a workflow.App, state string) (string, error) {
	text := a.ConsentURL
	if text == "" {
		text = consentPages[a.Market]
	}
	if text == "" {
		text = consentPages[workflow.MarketWorld]
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return "", errors.New("TIKTOK_CONSENT_URL is no address")
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/open/authorize"
	}
	query := u.Query()
	query.Set("service_id", a.ServiceID)
	query.Set("state", state)
	u.RawQuery = query.Encode()
	return u.String(), nil
}

func stateHash(state string) []byte {
	sum := sha256.Sum256([]byte(state))
	return sum[:]
}

// Return is what TikTok's redirect brings.
type Return struct {
	Code  affiliate.Secret
	State string
	Error string // TikTok's word for why there is no code
	App   string // whose redirect address it is, where that is told; empty: not told

	// Typed says that somebody gave it, on the command line or in Slack as Who: what another asked for is not theirs to
	// finish.
	Typed bool
	Who   workflow.PersonID
	// Bare says that it is a code alone, which somebody on the command line vouches for.
	Bare bool
}

// ParseReturn reads what somebody pasted: the whole address that TikTok sent them to, or its code alone.
func ParseReturn(text string) (Return, error) {
	text = strings.TrimSpace(text)
	if !strings.ContainsAny(text, "?&=/") {
		return Return{Code: affiliate.Secret(text), Typed: true, Bare: true}, nil
	}
	_, query, found := strings.Cut(text, "?")
	if !found {
		query = text
	}
	query, _, _ = strings.Cut(query, "#")
	values, err := url.ParseQuery(query)
	if err != nil || values.Get("code") == "" && values.Get("error") == "" {
		return Return{}, errors.New("that is neither a code nor the address that TikTok sent you to, which has code= in it")
	}
	r := ReturnOf(values)
	r.Typed = true
	return r, nil
}

// ReturnOf reads the query of TikTok's redirect.
func ReturnOf(query url.Values) Return {
	return Return{Code: affiliate.Secret(query.Get("code")), State: query.Get("state"), Error: query.Get("error")}
}

// Connection is what a consent led to.
type Connection struct {
	Authorisation workflow.Authorisation
	App           string
	By            workflow.PersonID      // who asked for it in Slack; empty: the command line, or nobody
	Asked         bool                   // somebody here did
	GoOn          []workflow.Shop        // shops that the desk served through it already
	Offered       []workflow.OfferedShop // shops that wait for somebody's choice
}

// Consented takes what TikTok's redirect brought: the state is used up, the code exchanged, and the tokens are on disk
// before they are used. An error that is a ConsentError is for whoever consented.
func (b *Bridge) Consented(ctx context.Context, r Return) (c Connection, err error) {
	defer func() { b.arrived(r.State, c, err) }()
	asked, app, err := b.stateUsed(ctx, r)
	if err != nil {
		return c, err
	}
	c.App, c.By, c.Asked = app, asked.By, asked.State != nil || r.Bare
	if r.Bare {
		c.By = r.Who
	}
	switch {
	case r.Error == "auth_denied", r.Error == "access_denied":
		return c, noConsent("The consent was declined on TikTok's page, so nothing was connected. Ask for a new link to try again.")
	case r.Error != "":
		return c, noConsent("TikTok's page ended with the error %q, so nothing was connected. Ask for a new link to try again.", clip(r.Error, 60))
	case r.Code == "" || r.Code == "null":
		return c, noConsent("TikTok sent no code, so nothing was connected. Ask for a new link to try again.")
	}
	if c.By != "" {
		switch is, err := b.isAdmin(ctx, c.By); {
		case err != nil:
			return c, err
		case !is:
			return c, noConsent("Whoever asked for this link is no admin of the desk any more, so nothing was connected. Ask an admin for a link.")
		}
	}
	if !c.Asked {
		if err := b.mayTryUnasked(ctx); err != nil {
			return c, err
		}
	}
	b.connecting.Lock()
	defer b.connecting.Unlock()
	tokens, err := b.exchangeCode(ctx, app, r.Code)
	if err != nil {
		return c, err
	}
	e := &exchange{id: workflow.AuthorisationID(app, tokens.OpenID), tokens: tokens, chosen: true, by: c.By, unasked: !c.Asked}
	b.setUnsaved(e)
	// As with an exchange from the environment: from here on a stop waits.
	saving, cancel := context.WithTimeout(context.WithoutCancel(ctx), exchangeTime)
	defer cancel()
	if err := b.save(saving, e); err != nil {
		return c, err
	}
	if err := b.learnShops(saving, e.id, c.Asked); err != nil {
		return c, fmt.Errorf("the authorisation is kept, and its shops could not be listed: %w", err)
	}
	return b.connection(saving, e.id, c)
}

// awaited is what came of a consent that somebody waits for.
type awaited struct {
	connection Connection
	err        error
}

// AwaitConsent waits for what comes of a link, as long as it works and ctx lives. The error is that of Consented.
func (b *Bridge) AwaitConsent(ctx context.Context, link string) (Connection, error) {
	u, err := url.Parse(link)
	if err != nil {
		return Connection{}, err
	}
	key, came := string(stateHash(u.Query().Get("state"))), make(chan awaited, 1)
	b.mu.Lock()
	b.awaited[key] = came
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.awaited, key)
	}()
	if _, shared := b.store.(workflow.Shared); shared {
		looking, stop := context.WithCancel(ctx)
		var elsewhere sync.WaitGroup
		elsewhere.Go(func() { b.awaitElsewhere(looking, []byte(key), came) })
		defer elsewhere.Wait()
		defer stop()
	}
	late := time.NewTimer(consentFor)
	defer late.Stop()
	select {
	case a := <-came:
		return a.connection, a.err
	case <-late.C:
		return Connection{}, noConsent("Nobody consented within 30 minutes. Ask for a new link.")
	case <-ctx.Done():
		return Connection{}, ctx.Err()
	}
}

// Awaited reports whether somebody waits for what comes of a consent.
func (b *Bridge) Awaited(state string) bool {
	hash := stateHash(state)
	b.mu.Lock()
	here := b.awaited[string(hash)] != nil
	b.mu.Unlock()
	if _, shared := b.store.(workflow.Shared); here || !shared || state == "" {
		return here
	}
	ctx, cancel := context.WithTimeout(context.Background(), consentPause)
	defer cancel()
	_, found, err := b.markOf(ctx, hash)
	return err == nil && found
}

// arrived tells whoever waits for a consent what came of it.
func (b *Bridge) arrived(state string, c Connection, err error) {
	defer b.arrivedElsewhere(state, c, err)
	b.mu.Lock()
	defer b.mu.Unlock()
	if came := b.awaited[string(stateHash(state))]; came != nil {
		select {
		case came <- awaited{c, err}:
		default: // something came already
		}
	}
}

// connection adds what is on record of an authorisation's shops.
func (b *Bridge) connection(ctx context.Context, id string, c Connection) (Connection, error) {
	err := b.store.View(ctx, func(tx workflow.Tx) (err error) {
		if c.Authorisation, err = tx.Authorisation(id); err != nil {
			return err
		}
		shops, err := tx.Shops()
		for _, s := range shops {
			if s.OpenID == id && s.Disconnected.IsZero() {
				c.GoOn = append(c.GoOn, s)
			}
		}
		c.Offered = c.Authorisation.Waiting()
		return err
	})
	return c, err
}

// stateUsed finds who asked for the consent, and uses the state up. Without one the app has to be told by the redirect
// address or to be the only one.
func (b *Bridge) stateUsed(ctx context.Context, r Return) (asked workflow.ConsentAsked, app string, err error) {
	if r.State == "" {
		app, err := b.onlyApp(ctx, r.App)
		return asked, app, err
	}
	hash, now, found := stateHash(r.State), time.Now(), false
	err = b.store.Update(ctx, func(tx workflow.Tx) error {
		asked, app, found = workflow.ConsentAsked{}, "", false
		all, err := tx.Apps()
		if err != nil {
			return err
		}
		for _, a := range all {
			i := slices.IndexFunc(a.Asked, func(c workflow.ConsentAsked) bool { return subtle.ConstantTimeCompare(c.State, hash) == 1 })
			if i < 0 || !now.Before(a.Asked[i].Until) {
				continue
			}
			asked, app, found = a.Asked[i], a.Name, true
			if r.Typed && asked.By != r.Who {
				return nil // its owner may still use it
			}
			a.Asked = slices.Delete(a.Asked, i, i+1)
			return tx.PutApp(a)
		}
		return nil
	})
	switch {
	case err != nil:
		return asked, app, fmt.Errorf("finding who asked for a consent: %w", err)
	case !found:
		return asked, app, noConsent("This link was used before, is older than 30 minutes, or was not made by this desk, so nothing was connected. Ask for a new one.")
	case r.Typed && asked.By != r.Who:
		return asked, app, noConsent("This link was made for somebody else. Use the one that was made for you.")
	}
	return asked, app, nil
}

// onlyApp is the app of a consent without a state.
func (b *Bridge) onlyApp(ctx context.Context, told string) (string, error) {
	apps, err := b.Apps(ctx)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(apps, func(a workflow.App) bool { return a.Name == told })
	switch {
	case told == "" && len(apps) == 1:
		return apps[0].Name, nil
	case told != "" && i >= 0:
		return told, nil
	case told == "" && len(apps) > 1 && apps[0].Name == "":
		return "", nil // the address without a name is the unnamed app's
	default:
		return "", noConsent("This consent does not say which app it is for, so nothing was connected. Use a link of this desk's.")
	}
}

// mayTryUnasked bounds what comes without anybody having asked for it.
func (b *Bridge) mayTryUnasked(ctx context.Context) error {
	if !b.unaskedRate.Allow() {
		return noConsent("Too many consents came without being asked for. Wait a minute, and try again.")
	}
	auths, err := read(ctx, b.store, "the authorisations", workflow.Tx.Authorisations)
	if err != nil {
		return err
	}
	waiting := 0
	for _, a := range auths {
		if a.Unasked && len(a.Waiting()) > 0 {
			waiting++
		}
	}
	if waiting >= mostUnasked {
		return noConsent("Other shops wait for this desk's admins already. Ask an admin for a link.")
	}
	return nil
}

// exchangeCode turns a code into tokens of a seller.
func (b *Bridge) exchangeCode(ctx context.Context, app string, code affiliate.Secret) (affiliate.Tokens, error) {
	client, err := b.clientOf(ctx, app)
	if err != nil {
		return affiliate.Tokens{}, err
	}
	tokens, err := client.Exchange(ctx, code)
	switch {
	case errors.Is(err, affiliate.ErrBadAuthCode):
		return tokens, noConsent("TikTok does not take this code: it works once and for 30 minutes. Ask for a new link and consent again.")
	case err != nil:
		return tokens, err
	case tokens.User != affiliate.UserSeller && tokens.User != "":
		return tokens, noConsent("A %s authorised the app, and it has to be the seller. Log in to TikTok Shop as the shop's owner, and ask for a new link.", tokens.User)
	case tokens.OpenID == "":
		return tokens, errors.New("TikTok's answer names no authorisation (open_id)")
	default:
		return tokens, nil
	}
}

// clip cuts what came from outside.
func clip(text string, most int) string {
	runes := []rune(strings.ToValidUTF8(text, "\uFFFD"))
	return string(runes[:min(len(runes), most)])
}
