package affiliate_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate"
)

func TestAWebhooksSignatureHasItsKnownAnswer(t *testing.T) {
	client, err := affiliate.New(affiliate.Config{AppKey: "abcdef", AppSecret: "123"})
	require.NoError(t, err)
	const body = `{"type":1,"tts_notification_id":"7380066284010030890","shop_id":"7495540735365777507","timestamp":1718305585,"data":{"is_on_hold_order":true,"order_id":"576653688135258178","order_status":"UNPAID","update_time":1718305585}}`
	const signature = "5dec0f11ec2f6783b8deee53c9ffbf8d024302f7c7e7fa55a35d17629031ac05"
	require.True(t, client.SignedWebhook(signature, []byte(body)))
	for _, other := range []string{"", "Bearer " + signature, signature[:63], "5DEC0F11EC2F6783B8DEEE53C9FFBF8D024302F7C7E7FA55A35D17629031AC05", signature + " "} {
		require.False(t, client.SignedWebhook(other, []byte(body)), other)
	}
	require.False(t, client.SignedWebhook(signature, []byte(body+" ")))
}

func TestWebhooksAreReadInEachOfTheirShapes(t *testing.T) {
	sample := affiliate.Webhook{Type: 56, NotificationID: "9", Shop: "7495540735365777507", Application: "71", Creator: "open", Product: "1729"}
	for body, want := range map[string]affiliate.Webhook{
		`{"type":56,"tts_notification_id":"9","shop_id":"7495540735365777507","data":{"application_id":"71","new_status":"PENDING","creator":{"creator_open_id":"open"},"product":{"id":"1729","sku_id":"1"}}}`:     sample,
		`{"type":56,"tts_notification_id":"9","shop_id":"7495540735365777507","data":{"application_id":"71","new_status":"PENDING","creator":[{"creator_open_id":"open"}],"product":[{"id":"1729","sku_id":"1"}]}}`: sample,
		`{"type":"56","tts_notification_id":9,"shop_id":7495540735365777507,"data":{"application_id":71,"creator":[],"product":null}}`:                                                                              {Type: 56, NotificationID: "9", Shop: "7495540735365777507", Application: "71"},
		`{"type":33,"tts_notification_id":"9","shop_id":"1","data":{"conversation_id":"745","index":"1","content":"{}"}}`:                                                                                           {Type: 33, NotificationID: "9", Shop: "1", Conversation: "745"},
		`{"type":6,"tts_notification_id":"9"}`:                                                                             {Type: 6, NotificationID: "9"},
		`{"type":68,"tts_notification_id":"9","shop_id":"1","data":"new"}`:                                                 {Type: 68, NotificationID: "9", Shop: "1"},
		`{"type":56,"tts_notification_id":"9","shop_id":"1","data":{"application_id":"../review","product":{"id":"1/2"}}}`: {Type: 56, NotificationID: "9", Shop: "1"},
	} {
		got, err := affiliate.ParseWebhook([]byte(body))
		require.NoError(t, err, body)
		require.Equal(t, want, got, body)
	}
	for _, body := range []string{``, `[]`, `null`, `{}`, `{"type":56}`, `{"tts_notification_id":"9"}`, `{"type":{},"tts_notification_id":"9"}`, `{"type":1,"tts_notification_id":"9"} x`} {
		_, err := affiliate.ParseWebhook([]byte(body))
		require.Error(t, err, body)
	}
}
