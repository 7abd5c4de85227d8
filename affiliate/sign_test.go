package affiliate_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate"
)

// The first answer is the vendor's own example. The others were computed with
// openssl dgst -sha256 -hmac from the rule as the vendor words it.
func TestSignaturesHaveTheirKnownAnswers(t *testing.T) {
	base := func(more ...string) url.Values {
		query := url.Values{"app_key": {appKey}, "timestamp": {"1623812664"}}
		for i := 0; i < len(more); i += 2 {
			query.Set(more[i], more[i+1])
		}
		return query
	}
	const search = "/affiliate_seller/202508/sample_applications/search"
	for name, c := range map[string]struct {
		path        string
		query       url.Values
		contentType string
		body        string
		want        string
	}{
		"the vendor's example": {
			"/authorization/202309/shops", base(), "", "",
			"b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8",
		},
		"sign and access_token are left out": {
			"/authorization/202309/shops", base("sign", "b596", "access_token", "ROW_x"), "application/json", "",
			"b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8",
		},
		"a body and a shop_cipher": {
			"/affiliate_seller/202507/sample_applications/7390000000000000001/review", base("shop_cipher", string(cipher)),
			"application/json", `{"review_result":"REJECT","reject_reason":"OUT_OF_STOCK"}`,
			"cc67131562320f098c85ace74ccd714eb7b3c0dcd3aa92f129547ab88e0ec46b",
		},
		"unescaped parameters and a body beyond ASCII": {
			search, base("shop_cipher", string(cipher), "page_size", "50", "page_token", "bm8+MQ=="),
			"application/json; charset=utf-8", `{"title":"Sérum éclat"}`,
			"2ddd79fffb80b6a1fb7ab6b867b179804bd022f42f775d5b739e38da958c9a4d",
		},
		"a multipart body is left out": {
			search, base(), "Multipart/Form-Data; boundary=x", "--x--",
			"960a5780cb7efb253126284be1593ede36bb10498da5b5f3f4340909e764e24a",
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, affiliate.Sign(c.path, c.query, c.contentType, []byte(c.body), appSecret))
		})
	}
}

func BenchmarkSign(b *testing.B) {
	query := url.Values{
		"app_key": {appKey}, "timestamp": {"1623812664"}, "shop_cipher": {string(cipher)}, "page_size": {"50"},
	}
	body := []byte(`{"status":"PENDING"}`)
	b.ReportAllocs()
	for b.Loop() {
		affiliate.Sign("/affiliate_seller/202508/sample_applications/search", query, "application/json", body, appSecret)
	}
}
