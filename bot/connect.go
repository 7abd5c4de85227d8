package bot

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/post"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// connectDesk connects shops from Slack: it gives admins links to TikTok's consent page, and asks them what is to become of
// the shops that a consent offers.
//
// # What it defends against
//
// A link is bound to the admin who asked, shown to them alone, and used up by the first consent. Who asks and who chooses is
// looked up at each click: the desk's admins for everything, an admin of one shop for what they asked for themselves, so that
// the team of one client learns of no other's shops or apps. A shop that such an admin connects gets them as its admin. What
// is left: an admin who consents for a shop that is not the team's brings it into the channel that they choose.
type connectDesk struct {
	api         *slackapi.Client
	store       workflow.Store
	access      *access.Access
	defaults    query.Defaults
	consents    *Consents
	unreachable func(ctx context.Context, channel string) string
	log         *slog.Logger
}

func (d *connectDesk) register(r *routes) {
	if d.consents == nil {
		return
	}
	handle.OnClick(r.Mux, view.ActionConnect, d.link())
	handle.OnSubmit(r.Mux, view.CallbackConnect, d.pasted())
	handle.OnClick(r.Mux, view.ActionConsentChoose, d.choose())
	handle.OnClick(r.Mux, view.ActionConsentRefuse, d.refuse())
	handle.OnSubmit(r.Mux, view.CallbackConsent, d.chosen())
}

// admin tells whether somebody is an admin of the desk itself, and, where not, of which shops they are one. The error is a
// Denied.
func (d *connectDesk) admin(ctx context.Context, who workflow.PersonID) (all bool, mine []workflow.Shop, err error) {
	if slices.Contains(d.defaults.Admins, who) {
		_, err := d.access.Standing(ctx, who)
		return true, nil, err
	}
	if mine = d.access.Administered(ctx, who); len(mine) == 0 {
		return false, nil, access.Denied{Rule: view.DeniedAdmins, Entitled: view.Entitled{People: d.defaults.Admins}}
	}
	return false, mine, nil
}

// link opens the dialog with the links that a person may use: of the app that the button names, or of all of theirs.
func (d *connectDesk) link() onClick[string] {
	return onClick[string]{
		Order: handle.AckFirst, Parse: func(c click) (string, error) { return c.Action.Text, nil },
		Do: func(ctx context.Context, c click, value string, _ handle.Grant) (handle.Answer, error) {
			all, mine, err := d.admin(ctx, c.User.ID)
			if err != nil {
				return handle.Answer{}, err
			}
			apps, err := d.consents.Apps(ctx)
			if err != nil {
				d.log.ErrorContext(ctx, "could not read the apps", "error", err)
				return handle.Tell(view.ConnectFailed), nil
			}
			wanted, any := view.ParseConnect(value)
			var links []view.ConsentLink
			for _, a := range apps {
				theirs := slices.ContainsFunc(mine, func(s workflow.Shop) bool { of, _ := workflow.AppOf(s.OpenID); return of == a.Name })
				if a.ServiceID == "" || !all && !theirs || !any && wanted != a.Name {
					continue
				}
				url, err := d.consents.Link(ctx, a.Name, c.User.ID)
				if err != nil {
					d.log.ErrorContext(ctx, "could not make a link to a consent page", "app", a.Name, "error", err)
					return handle.Tell(view.ConnectFailed), nil
				}
				links = append(links, view.ConsentLink{App: a.Name, URL: url})
			}
			if len(links) == 0 {
				return handle.Tell(view.ConnectNotSetUp), nil
			}
			return handle.Open(view.ConnectModal(links[:min(len(links), 10)], d.consents.ComesBack)), nil
		},
	}
}

// pasted takes the address that TikTok sent an admin to, where it cannot lead back to the desk. TikTok is asked after the
// dialog was answered, as that may take longer than a dialog waits.
func (d *connectDesk) pasted() onSubmit[string] {
	return onSubmit[string]{
		Parse: func(s submit) (string, error) { return s.Field(view.ActionConnectReturn).Text, nil },
		Do: func(ctx context.Context, s submit, typed string, _ handle.Grant) (handle.Answer, error) {
			if _, _, err := d.admin(ctx, s.User.ID); err != nil {
				return handle.Answer{}, err
			}
			answer := handle.Show(view.ConnectWorking())
			answer.Then = func(ctx context.Context) {
				lines, err := d.consents.Returned(ctx, typed, s.User.ID)
				if err != nil {
					d.log.ErrorContext(ctx, "could not take a consent", "person", s.User.ID, "error", err)
					lines = []string{view.ConnectFailed}
				}
				if _, err := d.api.UpdateViewContext(ctx, view.ConnectEnd(lines...), "", "", s.View.ID); err != nil {
					d.log.WarnContext(ctx, "could not show what came of a consent", "person", s.User.ID, "error", err)
				}
			}
			return answer, nil
		},
	}
}

// errGone says that nothing of an authorisation waits any more.
var errGone = errors.New("nothing waits any more")

// waiting reads an authorisation of which shops wait, for somebody who may decide on them: the desk's admins, and whoever
// asked for it. The error is a Denied, errGone or an ErrRead.
func (d *connectDesk) waiting(ctx context.Context, who workflow.PersonID, id string) (f view.ConsentFacts, err error) {
	all, _, err := d.admin(ctx, who)
	if err != nil {
		return f, err
	}
	err = d.store.View(ctx, func(tx workflow.Tx) (err error) {
		f, err = d.facts(tx, id)
		return err
	})
	switch {
	case errors.Is(err, workflow.ErrNotFound):
		return f, errGone
	case err != nil:
		return f, errors.Join(access.ErrRead, err)
	case !all && f.Authorisation.By != who || f.Authorisation.Unasked && !all:
		return f, access.Denied{Rule: view.DeniedAdmins, Entitled: view.Entitled{People: d.defaults.Admins}}
	case len(f.Authorisation.Tokens) == 0 || len(f.Authorisation.Waiting()) == 0:
		return f, errGone
	}
	return f, nil
}

func (d *connectDesk) facts(tx workflow.Tx, id string) (f view.ConsentFacts, err error) {
	f.Channel, f.At = d.defaults.Channel, time.Now()
	if f.Authorisation, err = tx.Authorisation(id); err != nil {
		return f, err
	}
	shops, err := tx.Shops()
	for _, s := range shops {
		if s.OpenID == id && s.Disconnected.IsZero() {
			f.Served = append(f.Served, s)
		}
	}
	return f, err
}

// named reads the authorisation that a button names.
func authorisationNamed(c click) (string, error) { return c.Action.Text, nil }

// gone answers that nothing waits any more, in place of what was clicked.
func gone(_ context.Context, _ click, _ string, _ handle.Grant) handle.Answer {
	return handle.Replace(view.Aside(view.ConsentDone))
}

// choose opens the dialog in which the shops are chosen.
func (d *connectDesk) choose() onClick[string] {
	return onClick[string]{
		Order: handle.AckFirst, Parse: authorisationNamed,
		Do: func(ctx context.Context, c click, id string, g handle.Grant) (handle.Answer, error) {
			f, err := d.waiting(ctx, c.User.ID, id)
			if errors.Is(err, errGone) {
				return gone(ctx, c, id, g), nil
			}
			return handle.Open(view.ConsentModal(f)), err
		},
	}
}

// refuse leaves all that waits disconnected.
func (d *connectDesk) refuse() onClick[string] {
	return onClick[string]{
		Order: handle.AckFirst, Parse: authorisationNamed,
		Do: func(ctx context.Context, c click, id string, g handle.Grant) (handle.Answer, error) {
			f, err := d.waiting(ctx, c.User.ID, id)
			if errors.Is(err, errGone) {
				return gone(ctx, c, id, g), nil
			}
			if err != nil {
				return handle.Answer{}, err
			}
			var shops []workflow.ShopID
			for _, s := range f.Authorisation.Waiting() {
				shops = append(shops, s.ID)
			}
			if err := d.consents.Refuse(ctx, id, shops, workflow.Actor{Person: c.User.ID, Admin: true, Surface: c.Surface()}); err != nil {
				return handle.Answer{}, err
			}
			return handle.Replace(view.ConsentRefused(f, c.User.ID)), nil
		},
	}
}

// chosen connects the shops that were chosen.
func (d *connectDesk) chosen() onSubmit[string] {
	return onSubmit[string]{
		Parse: func(s submit) (string, error) { return s.View.Metadata, nil },
		Do: func(ctx context.Context, s submit, id string, _ handle.Grant) (handle.Answer, error) {
			if _, err := d.waiting(ctx, s.User.ID, id); err != nil {
				return handle.Answer{}, err
			}
			var shops []workflow.ShopID
			for _, o := range s.Field(view.ActionConsentShops).Checked {
				shops = append(shops, workflow.ShopID(o.Value))
			}
			channel := s.Field(view.ActionConsentChannel).Conversation
			if complaint := d.unreachable(ctx, channel); complaint != "" {
				return handle.At(view.BlockConsentChannel, complaint), nil
			}
			if channel == d.defaults.Channel {
				channel = "" // they go on following it
			}
			var admins []workflow.PersonID
			if !slices.Contains(d.defaults.Admins, s.User.ID) {
				admins = []workflow.PersonID{s.User.ID}
			}
			connected, err := d.consents.Accept(ctx, id, shops, channel, admins, workflow.Actor{Person: s.User.ID, Admin: true, Surface: workflow.FromModal})
			if err != nil {
				return handle.Answer{}, err
			}
			f := view.ConsentFacts{Served: connected, Channel: d.defaults.Channel}
			return handle.Show(view.NoticeModal(view.Consent(f))), nil
		},
		Fail: func(ctx context.Context, _ submit, _ string, _ handle.Grant, err error) handle.Answer {
			if errors.Is(err, errGone) {
				return handle.End(view.ConsentDone)
			}
			return handle.End(d.access.Explain(ctx, err))
		},
	}
}

// consent renders what an admin is asked about a consent's shops.
func (d *connectDesk) consent(_ context.Context, tx workflow.Tx, s post.Subject) (post.Rendered, error) {
	f, err := d.facts(tx, s.Payload.Authorisation)
	if err != nil {
		return post.Rendered{Obsolete: true}, query.UnlessMissing(err)
	}
	if len(f.Authorisation.Tokens) == 0 || len(f.Authorisation.Waiting())+len(f.Served) == 0 {
		return post.Rendered{Obsolete: true}, nil
	}
	return post.Rendered{Message: view.Consent(f)}, nil
}

// ending renders that an authorisation is about to end. Once it is renewed there is nothing to say.
func (d *connectDesk) ending(_ context.Context, tx workflow.Tx, s post.Subject) (post.Rendered, error) {
	f, err := d.facts(tx, s.Payload.Authorisation)
	if err != nil {
		return post.Rendered{Obsolete: true}, query.UnlessMissing(err)
	}
	theirs := slices.DeleteFunc(f.Served, func(shop workflow.Shop) bool { return !slices.Contains(d.defaults.AdminsOf(shop), s.Payload.To) })
	if !f.Authorisation.Ends.Equal(s.Payload.NextDue) || len(theirs) == 0 {
		return post.Rendered{Obsolete: true}, nil
	}
	app, _ := workflow.AppOf(f.Authorisation.OpenID)
	return post.Rendered{Message: view.Ending(view.EndingFacts{Shops: theirs, App: app, Ends: f.Authorisation.Ends, Days: s.Payload.Waiting})}, nil
}
