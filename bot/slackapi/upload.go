package slackapi

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/slack-go/slack"
)

// UploadTimeout is how long a file may take on its way to Slack: three calls, one of them with its bytes.
const UploadTimeout = 30 * time.Second

// File is a picture, or another file, for Slack.
type File struct {
	Channel string
	Thread  string // the message under which it goes; empty: it is a message of the channel
	Name    string
	Title   string
	Alt     string // of a picture: what is to be seen, for who does not see it
	Comment string // formatted, escaped
	Data    []byte
}

// Upload posts a file, at most once: Slack has no way of finding out whether a file whose answer was lost is there.
// Slack shows it once it has looked at it, half a second later or so.
func (c *Client) Upload(ctx context.Context, f File) error {
	_, err := c.send(ctx, f)
	return err
}

// UploadPrivate uploads a picture to no channel, where nobody sees it, and returns Slack's id of it. A message can then show it: so
// a message with a picture is posted exactly once, as any other.
func (c *Client) UploadPrivate(ctx context.Context, f File) (id string, err error) {
	f.Channel, f.Thread, f.Comment = "", "", ""
	return c.send(ctx, f)
}

func (c *Client) send(ctx context.Context, f File) (id string, err error) {
	ctx, cancel := c.Detach(ctx, UploadTimeout)
	defer cancel()
	sent, err := c.UploadFileContext(ctx, slack.UploadFileParameters{
		Reader: bytes.NewReader(f.Data), FileSize: len(f.Data), Filename: f.Name, Title: f.Title, AltTxt: f.Alt,
		InitialComment: f.Comment, Channel: f.Channel, ThreadTimestamp: f.Thread,
	})
	if err != nil {
		return "", fmt.Errorf("uploading a file: %w", err)
	}
	return sent.ID, nil
}
