package slackapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"
)

// Message is a message of a channel, as far as one has to recognise one of our own.
type Message struct {
	TS       string
	Metadata struct {
		EventType    string         `json:"event_type"`
		EventPayload map[string]any `json:"event_payload"`
	}
}

// Account is a person as Slack tells of them. slack-go leaves out the teams that stand beside the team of some colleagues
// in an Enterprise Grid organisation, or in its place.
type Account struct {
	slack.User
	Teams []string `json:"teams"`
}

// InTeam tells whether a person belongs to a workspace: it is their own, or their Enterprise Grid organisation put them there.
// Somebody of whom Slack names no workspace at all belongs to none.
func (a Account) InTeam(team string) bool {
	return !a.IsStranger && (a.TeamID == team || slices.Contains(a.Enterprise.Teams, team) || slices.Contains(a.Teams, team))
}

// Account asks who a person is.
func (c *Client) Account(ctx context.Context, who string) (Account, error) {
	var answer struct {
		slack.SlackResponse
		User Account `json:"user"`
	}
	form := url.Values{"user": {who}, "include_locale": {"true"}}
	if err := c.call(ctx, "users.info", form, &answer); err != nil {
		return Account{}, err
	}
	if !answer.Ok {
		return Account{}, refusedBy(answer.SlackResponse)
	}
	return answer.User, nil
}

// The bounds of a list of people.
const (
	rosterPages = 20
	rosterPage  = 500
)

// Accounts lists the people of the workspace, up to rosterPages*rosterPage of them.
func (c *Client) Accounts(ctx context.Context) (all []Account, err error) {
	form := url.Values{"limit": {strconv.Itoa(rosterPage)}}
	for range rosterPages {
		var answer struct {
			slack.SlackResponse
			Members []Account `json:"members"`
		}
		if err := c.call(ctx, "users.list", form, &answer); err != nil {
			return nil, err
		}
		if !answer.Ok {
			return nil, refusedBy(answer.SlackResponse)
		}
		all = append(all, answer.Members...)
		if answer.ResponseMetadata.Cursor == "" {
			break
		}
		form.Set("cursor", answer.ResponseMetadata.Cursor)
	}
	return all, nil
}

// refusedBy is the error of an answer of Slack's that is none.
func refusedBy(r slack.SlackResponse) error {
	return slack.SlackErrorResponse{Err: r.Error, ResponseMetadata: r.ResponseMetadata}
}

// The bounds of a look.
const (
	lookPages = 10
	lookPage  = 200
	maxAnswer = 16 << 20
)

// FindInChannel looks through the channel's messages since a time, newest first, until pick says yes.
func (c *Client) FindInChannel(ctx context.Context, channel string, since time.Time, pick func(Message) bool) (Message, bool, error) {
	form := url.Values{"channel": {channel}, "oldest": {slackTime(since)}}
	return c.look(ctx, "conversations.history", form, pick)
}

// FindInThread looks through a thread's messages since a time.
func (c *Client) FindInThread(ctx context.Context, channel, ts string, since time.Time, pick func(Message) bool) (Message, bool, error) {
	form := url.Values{"channel": {channel}, "ts": {ts}, "oldest": {slackTime(since)}}
	return c.look(ctx, "conversations.replies", form, pick)
}

// Direct returns the channel of the direct messages with a person. It needs the scope im:write, and reading there
// im:history.
func (c *Client) Direct(ctx context.Context, person string) (string, error) {
	var answer struct {
		slack.SlackResponse
		Channel struct {
			ID string `json:"id"`
		} `json:"channel"`
	}
	if err := c.call(ctx, "conversations.open", url.Values{"users": {person}}, &answer); err != nil {
		return "", fmt.Errorf("looking for the messages with a person: %w", err)
	}
	if !answer.Ok {
		return "", fmt.Errorf("looking for the messages with a person: %w", refusedBy(answer.SlackResponse))
	}
	return answer.Channel.ID, nil
}

func (c *Client) look(ctx context.Context, method string, form url.Values, pick func(Message) bool) (Message, bool, error) {
	form.Set("include_all_metadata", "true")
	form.Set("limit", strconv.Itoa(lookPage))
	for range lookPages {
		var answer struct {
			slack.SlackResponse
			Messages []Message `json:"messages"`
		}
		if err := c.call(ctx, method, form, &answer); err != nil {
			return Message{}, false, fmt.Errorf("looking for an own message: %w", err)
		}
		if !answer.Ok {
			return Message{}, false, fmt.Errorf("looking for an own message: %w", refusedBy(answer.SlackResponse))
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
	return Message{}, false, nil
}

func (c *Client) call(ctx context.Context, method string, form url.Values, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+method, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer "+c.token)
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusTooManyRequests {
		return &slack.RateLimitedError{RetryAfter: secondsOf(resp.Header)}
	}
	if resp.StatusCode != http.StatusOK {
		return slack.StatusCodeError{Code: resp.StatusCode, Status: resp.Status}
	}
	return json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(into)
}

// maxResponse bounds what is read of an answer to a response_url: it is a word, or an error.
const maxResponse = 64 << 10

// Respond sends a message to a response_url. Such an address has an answer of its own: "ok" where all is well, and an
// error with 404, 429, 5xx or, against the documents, with 200. The error never holds the address, which lets whoever has
// it speak for the desk.
func (c *Client) Respond(ctx context.Context, address string, m slack.WebhookMessage) error {
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("writing an answer: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return errors.New("a response_url is no address")
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	resp, err := c.http.Do(req)
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("answering by a response_url: %w", failed.Err)
	}
	if err != nil {
		return fmt.Errorf("answering by a response_url: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	said, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse))
	if err != nil && resp.StatusCode == http.StatusOK {
		return nil // it took the message; the rest of its answer says nothing
	}
	if err := refusedAt(resp, said); err != nil {
		return fmt.Errorf("answering by a response_url: %w", err)
	}
	return nil
}

// refusedAt reads the answer of a response_url.
func refusedAt(resp *http.Response, said []byte) error {
	var answer struct {
		Ok *bool `json:"ok"`
		slack.SlackResponse
	}
	named := json.Unmarshal(said, &answer) == nil && answer.Error != ""
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		return &slack.RateLimitedError{RetryAfter: secondsOf(resp.Header)}
	case named:
		return refusedBy(answer.SlackResponse)
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return slack.StatusCodeError{Code: resp.StatusCode, Status: resp.Status}
	case answer.Ok != nil && !*answer.Ok:
		return errors.New("it answered that it is not ok")
	case bytes.HasPrefix(bytes.TrimSpace(said), []byte("<")):
		return errors.New("a web page answered in Slack's place")
	}
	return nil
}

// secondsOf reads a Retry-After; where Slack names none, a second.
func secondsOf(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil {
		seconds = 1
	}
	return time.Duration(min(max(seconds, 1), 1<<31)) * time.Second
}

// slackTime writes a time as Slack writes its message ids.
func slackTime(t time.Time) string {
	return fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/1000)
}
