package affiliatesim

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheVendorsKnownSignatureIsExpected(t *testing.T) {
	query := url.Values{"app_key": {"29a39d"}, "timestamp": {"1623812664"}}
	const want = "b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8"
	require.Equal(t, want, sign("/authorization/202309/shops", query, "application/json", nil, "e59af819cc"))

	query.Set("sign", "whatever")
	query.Set("access_token", "whatever")
	require.Equal(t, want, sign("/authorization/202309/shops", query, "", nil, "e59af819cc"), "sign and access_token are not signed")
	require.Equal(t, want, sign("/authorization/202309/shops", query, "multipart/form-data; boundary=x", []byte("form"), "e59af819cc"))
	require.NotEqual(t, want, sign("/authorization/202309/shops", query, "application/json", []byte("{}"), "e59af819cc"))
}

func TestTheVendorsKnownWebhookSignatureIsSent(t *testing.T) {
	body := `{"type":1,"tts_notification_id":"7380066284010030890","shop_id":"7495540735365777507","timestamp":1718305585,"data":{"is_on_hold_order":true,"order_id":"576653688135258178","order_status":"UNPAID","update_time":1718305585}}`
	require.Equal(t, "5dec0f11ec2f6783b8deee53c9ffbf8d024302f7c7e7fa55a35d17629031ac05", signWebhook("abcdef", "123", []byte(body)))
}
