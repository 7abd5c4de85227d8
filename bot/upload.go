package bot

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/slack-go/slack"
)

// uploadTimeout is how long a file may take on its way to Slack: three calls, one of them with its bytes.
const uploadTimeout = 30 * time.Second

// file is a picture, or another file, for Slack.
type file struct {
	channel string
	thread  string // the message under which it goes; empty: it is a message of the channel
	name    string
	title   string
	alt     string // of a picture: what is to be seen, for who does not see it
	comment string // formatted, escaped
	data    []byte
}

// upload posts a file, at most once: Slack has no way of finding out whether a file whose answer was lost is there.
// Slack shows it once it has looked at it, half a second later or so.
func (d *Desk) upload(ctx context.Context, f file) error {
	_, err := d.send(ctx, f)
	return err
}

// lay uploads a picture to no channel, where nobody sees it, and returns Slack's id of it. A message can then show it: so
// a message with a picture is posted exactly once, as any other.
func (d *Desk) lay(ctx context.Context, f file) (id string, err error) {
	f.channel, f.thread, f.comment = "", "", ""
	return d.send(ctx, f)
}

func (d *Desk) send(ctx context.Context, f file) (id string, err error) {
	ctx, cancel := d.beyond(ctx, uploadTimeout)
	defer cancel()
	sent, err := d.api.UploadFileContext(ctx, slack.UploadFileParameters{
		Reader: bytes.NewReader(f.data), FileSize: len(f.data), Filename: f.name, Title: f.title, AltTxt: f.alt,
		InitialComment: f.comment, Channel: f.channel, ThreadTimestamp: f.thread,
	})
	if err != nil {
		return "", fmt.Errorf("uploading a file: %w", err)
	}
	return sent.ID, nil
}
