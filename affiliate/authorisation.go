package affiliate

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"
)

// Vault keeps the tokens of one authorisation durably.
type Vault interface {
	// Load returns what was saved last, or zero Tokens if nothing was.
	Load(ctx context.Context) (Tokens, error)
	// Save must have stored the pair durably when it returns nil: the pair is
	// used only then, and the one before it is dead already.
	Save(ctx context.Context, tokens Tokens) error
}

// Spender is a [Vault] that is told before its refresh token is sent, and has that on disk when it returns nil: the answer
// kills the token, and whoever dies before Save has lost the new pair. So the next process can tell. Without it
// the token is not sent.
type Spender interface {
	Spend(ctx context.Context) error
}

// Locker is a [Vault] that others use at the same time, as other processes do. Lock waits
// until nobody else renews the tokens, and keeps them from it until release is called. The
// context that it returns ends if that can be promised no more.
type Locker interface {
	Lock(ctx context.Context) (held context.Context, release func(), err error)
}

const (
	// renewAhead is how long before its expiry an access token is renewed: a night in
	// which the vendor's token calls do not answer stops nothing. Tokens live for a week.
	renewAhead = 12 * time.Hour
	// renewPause is the least time between two renewals ahead of expiry, so
	// that a token with a short life is not renewed at each call.
	renewPause = 10 * time.Minute
	// renewTime bounds a renewal with its loading and saving.
	renewTime = time.Minute
)

// Authorisation makes calls under the tokens of one authorisation. It renews
// them shortly before they expire, and once when the vendor says that they
// have; however many calls need that at a time, it is done once.
type Authorisation struct {
	client *Client
	vault  Vault
	// What holds tokens is behind pointers, so that printing an authorisation
	// shows none.
	flight  *singleflight.Group
	current atomic.Pointer[Tokens] // the pair in use, nil before it is loaded

	sem     chan struct{} // holds a value through a renewal, guards what follows
	unsaved *rotation
	tried   time.Time // when a renewal was last tried
}

// rotation is a new pair that no vault has taken yet.
type rotation struct {
	replaced Secret // the refresh token that it was given for
	tokens   Tokens
}

// Authorisation returns what makes calls under the tokens in the vault. Use
// one for each vault: two would refresh each other's tokens away.
func (c *Client) Authorisation(vault Vault) *Authorisation {
	return &Authorisation{client: c, vault: vault, flight: new(singleflight.Group), sem: make(chan struct{}, 1)}
}

// noRenewal is in a context under which no refresh token is spent.
type noRenewal struct{}

// ErrNotRenewed is the error of a call whose access token has expired, under a context of [WithoutRenewal].
var ErrNotRenewed = errors.New("the access token has expired, and no refresh token was to be spent")

// WithoutRenewal returns a context under which calls use the access token that there is, and spend no refresh token.
func WithoutRenewal(ctx context.Context) context.Context {
	return context.WithValue(ctx, noRenewal{}, true)
}

// access returns a token that is worth trying, renewed where it is about time.
func (a *Authorisation) access(ctx context.Context) (Secret, error) {
	if tokens := a.current.Load(); tokens != nil && !tokens.expireBy(time.Now().Add(renewAhead)) {
		return tokens.Access, nil
	}
	return a.renew(ctx, "")
}

// Renew asks the vendor for a new pair, whatever the life of the one in use: what comes tells how long the authorisation
// lasts. An error that is [NeedsReconnect] says that it is over.
func (a *Authorisation) Renew(ctx context.Context) error {
	stale, err := a.access(ctx)
	if err != nil {
		return err
	}
	_, err = a.renew(ctx, stale)
	return err
}

// renew returns a token other than the stale one. The work outlives a caller who
// gives up, as abandoning it half way could lose the new pair forever; [Client.Wait]
// waits for it.
func (a *Authorisation) renew(ctx context.Context, stale Secret) (Secret, error) {
	a.client.renewals.Add(1)
	work := a.flight.DoChan(string(stale), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), renewTime)
		defer cancel()
		return a.renewed(ctx, stale)
	})
	select {
	case result := <-work:
		a.client.renewals.Done()
		if result.Err != nil {
			return "", result.Err
		}
		tokens := result.Val.(Tokens)
		return tokens.Access, nil
	case <-ctx.Done():
		go func() {
			<-work
			a.client.renewals.Done()
		}()
		return "", fmt.Errorf("waiting for an access token: %w", ctx.Err())
	}
}

// renewed finds the newest pair: one not saved yet, one that somebody else put
// into the vault, or a new one of the vendor's.
func (a *Authorisation) renewed(ctx context.Context, stale Secret) (Tokens, error) {
	select {
	case a.sem <- struct{}{}:
		defer func() { <-a.sem }()
	case <-ctx.Done():
		return Tokens{}, fmt.Errorf("waiting for another renewal of the tokens: %w", ctx.Err())
	}
	known, err := a.load(ctx)
	if err != nil {
		return Tokens{}, err
	}
	if a.unsaved != nil && a.unsaved.replaced == known.Refresh {
		return a.save(ctx)
	}
	a.unsaved = nil // somebody else connected the shop again
	now := time.Now()
	usable := known.Access != "" && known.Access != stale && !known.expireBy(now)
	if usable && (!known.expireBy(now.Add(renewAhead)) || now.Sub(a.tried) < renewPause) {
		return a.use(known), nil
	}
	a.tried = now
	if locker, ok := a.vault.(Locker); ok {
		held, release, err := locker.Lock(ctx)
		if err != nil {
			return Tokens{}, &VaultError{Doing: "waiting for others to renew the tokens", Err: err}
		}
		defer release()
		before := known
		if known, err = a.load(held); err != nil {
			return Tokens{}, err
		}
		if known.Refresh != before.Refresh && known.Access != "" {
			return a.use(known), nil // another renewed them meanwhile
		}
		// From here on the work goes on though the hold were lost: half way it could lose the new pair.
	}
	fresh, err := a.refresh(ctx, known.Refresh)
	if err == nil {
		return fresh, nil
	}
	if a.unsaved == nil && usable {
		a.client.log.Warn("could not renew the access token ahead of its expiry", "error", err)
		return a.use(known), nil
	}
	return Tokens{}, err
}

// refresh asks the vendor for a new pair. If the refresh token turns out to be
// dead, another process may have used it meanwhile: then its pair is taken.
func (a *Authorisation) refresh(ctx context.Context, token Secret) (Tokens, error) {
	if token == "" {
		return Tokens{}, ErrNotConnected
	}
	if ctx.Value(noRenewal{}) != nil {
		return Tokens{}, ErrNotRenewed
	}
	if v, ok := a.vault.(Spender); ok {
		if err := v.Spend(ctx); err != nil {
			return Tokens{}, &VaultError{Doing: "noting that the tokens are being renewed", Err: err}
		}
	}
	fresh, err := a.client.Refresh(ctx, token)
	if err == nil {
		a.unsaved = &rotation{replaced: token, tokens: fresh}
		return a.save(ctx)
	}
	a.current.Store(nil)
	if errors.Is(err, ErrBadRefreshToken) {
		if known, loadErr := a.load(ctx); loadErr == nil && known.Refresh != token && known.Access != "" {
			return a.use(known), nil
		}
	}
	return Tokens{}, err
}

// load reads the vault.
func (a *Authorisation) load(ctx context.Context) (Tokens, error) {
	known, err := a.vault.Load(ctx)
	if err != nil {
		return Tokens{}, &VaultError{Doing: "loading the tokens", Err: err}
	}
	if known.Refresh == "" && known.Access == "" {
		return Tokens{}, ErrNotConnected
	}
	return known, nil
}

// save stores the new pair, and only then brings it into use.
func (a *Authorisation) save(ctx context.Context) (Tokens, error) {
	if err := a.vault.Save(ctx, a.unsaved.tokens); err != nil {
		a.current.Store(nil) // so that the next call comes here again
		return Tokens{}, &VaultError{Doing: "saving the tokens", Err: err}
	}
	fresh := a.unsaved.tokens
	a.unsaved = nil
	return a.use(fresh), nil
}

func (a *Authorisation) use(tokens Tokens) Tokens {
	a.current.Store(&tokens)
	return tokens
}

// forget makes the next call look into the vault again, unless the token that
// was refused is not the one in use any more.
func (a *Authorisation) forget(refused Secret) {
	if tokens := a.current.Load(); tokens != nil && tokens.Access == refused {
		a.current.CompareAndSwap(tokens, nil)
	}
}

// expireBy is true if the access token is known to have expired by then.
func (t Tokens) expireBy(then time.Time) bool {
	return !t.AccessExpires.IsZero() && !t.AccessExpires.After(then)
}
