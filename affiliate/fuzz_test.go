package affiliate

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// record is one application as the search returns it.
const record = `{"id":"739000000000000%04d","status":"PENDING","approve_expiration_time":1718305585,"shipment_expiration_time":0,
"available_quantity":12,"commission_rate":"0.15","is_approvable":true,"disapprovable_reasons":[],"order_id":"","tracking_number":"",
"partner_name":"","fulfillment_status":"PENDING","creator":{"creator_open_id":"7494560739365777999","username":"glow.daily",
"nickname":"Glow","avatar_url":"https://p.example/a.png","follower_count":120400,"content_count":14,"ec_video_view":"",
"fulfillment_percentage":"60.85%%","gmv":{"amount":"500","currency":"USD"}},"product":{"id":"1729400000000000001","title":"Serum",
"sku_id":"1729400000000000002","sku_name":"30 ml","sku_image_url":"https://p.example/s.png"}}`

func searchAnswer(applications int) []byte {
	records := make([]string, applications)
	for i := range records {
		records[i] = fmt.Sprintf(record, i)
	}
	return fmt.Appendf(nil, `{"total_count":%d,"next_page_token":"","sample_applications":[%s]}`, applications, strings.Join(records, ","))
}

func FuzzDecodeSearch(f *testing.F) {
	for _, seed := range []string{
		string(searchAnswer(1)), string(searchAnswer(2)), ``, `null`, `{}`, `[]`, `{"sample_applications":[null]}`,
		`{"sample_applications":[{"id":1e3,"status":"X"}]}`, `{"total_count":-1}`, `{"next_page_token":1}`,
		`{"sample_applications":[{"id":"1","status":"X","creator":{"gmv":""}}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		page, err := decodePage(data)
		if err != nil {
			require.Equal(t, Page{}, page)
			return
		}
		for _, application := range page.Applications {
			require.NotEmpty(t, application.ID)
			require.NotEmpty(t, application.Status)
			for _, deadline := range []int64{application.ReviewBy.Unix(), application.ShipBy.Unix()} {
				require.LessOrEqual(t, deadline, int64(lastSecond))
			}
		}
	})
}

func BenchmarkDecodePageOfFifty(b *testing.B) {
	data := searchAnswer(50)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodePage(data); err != nil {
			b.Fatal(err)
		}
	}
}
