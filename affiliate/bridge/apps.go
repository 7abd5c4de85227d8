package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"sampledesk/affiliate"
	"sampledesk/workflow"
)

// Apps says how the desk works with more than one app at TikTok Shop.
type Apps struct {
	// Client makes the client of an app.
	Client func(key string, secret affiliate.Secret) (*affiliate.Client, error)
	// Unnamed is what the environment says of the app without a name, and UnnamedSecret its secret.
	Unnamed       workflow.App
	UnnamedSecret affiliate.Secret
	// AdminsOf returns who is told of a shop's connection, and, for the zero shop, of one that no shop has yet.
	AdminsOf func(workflow.Shop) []workflow.PersonID
	// Callback is where TikTok's redirect reaches the desk from outside; empty: nowhere, and it has to be pasted.
	Callback string
}

// Callback is where TikTok's redirect reaches the desk for an app; empty: nowhere.
func (b *Bridge) Callback(app string) string {
	if b.apps.Callback == "" || app == "" {
		return b.apps.Callback
	}
	return b.apps.Callback + "/" + app
}

// Secrets returns the secrets of all apps by their keys, with which TikTok signs what it sends to them.
func (b *Bridge) Secrets(ctx context.Context) (map[string]affiliate.Secret, error) {
	apps, err := b.Apps(ctx)
	if err != nil {
		return nil, err
	}
	all := map[string]affiliate.Secret{}
	for _, a := range apps {
		if a.Name == "" {
			all[a.Key] = b.apps.UnnamedSecret
			continue
		}
		if all[a.Key], err = b.key.OpenSecret(a.Name, a.Secret); err != nil {
			return nil, fmt.Errorf("app %s: %w", a.Name, err)
		}
	}
	return all, nil
}

// isAdmin reports whether somebody is an admin of the desk or of one of its shops.
func (b *Bridge) isAdmin(ctx context.Context, who workflow.PersonID) (bool, error) {
	if b.apps.AdminsOf == nil || slices.Contains(b.apps.AdminsOf(workflow.Shop{}), who) {
		return true, nil
	}
	shops, err := b.Shops(ctx)
	return slices.ContainsFunc(shops, func(s workflow.Shop) bool { return slices.Contains(b.apps.AdminsOf(s), who) }), err
}

// Use has the bridge work with several apps. It is called before anything else, and returns the bridge.
func (b *Bridge) Use(a Apps) *Bridge {
	b.apps = a
	return b
}

// ErrNoApp says that no app of that name is known.
var ErrNoApp = errors.New("no such app")

// App returns an app: from the store, the unnamed one with what the environment says of it. The error is an ErrNoApp where
// there is none.
func (b *Bridge) App(ctx context.Context, name string) (workflow.App, error) {
	a, err := read(ctx, b.store, "an app", func(tx workflow.Tx) (workflow.App, error) { return tx.App(name) })
	missing := errors.Is(err, workflow.ErrNotFound)
	if err != nil && !missing {
		return a, err
	}
	switch {
	case name == "" && b.client == nil:
		return a, fmt.Errorf("%w: the environment names none (TIKTOK_APP_KEY and TIKTOK_APP_SECRET)", ErrNoApp)
	case name == "":
		asked := a.Asked
		a = b.apps.Unnamed
		a.Asked = asked
	case missing:
		return a, fmt.Errorf("%w: %q", ErrNoApp, name)
	}
	return a, nil
}

// Apps returns the apps that the desk works with, the unnamed one first.
func (b *Bridge) Apps(ctx context.Context) ([]workflow.App, error) {
	all, err := read(ctx, b.store, "the apps", workflow.Tx.Apps)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(a workflow.App) bool { return a.Name == "" })
	if b.client != nil {
		all = append([]workflow.App{b.apps.Unnamed}, all...)
	}
	return all, nil
}

// PutApp keeps an app that has a name, with its secret sealed. Calls under its authorisations are made with the new secret
// from then on.
func (b *Bridge) PutApp(ctx context.Context, a workflow.App, secret affiliate.Secret) error {
	if !workflow.IsAppName(a.Name) {
		return fmt.Errorf("%q is no name of an app: small letters, digits and hyphens, 32 at the most", a.Name)
	}
	if b.apps.Client == nil {
		return errors.New("this desk works with one app alone")
	}
	if _, err := b.apps.Client(a.Key, secret); err != nil {
		return err
	}
	defer b.key.hold()()
	sealed, err := b.key.SealSecret(a.Name, secret)
	if err != nil {
		return fmt.Errorf("sealing the secret of app %s: %w", a.Name, err)
	}
	err = b.store.Update(ctx, func(tx workflow.Tx) error {
		was, err := tx.App(a.Name)
		if err != nil && !errors.Is(err, workflow.ErrNotFound) {
			return err
		}
		a.Secret, a.Asked = sealed, was.Asked
		return tx.PutApp(a)
	})
	if err != nil {
		return fmt.Errorf("keeping app %s: %w", a.Name, err)
	}
	b.mu.Lock()
	delete(b.clients, a.Name)
	ids := []string{}
	for id := range b.auths {
		if app, _ := workflow.AppOf(id); app == a.Name {
			ids = append(ids, id)
		}
	}
	b.mu.Unlock()
	for _, id := range ids {
		b.forget(id)
	}
	return nil
}

// clientOf returns the client of an app, which is made once.
func (b *Bridge) clientOf(ctx context.Context, name string) (*affiliate.Client, error) {
	if name == "" && b.client != nil {
		return b.client, nil
	}
	b.mu.Lock()
	known := b.clients[name]
	b.mu.Unlock()
	if known != nil {
		return known, nil
	}
	a, err := b.App(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", affiliate.ErrNotConnected, err)
	}
	secret, err := b.key.OpenSecret(a.Name, a.Secret)
	if err != nil {
		return nil, err
	}
	if b.apps.Client == nil {
		return nil, affiliate.ErrNotConnected
	}
	made, err := b.apps.Client(a.Key, secret)
	if err != nil {
		return nil, fmt.Errorf("app %s: %w", name, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.clients[name] == nil {
		b.clients[name] = made
	}
	return b.clients[name], nil
}

// Clients returns the clients of the apps that were made so far.
func (b *Bridge) Clients() (all []*affiliate.Client) {
	if b.client != nil {
		all = append(all, b.client)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.clients {
		all = append(all, c)
	}
	return all
}

// appOf returns the name of the app through which a shop is connected.
func appOf(s workflow.Shop) string {
	app, _ := workflow.AppOf(s.OpenID)
	return app
}

// closedVault is that of an authorisation whose app cannot be worked with: it says why, and no call is made.
type closedVault struct{ err error }

// Load says why there are no tokens.
func (v closedVault) Load(context.Context) (affiliate.Tokens, error) {
	return affiliate.Tokens{}, v.err
}

// Save says it too.
func (v closedVault) Save(context.Context, affiliate.Tokens) error { return v.err }

// closed returns an authorisation of which every call fails in that way.
func closed(err error) *affiliate.Authorisation {
	none, newErr := affiliate.New(affiliate.Config{AppKey: "none", AppSecret: "none"})
	if newErr != nil {
		panic(newErr) // a key and a secret are all that it takes
	}
	return none.Authorisation(closedVault{err})
}

// Authorisations returns what sellers consented to, by id.
func (b *Bridge) Authorisations(ctx context.Context) ([]workflow.Authorisation, error) {
	return read(ctx, b.store, "the authorisations", workflow.Tx.Authorisations)
}

// AllShops returns the shops on record, those included that are not served any more.
func (b *Bridge) AllShops(ctx context.Context) ([]workflow.Shop, error) {
	return read(ctx, b.store, "the shops", workflow.Tx.Shops)
}
