package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/picture"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/socket"
	"sampledesk/bot/template"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/query"
)

// linkDesk is the dialog that sends a member the link for their request.
type linkDesk struct {
	api      *slackapi.Client
	engine   *engine.Engine
	store    workflow.Store
	access   *access.Access
	mux      *handle.Mux
	defaults query.Defaults
	products productMenu
	link     func(ctx context.Context, shop workflow.ShopID, product workflow.ProductID, sku string, days int) (string, error)
	log      *slog.Logger
}

// register adds the dialog.
func (d *linkDesk) register(r *routes) {
	handle.OnClick(r.Mux, view.ActionLink, d.openLink())
	r.RawSubmit(view.CallbackLink, d.submitLink)
	handle.OnSubmit(r.Mux, view.CallbackLinkSend, d.sendLink())
	handle.OnClick(r.Mux, view.ActionLinkTemplate, d.chooseTemplate())
	r.OnSuggest(view.ActionLinkProduct, d.suggestVariants)
}

// How long TikTok may take to give a link.
const (
	linkSoon = 1500 * time.Millisecond // until then the dialog waits with its answer, which has to come within three seconds
	linkEver = 25 * time.Second

	// linkSettle is what lies between the answer that TikTok is being asked and the next look of the dialog: Slack takes
	// the two on different ways, and the second must not overtake the first.
	linkSettle = 700 * time.Millisecond
)

// openLink opens the dialog at once: what it shows is read from the store, and TikTok is asked later.
func (d *linkDesk) openLink() onClick[view.Correspondent] {
	return onClick[view.Correspondent]{
		Order: handle.AckFirst, Parse: memberNamed, Scope: correspondentScope,
		Do: func(ctx context.Context, _ click, about view.Correspondent, _ handle.Grant) (handle.Answer, error) {
			facts, err := d.linkFacts(ctx, asKnown(ctx, d.store, d.log, about))
			return handle.Open(view.LinkModal(facts)), err
		},
		Fail: func(ctx context.Context, _ click, _ view.Correspondent, _ handle.Grant, err error) handle.Answer {
			return handle.Tell(questionWords(ctx, d.access, err))
		},
	}
}

// linkFacts gathers what the dialog shows: the campaign's products where their variants are known, else all of the shop.
func (d *linkDesk) linkFacts(ctx context.Context, about view.Correspondent) (facts view.LinkFacts, err error) {
	facts.To = about
	err = d.store.View(ctx, func(tx workflow.Tx) error {
		m, err := tx.Member(about.Campaign, about.Creator)
		if errors.Is(err, workflow.ErrNotFound) {
			return workflow.Refusal{Rule: workflow.RuleNoMember}
		}
		if err != nil {
			return err
		}
		facts.Creator = m.Shown
		only, err := linkable(ctx, tx, about)
		if err != nil {
			return err
		}
		facts.Products, err = productsWith(ctx, tx, about.Shop, "", only, view.MaxChoices+1, variant)
		return err
	})
	if err != nil {
		return facts, fmt.Errorf("%w what a link can be for: %w", access.ErrRead, err)
	}
	return facts, nil
}

// linkable tells which variants a link can be for: those of the campaign's products where any is known, else all.
func linkable(ctx context.Context, tx workflow.Tx, about view.Correspondent) (func(workflow.Product) bool, error) {
	c, err := tx.Campaign(about.Campaign)
	if query.UnlessMissing(err) != nil {
		return nil, err
	}
	every := func(p workflow.Product) bool { return p.SKU != "" }
	own := func(p workflow.Product) bool { return p.SKU != "" && slices.Contains(c.Products, p.ID) }
	found, err := productsWith(ctx, tx, about.Shop, "", own, 1, variant)
	if len(found) > 0 {
		return own, err
	}
	return every, err
}

// suggestVariants answers the menu of variants where there are more than it holds.
func (d *linkDesk) suggestVariants(ctx context.Context, i handle.Interaction) any {
	about, err := view.ParseCorrespondent(i.View.Metadata)
	if err != nil {
		d.log.WarnContext(ctx, "invalid metadata of a dialog", "error", err)
		return view.VariantOptions(nil)
	}
	var only func(workflow.Product) bool
	err = d.store.View(ctx, func(tx workflow.Tx) (err error) {
		only, err = linkable(ctx, tx, about)
		return err
	})
	if err != nil {
		d.log.ErrorContext(ctx, "could not read a campaign", "error", err)
		return view.VariantOptions(nil)
	}
	return view.VariantOptions(d.products.offer(ctx, i, about.Shop, only, variant))
}

// linkRequest is the link that a person asked for.
type linkRequest struct {
	to     view.Correspondent
	chosen workflow.Product
	days   int
}

// submitLink asks TikTok for the link. Where that takes longer than a dialog may wait, the dialog says so, and goes on
// when TikTok has answered; what was chosen is kept either way.
func (d *linkDesk) submitLink(ctx context.Context, s submit, ack socket.Ack) {
	r, err := d.linkRequestOf(ctx, s)
	if errors.Is(err, errNoProduct) {
		ack(handle.At(view.BlockLinkProduct, view.ErrorNoProduct).Ack())
		return
	}
	if err != nil {
		d.access.Log(ctx, s.User.ID, err)
		ack(handle.At(view.BlockLinkProduct, d.access.Explain(ctx, err)).Ack())
		return
	}
	asking, cancel := d.api.Detach(ctx, linkEver)
	defer cancel()
	answers := make(chan linkAnswer, 1)
	go func() {
		link, err := d.askLink(asking, r)
		answers <- linkAnswer{link, err}
	}()
	select {
	case a := <-answers:
		if next, ok := d.linkGiven(ctx, r, a); ok {
			ack(handle.Show(next).Ack())
			return
		}
		ack(handle.At(view.BlockLinkProduct, view.LinkFailed(causeOf(a))).Ack())
	case <-time.After(linkSoon):
		ack(handle.Show(view.LinkWait(r.to)).Ack())
		a := <-answers // askLink ends with its context
		slackapi.Pause(asking, linkSettle)
		d.showLink(ctx, s.Interaction, r, a)
	}
}

// linkAnswer is what TikTok said.
type linkAnswer struct {
	link string
	err  error
}

// errNoProduct tells that no product was chosen.
var errNoProduct = errors.New("no product was chosen")

// linkRequestOf reads what a person chose. The error is errNoProduct, a Denied or an ErrRead.
func (d *linkDesk) linkRequestOf(ctx context.Context, s submit) (r linkRequest, err error) {
	about, err := view.ParseCorrespondent(s.View.Metadata)
	if err != nil || about.Campaign == "" {
		return r, fmt.Errorf("%w the metadata of a dialog: %q", access.ErrRead, s.View.Metadata)
	}
	if _, err := d.access.Guard(ctx, s.User.ID, about.Shop, access.Reviewer); err != nil {
		return r, err
	}
	chosen, err := view.ParseLinkProduct(s.Field(view.ActionLinkProduct).Chosen())
	if err != nil {
		return r, errNoProduct
	}
	days, err := strconv.Atoi(s.Field(view.ActionLinkDays).Chosen())
	if err != nil || days < 1 || days > view.MaxLinkDays {
		days = view.DefaultLinkDays
	}
	r = linkRequest{to: asKnown(ctx, d.store, d.log, about), chosen: workflow.Product{ID: chosen.Product, SKU: chosen.SKU}, days: days}
	err = d.store.View(ctx, func(tx workflow.Tx) error {
		is := func(p workflow.Product) bool { return p.ID == chosen.Product && p.SKU == chosen.SKU }
		found, err := productsWith(ctx, tx, about.Shop, "", is, 1, variant)
		if len(found) > 0 {
			r.chosen = found[0]
		}
		return err
	})
	if err != nil {
		return r, fmt.Errorf("%w a product: %w", access.ErrRead, err)
	}
	return r, nil
}

func (d *linkDesk) askLink(ctx context.Context, r linkRequest) (string, error) {
	if d.link == nil {
		return "", workflow.Failure{Message: "this desk has nobody to ask"}
	}
	link, err := d.link(ctx, r.to.Shop, r.chosen.ID, r.chosen.SKU, r.days)
	if err != nil {
		d.log.WarnContext(ctx, "TikTok gave no link for a request", "shop", r.to.Shop, "error", err)
	}
	return link, err
}

// causeOf tells why there is no link, in what can be shown.
func causeOf(a linkAnswer) workflow.Failure {
	if cause, ok := errors.AsType[workflow.Failure](a.err); ok {
		return cause
	}
	if a.err == nil {
		return workflow.Failure{Message: "the link is too long for a message"}
	}
	return workflow.Failure{Message: "TikTok could not be reached, or took too long to answer"}
}

// linkGiven is the dialog with the message, once there is a link that fits one.
func (d *linkDesk) linkGiven(ctx context.Context, r linkRequest, a linkAnswer) (slack.ModalViewRequest, bool) {
	if a.err != nil {
		return slack.ModalViewRequest{}, false
	}
	facts, _ := d.linkSendFacts(ctx, view.LinkMeta{To: r.to, Product: r.chosen.ID, Link: a.link})
	facts.For, facts.Days = r.chosen, r.days
	return view.LinkSend(facts)
}

// linkSendFacts gathers what the dialog with the message shows, and the name of the campaign. What cannot be read it does
// without.
func (d *linkDesk) linkSendFacts(ctx context.Context, meta view.LinkMeta) (facts view.LinkSendFacts, campaign string) {
	facts = view.LinkSendFacts{LinkMeta: meta, Days: meta.Days, For: workflow.Product{ID: meta.Product, Title: meta.Name}}
	err := d.store.View(ctx, func(tx workflow.Tx) error {
		m, err := tx.Member(meta.To.Campaign, meta.To.Creator)
		if query.UnlessMissing(err) != nil {
			return err
		}
		facts.Creator = m.Shown
		all, err := tx.Templates(meta.To.Shop)
		if err != nil {
			return err
		}
		facts.Choice.Templates = all.All
		campaign, err = query.CampaignName(tx, meta.To.Campaign)
		return err
	})
	if err != nil {
		d.log.WarnContext(ctx, "could not read a member, or the templates of messages", "error", err)
	}
	return facts, campaign
}

// chooseTemplate fills a template into the message, which ends with the link.
func (d *linkDesk) chooseTemplate() onClick[view.LinkMeta] {
	return template.Choose(d.api, d.store, d.log, template.Menu[view.LinkMeta]{
		Parse: func(c click) (view.LinkMeta, error) { return view.ParseLinkMeta(c.View.Metadata) },
		Scope: handle.For(access.Reviewer, func(m view.LinkMeta) workflow.ShopID { return m.To.Shop }),
		Shop:  func(m view.LinkMeta) workflow.ShopID { return m.To.Shop },
		Show: func(ctx context.Context, _ click, meta view.LinkMeta, _ handle.Grant, t workflow.Template) (slack.ModalViewRequest, error) {
			facts, campaign := d.linkSendFacts(ctx, meta)
			facts.Choice, facts.Text = facts.Choice.Filled(t, facts.Creator, facts.For, campaign)
			shown, ok := view.LinkSend(facts)
			if !ok {
				return shown, errors.New("the message does not fit its dialog")
			}
			return shown, nil
		},
	})
}

// showLink goes on with a dialog that waits: to the message, or back to the choice with the reason.
func (d *linkDesk) showLink(ctx context.Context, i handle.Interaction, r linkRequest, a linkAnswer) {
	ctx, cancel := d.api.Detach(ctx, slackapi.Timeout)
	defer cancel()
	next, ok := d.linkGiven(ctx, r, a)
	if !ok {
		facts, err := d.linkFacts(ctx, r.to)
		if err != nil {
			d.log.WarnContext(ctx, "could not read the choices for a link", "error", err)
		}
		cause := causeOf(a)
		facts.Chosen, facts.Days, facts.Failed = r.chosen, r.days, &cause
		next = view.LinkModal(facts)
	}
	if _, err := d.api.UpdateViewContext(ctx, next, "", "", i.View.ID); err != nil { // whoever closed it wants no link
		d.log.InfoContext(ctx, "could not show a link in its dialog", "person", i.User.ID, "error", err)
	}
}

// sendLink sends the message with the link: it is kept before the dialog closes. The picture follows, if it is wanted.
func (d *linkDesk) sendLink() onSubmit[view.LinkMeta] {
	return onSubmit[view.LinkMeta]{
		Parse: func(s submit) (view.LinkMeta, error) { return view.ParseLinkMeta(s.View.Metadata) },
		Scope: handle.For(access.Reviewer, func(m view.LinkMeta) workflow.ShopID { return m.To.Shop }),
		Do:    d.linkSent,
		Fail: func(ctx context.Context, _ submit, m view.LinkMeta, _ handle.Grant, err error) handle.Answer {
			return handle.At(view.LinkTextBlock(m), messageWords(ctx, d.access, err))
		},
	}
}

func (d *linkDesk) linkSent(ctx context.Context, s submit, meta view.LinkMeta, g handle.Grant) (handle.Answer, error) {
	text := withEmoji(s.Field(view.ActionLinkText).Text)
	if !strings.Contains(text, meta.Link) && strings.TrimSpace(text) != "" {
		return handle.At(view.LinkTextBlock(meta), view.ErrorLinkMissing+meta.Link), nil
	}
	meta.To = asKnown(ctx, d.store, d.log, meta.To)
	at := time.Now().UTC().Truncate(time.Microsecond) // as the store keeps it
	n, err := d.engine.Write(ctx, workflow.OutboundMessage{
		Actor: g.Actor, At: at, Shop: g.Shop.ID, Creator: meta.To.Creator, Campaign: meta.To.Campaign, Text: text,
	})
	if err != nil {
		return handle.Answer{}, err
	}
	if err := d.engine.LinkSent(ctx, meta.To.Campaign, meta.To.Creator, meta.Product, n.Message.At); err != nil {
		d.log.WarnContext(ctx, "could not record that a link was sent", "shop", g.Shop.ID, "error", err)
	}
	isFirst := n.Message.At.Equal(at) // a second delivery finds the message of the first
	if !isFirst || !s.Field(view.ActionLinkPicture).Has(view.LinkPicture) {
		return handle.Answer{}, nil
	}
	return handle.Answer{Then: func(ctx context.Context) { d.postLink(ctx, s.Interaction, meta, g.Shop) }}, nil
}

// postLink posts the link as a QR picture, below the question where that is in Slack.
func (d *linkDesk) postLink(ctx context.Context, i handle.Interaction, meta view.LinkMeta, shop workflow.Shop) {
	p := slackapi.File{Name: "request-link.png", Channel: d.defaults.ChannelOf(shop)}
	err := d.store.View(ctx, func(tx workflow.Tx) error {
		m, err := tx.Member(meta.To.Campaign, meta.To.Creator)
		if query.UnlessMissing(err) != nil {
			return err
		}
		p.Title, p.Alt, p.Comment = view.LinkPictureWords(m.Shown, i.User.ID)
		n, err := tx.Notice(m.Question)
		if err == nil && n.Posted() {
			p.Channel, p.Thread = n.Channel, n.TS
			return nil
		}
		if query.UnlessMissing(err) != nil {
			return err
		}
		c, err := tx.Campaign(meta.To.Campaign)
		p.Channel = cmp.Or(c.Channel, p.Channel)
		return query.UnlessMissing(err)
	})
	if err == nil {
		if p.Data, err = picture.QR(meta.Link); err == nil {
			err = d.api.Upload(ctx, p)
		}
	}
	if err != nil {
		d.log.WarnContext(ctx, "could not post the picture of a link", "person", i.User.ID, "shop", shop.ID, "error", err)
		i.Channel.ID, i.View.ID = p.Channel, ""
		d.mux.Tell(ctx, i, view.LinkPictureFailed)
	}
}
