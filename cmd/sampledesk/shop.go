package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"sampledesk/affiliate"
	"sampledesk/affiliate/bridge"
	"sampledesk/workflow"
)

// shopCmd connects shops, lists them, and lets them go.
type shopCmd struct {
	Connect    shopConnect    `cmd:"" help:"Print the link with which a seller lets the desk work for their shops, and connect what they consent to. The same again renews."`
	List       shopList       `cmd:"" help:"List the shops: region, app, until when they are authorised, last sync, scopes; and those still to be chosen."`
	Disconnect shopDisconnect `cmd:"" help:"Serve a shop no more and forget its tokens. What is known of it stays."`
}

// shopFlags are what all of them need: the app of the environment, and the store.
type shopFlags struct {
	tiktokFlags
	connectFlags
	storeFlags
}

// desk is a desk of these flags alone.
func (f shopFlags) desk() desk {
	return desk{tiktokFlags: f.tiktokFlags, connectFlags: f.connectFlags, storeFlags: f.storeFlags}
}

// examined looks at the values before anything is done with them.
func (f shopFlags) examined() error {
	var found problems
	f.tiktokFlags.examine(&found)
	f.connectFlags.examine(&found)
	f.storeFlags.examine(&found)
	return found.err()
}

// examine looks at what the flags and variables of connecting say.
func (f *connectFlags) examine(found *problems) {
	found.find("TIKTOK_SERVICE_ID", token(f.TiktokServiceID))
	for name, address := range map[string]string{"TIKTOK_CONSENT_URL": f.TiktokConsentURL, "SAMPLEDESK_PUBLIC_URL": f.PublicURL} {
		if address != "" {
			found.find(name, webAddress(strings.TrimRight(address, "/"), false, name == "TIKTOK_CONSENT_URL"))
		}
	}
}

// shopConnect prints a link and connects what is consented to.
type shopConnect struct {
	shopFlags
	App         string   `env:"TIKTOK_APP" placeholder:"NAME" help:"An app beside the environment's: small letters, digits and hyphens. Its key and secret are given once, with --credentials."`
	Credentials string   `env:"TIKTOK_APP_CREDENTIALS" placeholder:"FILE" help:"With --app: a file with the app's key in its first line and its secret in the second; - is standard input."`
	Code        string   `env:"TIKTOK_CODE" placeholder:"CODE" help:"What TikTok sent the seller back with: the code, or the whole address."`
	Shop        []string `env:"TIKTOK_SHOP" placeholder:"ID" help:"Which of the shops to connect, comma-separated; all: each of them."`
	Channel     string   `env:"SAMPLEDESK_SHOP_CHANNEL" placeholder:"C…" help:"The channel of the new shops, if it is not SLACK_CHANNEL."`
}

// connectTask is shop connect where the store is.
type connectTask struct {
	App     string        `json:"app"`
	Put     *workflow.App `json:"put,omitempty"`
	Secret  string        `json:"secret,omitempty"` // of Put
	Code    string        `json:"code,omitempty"`
	Shops   []string      `json:"shops,omitempty"`
	Channel string        `json:"channel,omitempty"`

	desk desk // where no desk runs
}

// Run connects.
func (c *shopConnect) Run(ctx context.Context, s streams) error {
	if err := c.examined(); err != nil {
		return err
	}
	t := &connectTask{App: c.App, Code: c.Code, Shops: c.Shop, Channel: c.Channel, desk: c.desk()}
	switch {
	case c.App != "" && !workflow.IsAppName(c.App):
		return usagef("--app: %q is no name of an app: small letters, digits and hyphens, 32 at the most", c.App)
	case c.Channel != "" && !slackID.MatchString(c.Channel):
		return usagef("--channel: %q is no channel's id: it is like C0123456789", c.Channel)
	case c.Credentials != "" && c.App == "":
		return usagef("--credentials is for an app with a name: add --app")
	case c.Credentials != "":
		key, secret, err := readCredentials(c.Credentials, s.in)
		if err != nil {
			return err
		}
		t.Put = &workflow.App{Name: c.App, Key: key, ServiceID: c.TiktokServiceID, Market: workflow.Market(c.Market), ConsentURL: c.TiktokConsentURL}
		t.Secret = secret
	}
	return performIn(ctx, c.storeFlags, "shop connect", t, s)
}

// readCredentials reads an app's key and secret, which are never arguments: every user of a machine can read those.
func readCredentials(path string, in io.Reader) (key, secret string, err error) {
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return "", "", fmt.Errorf("reading --credentials: %w", err)
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	if in == nil {
		return "", "", errors.New("reading --credentials: there is no standard input")
	}
	text, err := io.ReadAll(io.LimitReader(in, 4096))
	if err != nil {
		return "", "", fmt.Errorf("reading --credentials: %w", err)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if line = unwrapped(line); line != "" {
			lines = append(lines, line)
		}
	}
	if len(lines) != 2 || token(lines[0]) != nil || token(lines[1]) != nil {
		return "", "", usagef("--credentials: two lines are needed, the app's key and its secret")
	}
	return lines[0], lines[1], nil
}

func (t *connectTask) perform(ctx context.Context, at place, s streams) error {
	tiktok, err := t.desk.tiktokOf(at)
	if err != nil {
		return err
	}
	if t.Put != nil {
		if err := tiktok.PutApp(ctx, *t.Put, affiliate.Secret(t.Secret)); err != nil {
			return err
		}
		_, _ = fmt.Fprintf(s.out, "App %s is kept, its secret sealed.\n", t.App)
	}
	in := bufio.NewReader(orEmpty(s.in))
	if len(t.Shops) > 0 && t.Code == "" {
		return t.choose(ctx, tiktok, s)
	}
	n, err := t.consent(ctx, tiktok, in, s)
	if err != nil {
		return err
	}
	return t.connected(ctx, tiktok, n, in, s)
}

func orEmpty(in io.Reader) io.Reader {
	if in == nil {
		return strings.NewReader("")
	}
	return in
}

// consent gets a consent: by the code that was given, or by a link, whose end comes back over the callback or is pasted.
func (t *connectTask) consent(ctx context.Context, tiktok *bridge.Bridge, in *bufio.Reader, s streams) (n bridge.Connection, err error) {
	if t.Code != "" {
		return t.returned(ctx, tiktok, t.Code)
	}
	link, err := tiktok.ConsentLink(ctx, t.App, "")
	if err != nil {
		return n, err
	}
	_, _ = fmt.Fprintf(s.out, "Open this as the shop's owner, within 30 minutes, and choose for how long:\n\n  %s\n\n", link)
	if back := tiktok.Callback(t.App); back != "" {
		_, _ = fmt.Fprintf(s.out, "TikTok leads back to %s, which has to be the app's redirect address. Waiting…\n", back)
		return tiktok.AwaitConsent(ctx, link)
	}
	_, _ = fmt.Fprint(s.out, "Then paste the address that TikTok sends you to. The page there may well not open; its address is what counts.\n> ")
	line, err := in.ReadString('\n')
	if line = strings.TrimSpace(line); line == "" {
		if err != nil && !errors.Is(err, io.EOF) {
			return n, fmt.Errorf("reading the address: %w", err)
		}
		return n, errors.New("no address was pasted. Once you have it: sampledesk shop connect" + t.named() + " --code followed by it, in quotes")
	}
	return t.returned(ctx, tiktok, line)
}

// named is the flag that names the app.
func (t *connectTask) named() string {
	if t.App == "" {
		return ""
	}
	return " --app " + t.App
}

// returned takes what TikTok sent the seller back with.
func (t *connectTask) returned(ctx context.Context, tiktok *bridge.Bridge, text string) (n bridge.Connection, err error) {
	back, err := bridge.ParseReturn(text)
	if err != nil {
		return n, err
	}
	if back.State == "" {
		back.App = t.App
	}
	return tiktok.Consented(ctx, back)
}

// connected says what a consent led to, and connects what it offers: all of one, and of several those that are chosen.
func (t *connectTask) connected(ctx context.Context, tiktok *bridge.Bridge, n bridge.Connection, in *bufio.Reader, s streams) error {
	for _, shop := range n.GoOn {
		_, _ = fmt.Fprintf(s.out, "Renewed: %s (%s).\n", titled(shop.Name, shop.Region), shop.ID)
	}
	if until := n.Authorisation.Ends; !until.IsZero() {
		_, _ = fmt.Fprintf(s.out, "The authorization lasts until %s (%s).\n", until.UTC().Format(time.DateOnly), daysLeft(until, time.Now()))
	}
	switch {
	case len(n.Offered) == 0 && len(n.GoOn) == 0:
		return errors.New("this account has no shop that could be connected")
	case len(n.Offered) == 0:
		return nil
	case !n.Asked:
		if err := tiktok.TellConsent(ctx, n); err != nil {
			return err
		}
		_, err := fmt.Fprintf(s.out, "The address has no state, so it came from no link of this desk's: %s rests until an admin confirms it in Slack.\n", offeredNames(n.Offered))
		return err
	}
	ids, err := t.chosen(n.Offered, in, s)
	if err != nil {
		return err
	}
	return t.accept(ctx, tiktok, n.Authorisation.OpenID, ids, s)
}

// choose connects shops that wait to be chosen already.
func (t *connectTask) choose(ctx context.Context, tiktok *bridge.Bridge, s streams) error {
	auths, err := tiktok.Authorisations(ctx)
	if err != nil {
		return err
	}
	found := 0
	for _, a := range auths {
		if app, _ := workflow.AppOf(a.OpenID); t.App != "" && app != t.App || len(a.Tokens) == 0 {
			continue
		}
		var ids []workflow.ShopID
		for _, o := range a.Offered {
			if t.wants(o.ID) && (!o.Refused || !slices.Contains(t.Shops, "all")) {
				ids = append(ids, o.ID)
			}
		}
		if len(ids) == 0 {
			continue
		}
		found += len(ids)
		if err := t.accept(ctx, tiktok, a.OpenID, ids, s); err != nil {
			return err
		}
	}
	if found == 0 {
		return errors.New("no such shop is to be connected; sampledesk shop list shows those that are, and without --shop a link is printed")
	}
	return nil
}

func (t *connectTask) wants(id workflow.ShopID) bool {
	return slices.Contains(t.Shops, string(id)) || slices.Contains(t.Shops, "all")
}

// chosen returns the shops to connect: those of --shop, the only one, or what is answered.
func (t *connectTask) chosen(offered []workflow.OfferedShop, in *bufio.Reader, s streams) (ids []workflow.ShopID, err error) {
	for _, o := range offered {
		if t.wants(o.ID) || len(t.Shops) == 0 && len(offered) == 1 {
			ids = append(ids, o.ID)
		}
	}
	if len(ids) > 0 {
		return ids, nil
	}
	for i, o := range offered {
		_, _ = fmt.Fprintf(s.out, "%3d  %s (%s)\n", i+1, titled(o.Name, o.Region), o.ID)
	}
	_, _ = fmt.Fprint(s.out, "Which should the desk serve? Numbers with commas between them, or all: ")
	line, _ := in.ReadString('\n')
	if strings.EqualFold(strings.TrimSpace(line), "all") {
		for _, o := range offered {
			ids = append(ids, o.ID)
		}
		return ids, nil
	}
	for field := range strings.FieldsFuncSeq(line, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' }) {
		n, err := strconv.Atoi(field)
		if err != nil || n < 1 || n > len(offered) {
			return nil, fmt.Errorf("%q is no number of the list; the shops wait: sampledesk shop connect%s --shop followed by ids", field, t.named())
		}
		ids = append(ids, offered[n-1].ID)
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("none was chosen; the shops wait: sampledesk shop connect%s --shop followed by ids", t.named())
	}
	return ids, nil
}

func (t *connectTask) accept(ctx context.Context, tiktok *bridge.Bridge, id string, ids []workflow.ShopID, s streams) error {
	shops, err := tiktok.Accept(ctx, bridge.Choice{Authorisation: id, Shops: ids, Channel: t.Channel, By: workflow.Actor{Surface: workflow.FromShell}})
	if err != nil {
		return err
	}
	for _, shop := range shops {
		where := "the desk's channel (SLACK_CHANNEL; the settings in Slack can name another)"
		if shop.Settings.Channel != "" {
			where = "channel " + shop.Settings.Channel
		}
		_, _ = fmt.Fprintf(s.out, "Connected: %s (%s). Its cards go to %s.\n", titled(shop.Name, shop.Region), shop.ID, where)
	}
	_, err = fmt.Fprintln(s.out, "The first sync begins within a minute of serve running.")
	return err
}

func offeredNames(all []workflow.OfferedShop) string {
	var names []string
	for _, o := range all {
		names = append(names, titled(o.Name, o.Region))
	}
	return strings.Join(names, ", ")
}

// daysLeft says how long it is until then.
func daysLeft(until, now time.Time) string {
	switch left := until.Sub(now); {
	case left <= 0:
		return "over"
	case left < 48*time.Hour:
		return fmt.Sprintf("%d hours left", int(left.Hours()))
	default:
		return fmt.Sprintf("%d days left", int(left.Hours()/24))
	}
}

// shopList lists the shops.
type shopList struct{ shopFlags }

type listTask struct {
	existing
	desk desk
}

// Run lists.
func (c *shopList) Run(ctx context.Context, s streams) error {
	if err := c.examined(); err != nil {
		return err
	}
	return performIn(ctx, c.storeFlags, "shop list", &listTask{desk: c.desk()}, s)
}

func (t *listTask) perform(ctx context.Context, at place, s streams) error {
	tiktok, err := t.desk.tiktokOf(at)
	if err != nil {
		return err
	}
	auths, err := tiktok.Authorisations(ctx)
	if err != nil {
		return err
	}
	by := map[string]workflow.Authorisation{}
	for _, a := range auths {
		by[a.OpenID] = a
	}
	shops, err := tiktok.AllShops(ctx)
	if err != nil {
		return err
	}
	sweeps, now := tiktok.Sweeps(), time.Now()
	for _, shop := range shops {
		a := by[shop.OpenID]
		lines := []string{fmt.Sprintf("%s  %s  app %s", shop.ID, titled(shop.Name, shop.Region), appNamed(shop.OpenID))}
		switch {
		case !shop.Disconnected.IsZero():
			lines = append(lines, "disconnected since "+shop.Disconnected.UTC().Format(time.DateOnly))
		default:
			synced := "last sync not known: no desk runs"
			if at.tiktok != nil {
				synced = "not synced yet"
				if last := sweeps[shop.ID].Ended; !last.IsZero() {
					synced = "last sync " + last.UTC().Format(time.RFC3339)
				}
			}
			lines = append(lines, authorised(a, now)+", "+synced)
			if stopped := shop.SyncStopped; stopped != (workflow.Failure{}) {
				lines = append(lines, "TikTok turns its calls away: "+stopped.Message)
			}
			lines = append(lines, "scopes: "+scopesOf(a))
		}
		_, _ = fmt.Fprintln(s.out, strings.Join(lines, "\n    "))
	}
	waiting := 0
	for _, a := range auths {
		for _, o := range a.Waiting() {
			waiting++
			why := "still to be chosen: sampledesk shop connect --shop " + string(o.ID)
			if a.Unasked {
				why = "rests, since nobody here asked for it: an admin confirms it in Slack, or sampledesk shop connect --shop " + string(o.ID)
			}
			_, _ = fmt.Fprintf(s.out, "%s  %s  app %s\n    %s\n", o.ID, titled(o.Name, o.Region), appNamed(a.OpenID), why)
		}
	}
	if len(shops)+waiting == 0 {
		_, _ = fmt.Fprintln(s.out, "No shop is connected. sampledesk shop connect prints the link to connect one.")
	}
	return nil
}

// authorised says until when a shop is.
func authorised(a workflow.Authorisation, now time.Time) string {
	switch {
	case len(a.Tokens) == 0:
		return "not authorised: sampledesk shop connect"
	case a.Ends.IsZero():
		return "authorised, TikTok did not say until when"
	default:
		return fmt.Sprintf("authorised until %s (%s)", a.Ends.UTC().Format(time.DateOnly), daysLeft(a.Ends, now))
	}
}

func scopesOf(a workflow.Authorisation) string {
	if len(a.Scopes) == 0 {
		return "TikTok did not say"
	}
	return strings.Join(a.Scopes, ", ")
}

// appNamed is how an authorisation's app goes by.
func appNamed(id string) string {
	if app, _ := workflow.AppOf(id); app != "" {
		return app
	}
	return "of the environment"
}

// shopDisconnect lets a shop go.
type shopDisconnect struct {
	shopFlags
	ID string `arg:"" help:"The shop's id, as shop list shows it."`
}

type disconnectTask struct {
	existing
	ID   workflow.ShopID `json:"id"`
	desk desk
}

// Run disconnects.
func (c *shopDisconnect) Run(ctx context.Context, s streams) error {
	if err := c.examined(); err != nil {
		return err
	}
	return performIn(ctx, c.storeFlags, "shop disconnect", &disconnectTask{ID: workflow.ShopID(c.ID), desk: c.desk()}, s)
}

func (t *disconnectTask) perform(ctx context.Context, at place, s streams) error {
	tiktok, err := t.desk.tiktokOf(at)
	if err != nil {
		return err
	}
	shop, last, err := tiktok.Disconnect(ctx, t.ID, workflow.Actor{Surface: workflow.FromShell})
	if errors.Is(err, workflow.ErrNotFound) {
		return fmt.Errorf("no shop %q is connected; sampledesk shop list shows those that are", t.ID)
	}
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(s.out, "Disconnected: %s (%s). Its requests, decisions and settings stay in the store; nothing is synced or sent any more.\n", titled(shop.Name, shop.Region), shop.ID)
	if !last {
		_, err = fmt.Fprintln(s.out, "Its authorization also covers other shops that the desk serves, so its tokens are kept.")
		return err
	}
	_, err = fmt.Fprintln(s.out, `Its tokens are forgotten. TikTok still lists the app as authorized, and only the seller can change that: in Seller Center, among the authorized apps and services, remove this app.
If TIKTOK_REFRESH_TOKEN is still set, take it out.`)
	return err
}
