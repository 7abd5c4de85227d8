package bot

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/slack-go/slack"
)

// uploadTimeout is how long a picture may take on its way to Slack: three calls, one of them with its bytes.
const uploadTimeout = 30 * time.Second

// drawing is a picture to post.
type drawing struct {
	channel string
	thread  string // the message under which it goes; empty: it is a message of the channel
	name    string // of the file
	title   string
	alt     string // what is to be seen, for who does not see it
	comment string // formatted, escaped
	png     []byte
}

// upload posts a picture, at most once: Slack has no way of finding out whether a file whose answer was lost is there.
// Slack shows it once it has looked at it, half a second later or so.
func (d *Desk) upload(ctx context.Context, p drawing) error {
	ctx, cancel := d.beyond(ctx, uploadTimeout)
	defer cancel()
	_, err := d.api.UploadFileContext(ctx, slack.UploadFileParameters{
		Reader: bytes.NewReader(p.png), FileSize: len(p.png), Filename: p.name, Title: p.title, AltTxt: p.alt,
		InitialComment: p.comment, Channel: p.channel, ThreadTimestamp: p.thread,
	})
	if err != nil {
		return fmt.Errorf("posting a picture: %w", err)
	}
	return nil
}
