// Package slackapi is the edge of Slack's Web API: a client that reads what slack-go does not read as it has to be read,
// uploads files, keeps to Slack's rates and knows what Slack's errors mean. It knows nothing of samples.
package slackapi

import (
	"context"
	"net/http"
	"time"

	"github.com/slack-go/slack"
)

// Timeout is how long one call of Slack's Web API may take. slack-go sets none of its own.
const Timeout = 10 * time.Second

// Client calls Slack's Web API. Beside slack-go's calls it has raw ones. Of messages those read the metadata and nothing
// else: slack-go decodes the blocks of every message too and fails on one element that it does not know, so that another
// app's message could hide our own from us.
type Client struct {
	*slack.Client
	base  string
	token string
	http  *http.Client

	over context.Context // ends with Close, and with it what was detached
	end  context.CancelFunc
}

// New returns a client for the API at an address that ends in a slash. The options are those of slack-go beside the
// address and the HTTP client.
func New(base, token string, client *http.Client, options ...slack.Option) *Client {
	options = append([]slack.Option{slack.OptionAPIURL(base), slack.OptionHTTPClient(client)}, options...)
	c := &Client{Client: slack.New(token, options...), base: base, token: token, http: client}
	c.over, c.end = context.WithCancel(context.Background())
	return c
}

// ShowAgain shows a view in place of the one of that id, if it still is as the person saw it, by its hash. Where an earlier change of
// theirs was shown meanwhile, the latest one is shown all the same.
func (c *Client) ShowAgain(ctx context.Context, m slack.ModalViewRequest, id, hash string, latest func() bool) error {
	_, err := c.UpdateViewContext(ctx, m, "", hash, id)
	if ErrorName(err) == "hash_conflict" && latest() {
		_, err = c.UpdateViewContext(ctx, m, "", "", id)
	}
	return err
}

// Close ends what was detached.
func (c *Client) Close() { c.end() }

// Detach returns a context for what is done after an acknowledgement: it lasts longer than the handler's own, and no
// longer than the client.
func (c *Client) Detach(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), most)
	stop := context.AfterFunc(c.over, cancel)
	return ctx, func() { stop(); cancel() }
}
