package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"
)

// rawAPI reads messages with their metadata and nothing else of them. slack-go decodes the blocks of every message too
// and fails on one element that it does not know, so that another app's message could hide our own from us.
type rawAPI struct {
	base  string
	token string
	http  *http.Client
}

// posted is a message of a channel, as far as the desk has to recognise its own.
type posted struct {
	TS       string
	Metadata struct {
		EventType    string         `json:"event_type"`
		EventPayload map[string]any `json:"event_payload"`
	}
}

// The bounds of a look.
const (
	lookPages = 10
	lookPage  = 200
	maxAnswer = 16 << 20
)

// history looks through the channel's messages since a time, newest first, until pick says yes.
func (r rawAPI) history(ctx context.Context, channel string, since time.Time, pick func(posted) bool) (posted, bool, error) {
	form := url.Values{"channel": {channel}, "oldest": {slackTime(since)}}
	return r.look(ctx, "conversations.history", form, pick)
}

// replies looks through a thread's messages since a time.
func (r rawAPI) replies(ctx context.Context, channel, ts string, since time.Time, pick func(posted) bool) (posted, bool, error) {
	form := url.Values{"channel": {channel}, "ts": {ts}, "oldest": {slackTime(since)}}
	return r.look(ctx, "conversations.replies", form, pick)
}

func (r rawAPI) look(ctx context.Context, method string, form url.Values, pick func(posted) bool) (posted, bool, error) {
	form.Set("include_all_metadata", "true")
	form.Set("limit", strconv.Itoa(lookPage))
	for range lookPages {
		var answer struct {
			slack.SlackResponse
			Messages []posted `json:"messages"`
		}
		if err := r.call(ctx, method, form, &answer); err != nil {
			return posted{}, false, fmt.Errorf("looking for an own message: %w", err)
		}
		if !answer.Ok {
			return posted{}, false, fmt.Errorf("looking for an own message: %w", slack.SlackErrorResponse{Err: answer.Error})
		}
		for _, m := range answer.Messages {
			if pick(m) {
				return m, true, nil
			}
		}
		cursor := answer.ResponseMetadata.Cursor
		if cursor == "" {
			break
		}
		form.Set("cursor", cursor)
	}
	return posted{}, false, nil
}

func (r rawAPI) call(ctx context.Context, method string, form url.Values, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.base+method, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer "+r.token)
	resp, err := r.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusTooManyRequests {
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		return &slack.RateLimitedError{RetryAfter: time.Duration(max(seconds, 1)) * time.Second}
	}
	if resp.StatusCode != http.StatusOK {
		return slack.StatusCodeError{Code: resp.StatusCode, Status: resp.Status}
	}
	return json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(into)
}

// slackTime writes a time as Slack writes its message ids.
func slackTime(t time.Time) string {
	return fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/1000)
}
