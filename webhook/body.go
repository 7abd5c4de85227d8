package webhook

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"sampledesk/workflow"
)

// The headers of a delivery.
const (
	HeaderEvent     = "Sampledesk-Event-Id"
	HeaderTimestamp = "Sampledesk-Timestamp"
	HeaderSignature = "Sampledesk-Signature"
)

// Field is a field of a body. All are there in each, as text; empty: there is nothing to say.
type Field struct{ Name, Meaning string }

// Fields are those of a body, in their order.
var Fields = []Field{
	{"event_id", "Names the event; the same at each attempt."},
	{"kind", "`decision` (somebody decided; TikTok may not know it yet), `undone` (it was taken back before it was sent), `refused` (TikTok refused it for good), `stage` (another stage), `shipment` (another order or tracking number) or `test`."},
	{"time", "When it happened, in UTC: `2026-01-02T15:04:05Z`."},
	{"shop", "TikTok's id of the shop."},
	{"shop_name", "Its name."},
	{"application", "TikTok's id of the sample application."},
	{"short_id", "The id that people see on the card."},
	{"stage", "Its stage then, as on screen: `Awaiting shipment`."},
	{"decision", "`approve` or `reject`, where it was decided in Slack."},
	{"reason", "Of a rejection, in TikTok's spelling: `NOT_MATCH`, `OFFLINE`, `OUT_OF_STOCK` or `OTHER`."},
	{"decided_by", "The Slack user id of who decided; of `undone`, of who took it back."},
	{"decided_by_rule", "The name of the shop's rule that decided by itself, in place of a person."},
	{"creator_name", "The creator's name on screen."},
	{"creator_handle", "Their user name, without @."},
	{"product", "The product's title."},
	{"product_id", "TikTok's id of the product."},
	{"sku", "TikTok's id of the variant."},
	{"order_id", "TikTok's id of the sample's order, once there is one."},
	{"tracking", "The parcel's tracking number, once there is one."},
	{"failure", "Of `refused`: TikTok's words."},
	{"card", "The link to the card in Slack, once it was posted."},
}

// body writes an event as one flat object of strings, in the order of Fields.
func body(e workflow.Effect, shop workflow.Shop, a workflow.Application) []byte {
	w, c, p := *e.Webhook, a.Snapshot.Creator, a.Snapshot.Product
	values := map[string]string{
		"event_id": string(e.ID), "kind": string(w.Kind), "time": w.At.UTC().Format(time.RFC3339), "shop": string(e.Shop), "shop_name": shop.Name,
		"application": string(e.Application), "short_id": string(e.Key().Short()), "stage": string(w.Stage), "decision": strings.ToLower(string(w.Verdict)),
		"reason": string(w.Reason), "decided_by": string(w.By), "decided_by_rule": w.Rule, "creator_name": c.Nickname, "creator_handle": c.Username, "product": p.Title,
		"product_id": string(p.ID), "sku": p.SKU, "order_id": w.OrderID, "tracking": w.Tracking, "failure": w.Failure, "card": a.Card.Link,
	}
	var text bytes.Buffer
	text.WriteByte('{')
	for n, f := range Fields {
		if n > 0 {
			text.WriteByte(',')
		}
		text.Write(quoted(f.Name))
		text.WriteByte(':')
		text.Write(quoted(values[f.Name]))
	}
	text.WriteByte('}')
	return text.Bytes()
}

func quoted(s string) []byte {
	text, _ := json.Marshal(s) // a text always can be written
	return text
}

// Sign returns the value of HeaderSignature for a body that is sent at a time, which is that of HeaderTimestamp.
func Sign(secret string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp(at) + "."))
	mac.Write(body)
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

// stamp is the value of HeaderTimestamp.
func stamp(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }

// secretPrefix tells people and scanners of source code what such a text is.
const secretPrefix = "sdwh_"

// newSecret returns a secret of 130 random bits or more.
func newSecret() string { return secretPrefix + rand.Text() }

// example is the application of a test.
func example(shop workflow.Shop, at time.Time) (workflow.Effect, workflow.Application) {
	key := workflow.Key{Shop: shop.ID, ID: "0"}
	a := workflow.Application{Key: key, Snapshot: workflow.Snapshot{
		Creator: workflow.Creator{Nickname: "Example creator", Username: "example"}, Product: workflow.Product{ID: "0", SKU: "0", Title: "Example product"},
	}}
	return workflow.Effect{
		ID: workflow.EffectID("test-" + rand.Text()), Kind: workflow.CallWebhook, Shop: shop.ID, Application: key.ID,
		Webhook: &workflow.WebhookEvent{Kind: workflow.WebhookTest, At: at, Stage: workflow.StageReview},
	}, a
}
