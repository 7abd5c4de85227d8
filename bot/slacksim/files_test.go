package slacksim

import (
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// png is the least that is recognised as a picture.
const png = "\x89PNG\r\n\x1a\n"

// twoYears lead from the beginning of a bubble's time into one whose stamps have ten digits, as thread_ts must have.
const twoYears = 2 * 365 * 24 * time.Hour

func slackPicture(id string) object {
	return object{"type": "image", "alt_text": "The funnel", "slack_file": object{"id": id}}
}

// uploaded takes a file as far as its bytes being here.
func (b *bench) uploaded(filename, data string) string {
	b.t.Helper()
	o := b.must("files.getUploadURLExternal", object{"filename": filename, "length": len(data)})
	got, body := b.do(b.request(http.MethodPost, o["upload_url"].(string), []byte(data), "application/octet-stream"))
	require.Equal(b.t, http.StatusOK, got.StatusCode, "%s", body)
	return o["file_id"].(string)
}

// shared completes an upload.
func (b *bench) shared(id string, more object) object {
	b.t.Helper()
	args := object{"files": []object{{"id": id, "title": "Funnel"}}}
	maps.Copy(args, more)
	return b.must("files.completeUploadExternal", args)["files"].([]any)[0].(object)
}

func TestAFileComesInThreeSteps(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, b *bench) {
		o := b.must("files.getUploadURLExternal", object{"filename": "funnel.csv", "length": 5})
		complete := object{"files": []object{{"id": o["file_id"]}}, "channel_id": samples}
		b.fails("file_not_found", "files.completeUploadExternal", complete)
		b.fails("file_not_found", "files.info", object{"file": o["file_id"]})
		got, _ := b.do(b.request(http.MethodPost, o["upload_url"].(string), []byte("a,b"), "text/csv"))
		require.Equal(t, http.StatusBadRequest, got.StatusCode, "fewer bytes than announced")
		got, body := b.do(b.request(http.MethodPost, o["upload_url"].(string), []byte("a,b,c"), "text/csv"))
		require.Equal(t, http.StatusOK, got.StatusCode, "%s", body)
		file := b.shared(o["file_id"].(string), object{"channel_id": samples, "initial_comment": "Here"})
		require.Equal(t, "Funnel", file["title"])
		_, body = b.do(b.request(http.MethodGet, file["url_private"].(string), nil, ""))
		require.Equal(t, "a,b,c", string(body))
		b.fails("file_not_found", "files.completeUploadExternal", complete)
		time.Sleep(time.Second)
		require.Equal(t, "Here", b.state().Channels[0].Messages[0].Text)
	})
}

func TestAFileIsInItsThreadOnlyAMomentAfterTheAnswer(t *testing.T) {
	inBubble(t, Options{Events: []string{"message.channels"}}, func(t *testing.T, b *bench) {
		time.Sleep(twoYears)
		app := b.serve(nil)
		defer app.stop()
		ts := b.post(object{"text": "Card"})
		id := b.uploaded("funnel.png", png)
		file := b.shared(id, object{"channel_id": samples, "thread_ts": ts})
		require.Equal(t, []any{"", nil}, []any{file["mimetype"], file["shares"]}, "the answer knows neither the kind nor the message")
		require.Len(t, b.state().Channels[0].Messages, 1)

		time.Sleep(time.Second)
		said := b.state().Channels[0].Messages[1]
		require.Equal(t, stamp(ts), said.Thread)
		require.Equal(t, []any{id, "image/png"}, []any{said.Files[0]["id"], said.Files[0]["mimetype"]})
		file = b.must("files.info", object{"file": id})["file"].(object)
		require.Equal(t, "image/png", file["mimetype"])
		share := file["shares"].(object)["public"].(object)[samples].([]any)[0].(object)
		require.Equal(t, []any{string(said.TS), ts}, []any{share["ts"], share["thread_ts"]})
		heard := app.got("message")
		require.Equal(t, "file_share", heard[len(heard)-1].Payload["event"].(object)["subtype"])

		b.must("files.delete", object{"file": id})
		b.fails("file_not_found", "files.info", object{"file": id})
		require.Equal(t, []object{{"id": id, "mode": "tombstone"}}, b.state().Channels[0].Messages[1].Files)
	})
}

func TestAFileForAThreadThatWentAwayIsInNoChannel(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, b *bench) {
		time.Sleep(twoYears)
		ts := b.post(object{"text": "Card"})
		id := b.uploaded("funnel.png", png)
		b.shared(id, object{"channel_id": samples, "thread_ts": ts})
		b.must("chat.delete", object{"channel": samples, "ts": ts})
		time.Sleep(time.Second)
		require.Empty(t, b.state().Channels[0].Messages)
	})
}

func TestWhereAFileGoesIsCheckedBeforeItIsThere(t *testing.T) {
	b := outside(t, Options{})
	id := b.uploaded("funnel.png", png)
	for code, more := range map[string]object{
		"channel_not_found": {"channel_id": memberOne}, // a direct message needs its D… channel
		"not_in_channel":    {"channel_id": general},
		"thread_not_found":  {"channel_id": samples, "thread_ts": "1795346152.000001"},
		"invalid_blocks":    {"channel_id": samples, "blocks": []object{{"type": "header", "text": plainText(151)}}},
	} {
		more["files"] = []object{{"id": id}}
		b.fails(code, "files.completeUploadExternal", more)
	}
	b.shared(id, nil)
}

func TestAnImageShowsAFileOfTheWorkspaceOnceItIsProcessed(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, b *bench) {
		id, text := b.uploaded("funnel.png", png), b.uploaded("funnel.csv", "a,b,c")
		file := b.shared(id, nil)
		b.shared(text, nil)
		post := object{"channel": samples, "text": "Funnel", "blocks": []object{slackPicture(id)}}
		o := b.fails("invalid_blocks", "chat.postMessage", post)
		require.Equal(t, object{"messages": []any{"[ERROR] invalid slack file [json-pointer:/blocks/0/slack_file]"}}, o["response_metadata"])
		b.fails("invalid_arguments", "views.publish", object{"user_id": admin, "view": home(slackPicture(id))})

		time.Sleep(time.Second)
		b.must("chat.postMessage", post)
		b.must("views.publish", object{"user_id": admin, "view": home(slackPicture(id))})
		b.must("chat.postMessage", object{"channel": samples, "text": "Funnel", "blocks": []object{
			{"type": "image", "alt_text": "The funnel", "slack_file": object{"url": file["permalink"]}},
		}})
		b.fails("invalid_blocks", "chat.postMessage", object{"channel": samples, "text": "Funnel", "blocks": []object{slackPicture(text)}})
		require.Empty(t, b.must("files.info", object{"file": id})["file"].(object)["channels"], "an image block is no share")
	})
}
