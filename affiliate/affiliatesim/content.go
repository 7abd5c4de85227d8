package affiliatesim

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// content is something that a creator posted for an application.
type content struct {
	id, format, description, pageLink string
	created, liveEnd                  time.Time
	views, likes, comments, orders    int
}

// contentRecord is content as the API shows it.
type contentRecord struct {
	ID             string `json:"id"`
	Format         string `json:"format"`
	Description    string `json:"description"`
	PageLink       string `json:"page_link"`
	URL            string `json:"url"`
	CreateTime     int64  `json:"create_time"`
	LiveEndTime    int64  `json:"live_end_time,omitempty"`
	ViewCount      int    `json:"view_count"`
	LikeCount      int    `json:"like_count"`
	CommentCount   int    `json:"comment_count"`
	PaidOrderCount int    `json:"paid_order_count"`
}

func (t content) record() contentRecord {
	return contentRecord{
		ID: t.id, Format: t.format, Description: t.description, PageLink: t.pageLink, URL: t.pageLink,
		CreateTime: unix(t.created), LiveEndTime: unix(t.liveEnd),
		ViewCount: t.views, LikeCount: t.likes, CommentCount: t.comments, PaidOrderCount: t.orders,
	}
}

func contentFormats() []string { return []string{"VIDEO", "LIVE"} }

// actPost adds content and leaves the status alone: finding it is the client's work.
func (c *Center) actPost(a *application, p particulars, now time.Time) error {
	format := cmp.Or(p.ContentFormat, "VIDEO")
	if !slices.Contains(contentFormats(), format) {
		return badInput("content_format must be VIDEO or LIVE, not %q", clip(format, 40))
	}
	if p.PageLink != "" && !webLink(p.PageLink) {
		return badInput("page_link must be an absolute web address, not %q", clip(p.PageLink, 100))
	}
	if len(a.contents) >= 100 {
		return impossible("%s has 100 pieces of content already", a.id)
	}
	id := c.ids.next()
	link := "https://www.tiktok.com/@" + url.PathEscape(a.creator.username) + "/video/" + id
	posted := content{
		id: id, format: format, created: now,
		description: cmp.Or(clip(p.Description, 2200), "Trying the "+a.product.title),
		pageLink:    cmp.Or(p.PageLink, link),
		views:       given(p.ViewCount, 1800),
		likes:       given(p.LikeCount, 140),
		comments:    given(p.CommentCount, 12),
		orders:      given(p.PaidOrderCount, 3),
	}
	if format == "LIVE" {
		posted.liveEnd = now.Add(time.Hour)
	}
	a.contents = append(a.contents, posted)
	a.touched = now
	c.changed()
	return nil
}

// given is what a pointer points to, or the default.
func given(n *int, otherwise int) int {
	if n == nil {
		return otherwise
	}
	return *n
}

// searchFulfillments lists the content of one format for one application.
func (c *Center) searchFulfillments(k *call) (any, error) {
	in, err := decode[struct {
		ContentFormat string `json:"content_format"`
	}](k.body)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(contentFormats(), in.ContentFormat) {
		return nil, invalid("content_format must be VIDEO or LIVE, not %q", clip(in.ContentFormat, 40))
	}
	a, err := c.application(k)
	if err != nil {
		return nil, err
	}
	type productOf struct {
		ID    string `json:"id"`
		Image string `json:"main_image_url"`
	}
	type fulfillment struct {
		Content contentRecord `json:"content"`
		Product productOf     `json:"product"`
	}
	found := []any{}
	for _, t := range a.contents {
		if t.format == in.ContentFormat {
			found = append(found, c.odd.as(t.id, fulfillment{t.record(), productOf{a.product.id, absolute(k.base(), a.product.image())}}))
		}
	}
	return map[string]any{"fulfillments": found}, nil
}

// deeplink makes the link that opens the app's request page for one variant.
func (c *Center) deeplink(k *call) (any, error) {
	days := 14
	if text := k.query.Get("valid_days"); k.query.Has("valid_days") {
		n, err := number("valid_days", text, 1, 14)
		if err != nil {
			return nil, err
		}
		days = n
	}
	campaign, collaboration := k.query.Get("campaign_id"), k.query.Get("collaboration_id")
	if k.query.Has("campaign_id") && k.query.Has("collaboration_id") {
		return nil, invalid("campaign_id and collaboration_id exclude each other")
	}
	if programs := []string{"MY_CAMPAIGNS", "SELLER_CAMPAIGNS"}; k.query.Has("campaign_id") && !slices.Contains(programs, campaign) {
		return nil, invalid("campaign_id must be one of %s, not %q", strings.Join(programs, ", "), clip(campaign, 40))
	}
	product, known := c.products[k.query.Get("product_id")]
	if !known || !product.has(k.query.Get("sku_id")) {
		return nil, refuse(codeUnknownObject, "product_id and sku_id must name a product and its variant")
	}
	if k.query.Has("collaboration_id") && c.collaborationOf(k.shop, collaboration) == nil {
		return nil, refuse(codeUnknownObject, "this shop has no target collaboration %q", clip(collaboration, 40))
	}
	q := url.Values{"product_id": {product.id}, "sku_id": {k.query.Get("sku_id")}, "expires": {strconv.FormatInt(k.now.AddDate(0, 0, days).Unix(), 10)}}
	if campaign != "" {
		q.Set("campaign_id", campaign)
	}
	if collaboration != "" {
		q.Set("collaboration_id", collaboration)
	}
	return map[string]any{"deeplink": "snssdk1180://ec/affiliate/sample_request?" + q.Encode()}, nil
}
