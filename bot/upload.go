package bot

import (
	"bytes"
	"context"
	"fmt"
	"sync"
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
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), uploadTimeout)
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

// lately remembers deeds that leave nothing in the store, so that Slack's second delivery of one is recognised. A
// process that ends forgets them, as Slack's triggers end with their three seconds anyway. The zero value is ready.
type lately struct {
	mu   sync.Mutex
	seen map[string]time.Time
}

// rememberFor is how long a deed is remembered: longer than Slack's retries were ever seen to take.
const rememberFor = 15 * time.Minute

// first tells whether a deed is met for the first time. Without an origin every one is.
func (l *lately) first(origin string) bool {
	if origin == "" {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if at, ok := l.seen[origin]; ok && now.Sub(at) < rememberFor {
		return false
	}
	if l.seen == nil {
		l.seen = map[string]time.Time{}
	}
	for old, at := range l.seen {
		if now.Sub(at) >= rememberFor {
			delete(l.seen, old)
		}
	}
	l.seen[origin] = now
	return true
}
