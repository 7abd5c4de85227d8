package slacksim

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// essay is that many code points of text in sections.
func essay(n int) (blocks []object) {
	for ; n > 0; n -= min(n, 3000) {
		blocks = append(blocks, object{"type": "section", "text": object{"type": "mrkdwn", "text": strings.Repeat("e", min(n, 3000))}})
	}
	return blocks
}

func TestTheTextOfAllBlocksTogetherHasALimit(t *testing.T) {
	b := outside(t, Options{})
	const code = "msg_blocks_too_long"
	ts := b.post(object{"text": "Long", "blocks": essay(mostBlockText)})
	long := object{"channel": samples, "ts": ts, "user": memberOne, "text": "Long", "blocks": essay(mostBlockText + 1)}
	for _, method := range []string{"chat.postMessage", "chat.update", "chat.postEphemeral"} {
		b.fails(code, method, long)
	}
	b.fails(code, "chat.postMessage", object{"channel": samples, "text": "Long", "blocks": append(essay(mostBlockText-4), actions("a", button("go", "1")))})
	b.fails(code, "chat.postMessage", object{"channel": samples, "text": "Long", "attachments": []object{{"blocks": essay(mostBlockText + 1)}}})
}

func TestALongAnswerIsRefusedWhereverItRides(t *testing.T) {
	b := outside(t, Options{})
	long := object{"text": "Long", "blocks": essay(mostBlockText + 1)}
	app := b.serve(func(f frame) any {
		if f.Type == kindCommand {
			return long
		}
		return nil
	})
	defer app.stop()
	require.Equal(t, "msg_blocks_too_long", b.act(object{"user": memberOne, "do": "command", "command": "/samples", "text": "help", "wait_ms": 0}).Error)
	address := app.got("command")[0].Payload["response_url"].(string)
	got, out := b.do(b.request(http.MethodPost, address, encode(long), "application/json"))
	require.Equal(t, http.StatusBadRequest, got.StatusCode)
	require.Contains(t, string(out), "msg_blocks_too_long")
}

func TestAFaultAnswersTextInPlaceOfJSON(t *testing.T) {
	b := outside(t, Options{})
	for _, c := range []struct {
		order  object
		status int
		kind   string
	}{
		{object{"method": "auth.test", "do": "text", "text": "upstream hiccup"}, http.StatusOK, "text/plain; charset=utf-8"},
		{object{"method": "auth.test", "do": "text", "text": "<html>Bad gateway</html>", "status": 502}, http.StatusBadGateway, "text/html; charset=utf-8"},
	} {
		b.fault(c.order)
		resp, out := b.do(b.request(http.MethodPost, b.details.APIURL+"auth.test", nil, ""))
		require.Equal(t, c.order["text"], string(out))
		require.Equal(t, c.status, resp.StatusCode)
		require.Equal(t, c.kind, resp.Header.Get("Content-Type"))
	}
}
