package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// creators are the people at the other end of the demo: whoever is written to answers after a while, and who gets a link
// for a request asks with it. Those whom the demo's target collaboration invited write once the desk has imported it. They
// act through the Affiliate Center's controls, as its page does, and know only what TikTok knows.
type creators struct {
	center string // the Affiliate Center's address, without a slash at its end
	client *http.Client
	answer time.Duration // how soon they answer; none: never
	log    *slog.Logger

	collaboration string // that some of them were invited to
	calls         int    // the last call to the Affiliate Center that was looked at
	cues          []cue
}

// cue is what an invited creator writes, and when.
type cue struct {
	at       time.Time
	username string
	text     string
}

// creatorsLook is how often they look whether somebody wrote to them.
const creatorsLook = time.Second

// newCreators are those of the Affiliate Center whose page this is.
func newCreators(page, collaboration string, answer time.Duration, log *slog.Logger) *creators {
	return &creators{
		center: strings.TrimSuffix(page, "/"), client: &http.Client{Timeout: 5 * time.Second},
		answer: answer, log: log, collaboration: collaboration,
	}
}

// live lets them go about it until ctx ends.
func (c *creators) live(ctx context.Context) {
	if c.answer == 0 {
		<-ctx.Done()
		return
	}
	tick := time.NewTicker(creatorsLook)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := c.look(ctx, time.Now()); err != nil && ctx.Err() == nil {
			c.log.WarnContext(ctx, "demo creator failed a step", "error", err)
		}
	}
}

func (c *creators) look(ctx context.Context, now time.Time) error {
	var talks struct {
		Conversations []conversation `json:"conversations"`
	}
	if err := c.ask(ctx, "/sim/conversations", &talks); err != nil {
		return err
	}
	for _, talk := range talks.Conversations {
		if err := c.reply(ctx, talk, now); err != nil {
			return err
		}
	}
	if err := c.hearOfInvitations(ctx, now); err != nil {
		return err
	}
	for len(c.cues) > 0 && !now.Before(c.cues[0].at) {
		next := c.cues[0]
		c.cues = c.cues[1:]
		if err := c.order(ctx, "/sim/messages", map[string]string{"username": next.username, "text": next.text}); err != nil {
			return err
		}
	}
	return nil
}

// conversation is one of the Message Center's, its messages oldest first.
type conversation struct {
	Creator  string `json:"creator_open_id"`
	Shop     string `json:"shop_id"`
	Messages []struct {
		From string `json:"from"` // "seller" or "creator"
		Text string `json:"text"`
		At   int64  `json:"create_time"`
	} `json:"messages"`
}

// reply answers what the shop wrote last, if that is a while ago and nobody answered it on the page meanwhile.
func (c *creators) reply(ctx context.Context, talk conversation, now time.Time) error {
	said, link := 0, ""
	for _, m := range talk.Messages {
		if m.From == "creator" {
			said, link = said+1, ""
			continue
		}
		if found := requestLink.FindString(m.Text); found != "" {
			link = found
		}
	}
	if n := len(talk.Messages); n == 0 || talk.Messages[n-1].From == "creator" || now.Before(time.Unix(talk.Messages[n-1].At, 0).Add(c.answer)) {
		return nil
	}
	text := answers[said%len(answers)]
	if link != "" {
		text = "Thank you, how nice! I have just asked for it."
	}
	if err := c.order(ctx, "/sim/messages", map[string]string{"creator_open_id": talk.Creator, "shop_id": talk.Shop, "text": text}); err != nil || link == "" {
		return err
	}
	return c.request(ctx, talk, link)
}

// answers are what creators say to whatever is written to them, one after the other.
var answers = []string{
	"Thank you for writing! Nice to hear from you.",
	"Gladly! That sounds good to me.",
	"All right. I am looking forward to it!",
}

// requestLink is a link for a request in a message: it opens the request's page in TikTok's app.
var requestLink = regexp.MustCompile(`snssdk1180://\S+`)

// request asks for a sample with the link that a creator was sent.
func (c *creators) request(ctx context.Context, talk conversation, link string) error {
	u, err := url.Parse(link)
	if err != nil {
		return fmt.Errorf("opening the link for a request: %w", err)
	}
	q := u.Query()
	return c.order(ctx, "/sim/applications", map[string]any{
		"shop_id": talk.Shop, "target": q.Get("collaboration_id"),
		"creator": map[string]string{"creator_open_id": talk.Creator},
		"product": map[string]string{"id": q.Get("product_id"), "sku_id": q.Get("sku_id")},
	})
}

// hearOfInvitations lets the invited creators write, a while after the desk has fetched their collaboration.
func (c *creators) hearOfInvitations(ctx context.Context, now time.Time) error {
	if c.collaboration == "" {
		return nil
	}
	var fresh []struct {
		N    int    `json:"n"`
		Path string `json:"path"`
		Code int    `json:"code"`
	}
	if err := c.ask(ctx, fmt.Sprintf("/sim/calls?since=%d", c.calls), &fresh); err != nil {
		return err
	}
	for _, call := range fresh {
		c.calls = call.N
		if call.Code != 0 || !strings.HasSuffix(call.Path, "/target_collaborations/"+c.collaboration) {
			continue
		}
		c.collaboration = ""
		c.cues = []cue{
			{now.Add(c.answer), invitedCreators[0], "Thank you for the invitation! I would love to take part, and to try it first."},
			{now.Add(2 * c.answer), invitedCreators[1], "Count me in! I have one at home already."},
		}
		return nil
	}
	return nil
}

// ask reads what the Affiliate Center says of itself.
func (c *creators) ask(ctx context.Context, path string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.center+path, nil)
	if err != nil {
		return fmt.Errorf("asking the Affiliate Center: %w", err)
	}
	return fetch(c.client, request, into)
}

// order gives the Affiliate Center an order.
func (c *creators) order(ctx context.Context, path string, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("writing an order to the Affiliate Center: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.center+path, bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("writing an order to the Affiliate Center: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	var done json.RawMessage
	return fetch(c.client, request, &done)
}

// mostState bounds what is read of a stand-in.
const mostState = 64 << 20

// fetch sends a request to a stand-in and reads its answer, which is JSON.
func fetch(client *http.Client, request *http.Request, into any) error {
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("asking a stand-in: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("asking a stand-in for %s: status %d", request.URL.Path, response.StatusCode)
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, mostState)).Decode(into); err != nil {
		return fmt.Errorf("reading what a stand-in answered for %s: %w", request.URL.Path, err)
	}
	return nil
}
