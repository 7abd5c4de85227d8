package affiliate_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate"
)

func number(t *testing.T, text string) affiliate.Number {
	t.Helper()
	parsed, err := affiliate.ParseNumber(text)
	require.NoError(t, err)
	return parsed
}

func TestAnApplicationIsReadWithAllItsFields(t *testing.T) {
	var got affiliate.Application
	require.NoError(t, json.Unmarshal([]byte(`{
		"id":"7390000000000000001","status":"AWAITING_SHIPMENT",
		"approve_expiration_time":1718305585,"shipment_expiration_time":"1718905585",
		"available_quantity":12,"commission_rate":"0.15","is_approvable":true,"disapprovable_reasons":["QUOTA"],
		"order_id":"576653688135258178","tracking_number":"1Z999","partner_name":"Shelf agency","fulfillment_status":"ONGOING",
		"creator":{"creator_open_id":"7494560739365777999","username":"glow.daily","nickname":"Glow","avatar_url":"https://p.example/a.png",
			"follower_count":120400,"content_count":14,"ec_video_view":8400,"fulfillment_percentage":"60.85%",
			"gmv":{"amount":"500","currency":"USD"}},
		"product":{"id":"1729400000000000001","title":"Serum","sku_id":"1729400000000000002","sku_name":"30 ml","sku_image_url":"https://p.example/s.png"},
		"something_new":{"nested":[1]}
	}`), &got))
	require.Equal(t, affiliate.Application{
		ID: "7390000000000000001", Status: affiliate.StatusAwaitingShipment,
		ReviewBy:          time.Date(2024, 6, 13, 19, 6, 25, 0, time.UTC),
		ShipBy:            time.Date(2024, 6, 20, 17, 46, 25, 0, time.UTC),
		AvailableQuantity: affiliate.NumberOf(12), CommissionRate: number(t, "0.15"),
		Approvable: true, DisapprovableReasons: []string{"QUOTA"},
		OrderID: "576653688135258178", TrackingNumber: "1Z999", PartnerName: "Shelf agency",
		FulfillmentStatus: affiliate.FulfillmentOngoing,
		Creator: affiliate.Creator{
			ID: "7494560739365777999", Username: "glow.daily", Nickname: "Glow", AvatarURL: "https://p.example/a.png",
			Followers: affiliate.NumberOf(120400), Posts: affiliate.NumberOf(14), MedianViews: affiliate.NumberOf(8400),
			FulfillmentPercentage: number(t, "60.85"), GMV: affiliate.Money{Amount: affiliate.NumberOf(500), Currency: "USD"},
		},
		Product: affiliate.Product{
			ID: "1729400000000000001", Title: "Serum", SKUID: "1729400000000000002", SKUName: "30 ml",
			SKUImageURL: "https://p.example/s.png",
		},
	}, got)
}

func TestWhatACreatorDoesNotShareIsBlank(t *testing.T) {
	for name, creator := range map[string]string{
		"empty":                       `{"content_count":"","ec_video_view":"","fulfillment_percentage":"","gmv":{"amount":"","currency":""}}`,
		"null":                        `{"content_count":null,"ec_video_view":null,"fulfillment_percentage":null,"gmv":null}`,
		"absent":                      `{}`,
		"empty in place of an object": `{"gmv":""}`,
		"no creator":                  `null`,
	} {
		t.Run(name, func(t *testing.T) {
			got := affiliate.Application{Creator: affiliate.Creator{Username: "old"}}
			require.NoError(t, json.Unmarshal([]byte(`{"id":"1","status":"PENDING","creator":`+creator+`}`), &got))
			require.Equal(t, affiliate.Application{ID: "1", Status: affiliate.StatusPending}, got)
		})
	}
}

func TestIdentifiersAreReadToTheLastDigit(t *testing.T) {
	var got affiliate.Application
	require.NoError(t, json.Unmarshal([]byte(`{"id":18446744073709551615,"status":"PENDING","order_id":null,
		"creator":{"creator_open_id":9007199254740993},"product":{"id":9007199254740995,"sku_id":"9007199254740997"}}`), &got))
	require.Equal(t, affiliate.ApplicationID("18446744073709551615"), got.ID)
	require.Equal(t, affiliate.CreatorID("9007199254740993"), got.Creator.ID)
	require.Equal(t, affiliate.ProductID("9007199254740995"), got.Product.ID)
	require.Equal(t, affiliate.SKUID("9007199254740997"), got.Product.SKUID)
	require.Empty(t, got.OrderID)
}

func TestTimesAreUnixSecondsAndZeroIsNone(t *testing.T) {
	for text, want := range map[string]time.Time{
		`0`: {}, `""`: {}, `null`: {}, `"0"`: {}, `1`: time.Unix(1, 0).UTC(), `253402300799`: time.Unix(253402300799, 0).UTC(),
	} {
		var got affiliate.Application
		require.NoError(t, json.Unmarshal([]byte(`{"id":"1","status":"PENDING","approve_expiration_time":`+text+`}`), &got), text)
		require.Equal(t, want, got.ReviewBy, text)
	}
}

func TestARecordThatCannotBeWhatItSaysIsRefused(t *testing.T) {
	for name, record := range map[string]string{
		"nothing":                 `null`,
		"no id":                   `{"status":"PENDING"}`,
		"no status":               `{"id":"1"}`,
		"an id with a fraction":   `{"id":1.5,"status":"PENDING"}`,
		"an id with an exponent":  `{"id":1e19,"status":"PENDING"}`,
		"a negative id":           `{"id":-1,"status":"PENDING"}`,
		"an id that is a word":    `{"id":"x","status":"PENDING"}`,
		"an id that is an object": `{"id":{},"status":"PENDING"}`,
		"an id beyond 64 bits":    `{"id":"123456789012345678901","status":"PENDING"}`,
		"a status that is a list": `{"id":"1","status":["PENDING"]}`,
		"a status that is null":   `{"id":"1","status":null}`,
		"a status of blanks":      `{"id":"1","status":" "}`,
		"a status without end":    `{"id":"1","status":"` + strings.Repeat("x", 40_000) + `"}`,
		"a list":                  `[]`,
	} {
		var got affiliate.Application
		require.Error(t, json.Unmarshal([]byte(record), &got), name)
	}
}

// oddValues stand where nobody documented them.
var oddValues = []string{
	`null`, `""`, `"12.3K"`, `"-"`, `-1`, `1.5`, `1e400`, `1e30`, `9223372036854775808`, `1718305585000`, `"2026-11-30"`, `true`, `"yes"`, `[]`,
	`[1,{}]`, `{}`, `{"a":[]}`, `"\u0000"`, `"\ud800"`, `"` + strings.Repeat("é", 40_000) + `"`,
}

func TestNoFieldButIDAndStatusMakesARecordUnreadable(t *testing.T) {
	whole := `{"id":"1","status":"PENDING","approve_expiration_time":1718305585,"shipment_expiration_time":1718305585,
		"available_quantity":12,"commission_rate":"0.15","is_approvable":true,"disapprovable_reasons":["QUOTA"],"order_id":"1",
		"tracking_number":"1Z","partner_name":"A","fulfillment_status":"ONGOING",
		"creator":{"creator_open_id":"7","username":"u","nickname":"n","avatar_url":"https://p.example","follower_count":1,
			"content_count":1,"ec_video_view":1,"fulfillment_percentage":"60%","gmv":{"amount":"500","currency":"USD"}},
		"product":{"id":"17","title":"t","sku_id":"2","sku_name":"s","sku_image_url":"https://p.example"}}`
	var want affiliate.Application
	require.NoError(t, json.Unmarshal([]byte(whole), &want))
	var paths []string
	var list func(prefix string, value any)
	list = func(prefix string, value any) {
		for name, inner := range value.(map[string]any) {
			path := strings.TrimPrefix(prefix+"."+name, ".")
			if path != "id" && path != "status" {
				paths = append(paths, path)
			}
			if _, ok := inner.(map[string]any); ok {
				list(path, inner)
			}
		}
	}
	var record map[string]any
	require.NoError(t, json.Unmarshal([]byte(whole), &record))
	list("", record)
	require.Len(t, paths, 28)
	for _, path := range paths {
		for _, value := range oddValues {
			var skipped map[string]any
			require.NoError(t, json.Unmarshal([]byte(whole), &skipped))
			names := strings.Split(path, ".")
			at := skipped
			for _, name := range names[:len(names)-1] {
				at = at[name].(map[string]any)
			}
			at[names[len(names)-1]] = json.RawMessage(value)
			text, err := json.Marshal(skipped)
			require.NoError(t, err)
			var got affiliate.Application
			require.NoError(t, json.Unmarshal(text, &got), "%s: %.40s", path, value)
			require.Equal(t, want.ID, got.ID)
			require.Equal(t, want.Status, got.Status)
			require.NotContains(t, got.Creator.Username+got.Product.Title+got.TrackingNumber+string(got.Creator.ID)+string(got.Product.ID), "\x00")
			require.LessOrEqual(t, len(got.Creator.Username), 2000)
			if path != "approve_expiration_time" {
				require.Equal(t, want.ReviewBy, got.ReviewBy, "%s: %.40s", path, value)
			}
			if !strings.HasPrefix(path, "creator") {
				require.Equal(t, want.Creator, got.Creator, "%s: %.40s", path, value)
			}
		}
	}
}

func TestWhatTheVendorWritesInSeveralFormsIsReadInAll(t *testing.T) {
	var got affiliate.Application
	for text, want := range map[string]string{
		`"$1234.56"`: "1234.56", `500`: "500", `"500"`: "500", `" £ 7.50"`: "7.5", `"12.3K"`: "", `"5%"`: "", `"$"`: "", `{}`: "",
	} {
		require.NoError(t, json.Unmarshal([]byte(`{"id":"1","status":"PENDING","creator":{"gmv":{"amount":`+text+`,"currency":"USD"}}}`), &got))
		require.Equal(t, want, got.Creator.GMV.Amount.String(), text)
		require.Equal(t, "USD", got.Creator.GMV.Currency)
	}
	for text, want := range map[string]bool{`true`: true, `"true"`: true, `"TRUE"`: true, `1`: true, `false`: false, `"false"`: false, `{}`: false} {
		require.NoError(t, json.Unmarshal([]byte(`{"id":"1","status":"PENDING","is_approvable":`+text+`}`), &got))
		require.Equal(t, want, got.Approvable, text)
	}
	for text, want := range map[string][]string{`["a",1,{}]`: {"a", "1"}, `"a"`: {"a"}, `[]`: nil, `{}`: nil} {
		require.NoError(t, json.Unmarshal([]byte(`{"id":"1","status":"PENDING","disapprovable_reasons":`+text+`}`), &got))
		require.Equal(t, want, got.DisapprovableReasons, text)
	}
	require.NoError(t, json.Unmarshal([]byte(`{"id":"1","status":"PENDING","creator":{"follower_count":"-5"},"available_quantity":-1,"approve_expiration_time":-1}`), &got))
	require.Equal(t, affiliate.Application{ID: "1", Status: affiliate.StatusPending}, got, "below zero is no count and no time")
}
