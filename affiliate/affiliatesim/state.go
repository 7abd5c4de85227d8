package affiliatesim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// stateRecord is an application as it really is: what the API shows, and what only
// the Affiliate Center knows.
type stateRecord struct {
	record
	RejectReason      string          `json:"reject_reason"`
	ShopID            string          `json:"shop_id"`
	Target            string          `json:"target"`
	TargetName        string          `json:"target_name,omitempty"`
	ContentExpiration int64           `json:"content_expiration_time,omitempty"`
	ApprovedTime      int64           `json:"approved_time,omitempty"`
	ShippedTime       int64           `json:"shipped_time,omitempty"`
	DeliveredTime     int64           `json:"delivered_time,omitempty"`
	Contents          []contentRecord `json:"contents"`
	// Actions are the controls that are possible now.
	Actions []string `json:"actions"`
}

// stateOf shows one application in full.
func (c *Center) stateOf(a *application, base string) stateRecord {
	contents := make([]contentRecord, 0, len(a.contents))
	for _, t := range a.contents {
		contents = append(contents, t.record())
	}
	r := stateRecord{
		record: a.record(base), RejectReason: a.rejectReason, ShopID: a.shop.ID, Target: a.target,
		ContentExpiration: unix(a.postBy), ApprovedTime: unix(a.approvedAt), ShippedTime: unix(a.shippedAt),
		DeliveredTime: unix(a.deliveredAt), Contents: contents, Actions: c.possible(a.status),
	}
	if t := c.collaborationOf(a.shop, a.target); t != nil {
		r.TargetName = t.name
	}
	return r
}

// stateMessage is one message of any conversation.
type stateMessage struct {
	ID             string `json:"id"`
	ConversationID string `json:"conversation_id"`
	ShopID         string `json:"shop_id"`
	CreatorOpenID  string `json:"creator_open_id"`
	Username       string `json:"username"`
	// From is "creator" or "seller".
	From string `json:"from"`
	Type string `json:"type"`
	// Content is as it was sent; Text is what a person reads of it.
	Content    string `json:"content"`
	Text       string `json:"text"`
	CreateTime int64  `json:"create_time"`
	Unread     bool   `json:"unread"`
}

func (v *conversation) state(m message) stateMessage {
	from := "seller"
	if m.fromCreator {
		from = "creator"
	}
	return stateMessage{
		ID: m.id, ConversationID: v.id, ShopID: v.shop.ID, CreatorOpenID: v.creator.openID, Username: v.creator.username,
		From: from, Type: m.kind, Content: m.content, Text: m.text(), CreateTime: m.at.Unix(), Unread: m.unread,
	}
}

// text is what a person reads of a message.
func (m message) text() string {
	var in struct {
		Content string `json:"content"`
	}
	if m.kind == "TEXT" && json.Unmarshal([]byte(m.content), &in) == nil {
		return in.Content
	}
	return m.kind + " " + m.content
}

// simState answers GET /sim/state: everything, without any lag.
func (c *Center) simState(r *http.Request, _ []byte) (any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expireDue(time.Now())
	applications := make([]stateRecord, 0, len(c.listing))
	for _, a := range c.listing {
		applications = append(applications, c.stateOf(a, baseOf(r)))
	}
	messages := []stateMessage{}
	for _, v := range c.conversations {
		for _, m := range v.messages {
			messages = append(messages, v.state(m))
		}
	}
	slices.SortStableFunc(messages, func(a, b stateMessage) int { return int(a.CreateTime - b.CreateTime) })
	state := c.surroundings()
	state["applications"], state["messages"] = applications, messages
	state["collaborations"], state["products"] = c.stateCollaborations(), c.stateProducts()
	return state, nil
}

func (c *Center) stateCollaborations() []map[string]any {
	shown := []map[string]any{}
	for _, t := range c.collaborations {
		s := t.summary()
		s["creator_inivited_count"] = len(t.creators)
		names := []string{}
		for _, p := range t.creators {
			names = append(names, p.username)
		}
		ids := []string{}
		for _, p := range t.products {
			ids = append(ids, p.id)
		}
		s["shop_id"], s["creators"], s["products"] = t.shop.ID, names, ids
		shown = append(shown, s)
	}
	return shown
}

func (c *Center) stateProducts() []map[string]any {
	shown := []map[string]any{}
	for _, p := range c.catalogue {
		variants := []map[string]string{}
		for _, v := range p.variants {
			variants = append(variants, map[string]string{"sku_id": v.id, "sku_name": v.name})
		}
		shown = append(shown, map[string]any{"id": p.id, "title": p.title, "available_quantity": p.quantity, "skus": variants})
	}
	return shown
}

// surroundings are the settings of the stand-in itself.
func (c *Center) surroundings() map[string]any {
	shops := []map[string]string{}
	for _, s := range c.shops {
		shops = append(shops, map[string]string{"id": s.ID, "name": s.Name, "region": s.Region})
	}
	faults := []map[string]any{}
	for _, f := range c.faults {
		faults = append(faults, map[string]any{
			"path": f.Path, "do": f.Do, "times": *f.Times, "status": f.Status, "code": f.Code, "message": f.Message, "delay_ms": f.DelayMS,
		})
	}
	version, _ := c.watch.now()
	var advancedAt float64
	if !c.advancedAt.IsZero() {
		advancedAt = float64(c.advancedAt.UnixMicro()) / 1e6
	}
	return map[string]any{
		"version": version, "now": time.Now().Unix(), "advanced": c.advanced.String(), "advanced_at": advancedAt, "lag": c.lag.String(),
		"automation": c.automation.state(), "limits": c.quotas.state(),
		"shops": shops, "faults": faults, "oddities": len(c.odd) + len(c.oddNext), "webhooks": c.hooks.state(), "scopes": c.apps[0].grants[0].scopes,
		"authorized": c.apps[0].grants[0].holds(time.Now()),
	}
}

// state shows where webhooks go and how they fared.
func (p *postman) state() map[string]any {
	p.mu.Lock()
	defer p.mu.Unlock()
	return map[string]any{"url": p.url, "waiting": len(p.queue) + p.late, "delivered": p.sent, "lost": p.failed}
}

// simMessages answers POST /sim/messages: a creator writes to a shop.
func (c *Center) simMessages(_ *http.Request, body []byte) (any, error) {
	in, err := control[struct {
		OpenID   string `json:"creator_open_id"`
		Username string `json:"username"`
		Text     string `json:"text"`
		ShopID   string `json:"shop_id"`
	}](body)
	if err != nil {
		return nil, err
	}
	if in.Text == "" || len([]rune(in.Text)) > maxMessageText {
		return nil, badInput("text must have 1 to %d characters", maxMessageText)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s, known := c.shopByID(in.ShopID)
	if !known {
		return nil, badInput("shop_id %q is not one of this stand-in's shops", clip(in.ShopID, 40))
	}
	p := c.creators.byOpenID[in.OpenID]
	if in.OpenID == "" {
		p = c.creators.byName[strings.ToLower(in.Username)]
	}
	if p == nil {
		return nil, badInput("no creator goes by that: name the creator_open_id or username of one in GET /sim/state, or add them with POST /sim/applications")
	}
	v, m, err := c.receive(s, p, in.Text, time.Now())
	if err != nil {
		return nil, err
	}
	return map[string]string{"id": m.id, "conversation_id": v.id}, nil
}
