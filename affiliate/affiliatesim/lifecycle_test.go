package affiliatesim

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// outcomes says what every action makes of every status; what is missing is refused.
var outcomes = map[Status]map[string]Status{
	Pending:           {"approve": AwaitingShipment, "reject": RejectCancelled, "withdraw": WithdrawCancelled, "expire": OverdueCancelled, "cancel": PlatformCancelled},
	AwaitingShipment:  {"ship": Shipped, "expire": SellerNotShipped, "cancel": PlatformCancelled, "fail_shipping": SellerNotShipped, "fail_grouping": Pending},
	Shipped:           {"deliver": ContentPending, "post": Shipped, "cancel": PlatformCancelled, "fail_shipping": UnfulfillableCancelled},
	ContentPending:    {"post": ContentPending, "complete": Completed, "expire": UnfulfillCancelled, "cancel": PlatformCancelled},
	Completed:         {"post": Completed},
	PlatformCompleted: {"post": PlatformCompleted},
}

func TestEveryActionIsPossibleWhereItShouldBeAndNowhereElse(t *testing.T) {
	c := New(Options{})
	defer func() { require.NoError(t, c.Close()) }()
	for _, from := range append(allStatuses(), "FROZEN_BY_SOMEONE") {
		for name := range actions() {
			if name == "set_status" {
				continue
			}
			id, err := c.AddApplication(Request{Status: from})
			require.NoError(t, err)
			a := c.applications[id]
			err = c.act(a, name, particulars{}, time.Now())
			want, possible := outcomes[from][name]
			if !possible {
				require.ErrorContains(t, err, string(from), "%s from %s", name, from)
				require.Equal(t, from, a.status)
				continue
			}
			require.NoError(t, err, "%s from %s", name, from)
			require.Equal(t, want, a.status, "%s from %s", name, from)
			require.Contains(t, c.possible(from), name)
		}
		require.ElementsMatch(t, slices.Collect(maps.Keys(outcomes[from])), c.possible(from))
	}
}

func TestASampleTravelsFromReviewToContent(t *testing.T) {
	u := open(t, Options{})
	id := u.add(`{"available_quantity":5,"ship_in":"24h"}`)
	require.Zero(t, u.post(reviewPath(id), nil, `{"review_result":"APPROVE"}`).Code)
	a := u.application(id)
	require.Equal(t, "AWAITING_SHIPMENT", a["status"])
	require.NotEmpty(t, a["order_id"])
	require.NotContains(t, a, "tracking_number")
	require.InDelta(t, time.Now().Add(24*time.Hour).Unix(), a["shipment_expiration_time"], 5)
	require.EqualValues(t, 4, a["available_quantity"], "an approval takes one from the stock")

	u.order("/sim/applications/"+id+"/ship", `{"tracking_number":"TRACK-1"}`)
	require.Equal(t, "TRACK-1", u.found("{}")[0]["tracking_number"])
	u.order("/sim/applications/"+id+"/deliver", "")
	require.Equal(t, "ONGOING", u.found("{}")[0]["fulfillment_status"])
	u.order("/sim/applications/"+id+"/post", `{"page_link":"https://www.tiktok.com/@glow.daily/video/1"}`)
	require.Equal(t, "CONTENT_PENDING", u.status(id), "posting leaves the status alone")
	u.order("/sim/applications/"+id+"/complete", "")
	require.Equal(t, "COMPLETED", u.status(id))
	require.Equal(t, "SUCCEED", u.found("{}")[0]["fulfillment_status"])
}

func TestAReviewWithAReasonRejects(t *testing.T) {
	u := open(t, Options{NoRateLimits: true})
	for _, version := range []string{"202409", "202507"} {
		for _, reason := range reasons() {
			id := u.add(`{}`)
			path := "/affiliate_seller/" + version + "/sample_applications/" + id + "/review"
			got := u.post(path, nil, `{"review_result":"REJECT","reject_reason":"`+reason+`"}`)
			require.Zero(t, got.Code, got.Message)
			a := u.application(id)
			require.Equal(t, []any{"REJECT_CANCELLED", reason}, []any{a["status"], a["reject_reason"]})
		}
	}
}

func TestAReviewThatCannotBeMeantIsRefusedAndChangesNothing(t *testing.T) {
	u := open(t, Options{NoRateLimits: true})
	id := u.add(`{}`)
	for _, body := range []string{
		``, `{}`, `{"review_result":"approve"}`, `{"review_result":"REJECT"}`, `{"review_result":"REJECT","reject_reason":""}`,
		`{"review_result":"REJECT","reject_reason":"NO"}`, `{"review_result":"APPROVE","reject_reason":"OTHER"}`,
		`{"review_result":"APPROVE","note":"x"}`, `{"result":"APPROVE"}`, `{"review_result":1}`,
	} {
		require.Equal(t, 36009004, u.post(reviewPath(id), nil, body).Code, body)
	}
	require.Equal(t, codeUnknownApplication, u.post(reviewPath("1"), nil, `{"review_result":"APPROVE"}`).Code)
	require.Equal(t, "PENDING", u.status(id))
}

func TestASecondReviewIsRefusedForGood(t *testing.T) {
	u := open(t, Options{})
	id := u.add(`{}`)
	require.Zero(t, u.post(reviewPath(id), nil, `{"review_result":"APPROVE"}`).Code)
	for _, body := range []string{`{"review_result":"APPROVE"}`, `{"review_result":"REJECT","reject_reason":"OTHER"}`} {
		got := u.post(reviewPath(id), nil, body)
		require.Equal(t, []int{200, codeNotPending}, []int{got.Status, got.Code})
		require.Contains(t, got.Message, "AWAITING_SHIPMENT")
	}
}

func TestWhatMayNotBeApprovedCanStillBeRejected(t *testing.T) {
	u := open(t, Options{})
	limited := u.add(`{"is_approvable":false,"disapprovable_reasons":["CREATOR_LIMIT"]}`)
	empty := u.add(`{"product":{"id":"77"},"available_quantity":1}`)
	u.order("/sim/products/77", `{"available_quantity":0}`)
	for id, reason := range map[string]string{limited: "CREATOR_LIMIT", empty: outOfStock} {
		got := u.post(reviewPath(id), nil, `{"review_result":"APPROVE"}`)
		require.Equal(t, codeNotApprovable, got.Code)
		require.Contains(t, got.Message, reason)
		status, _ := u.control("/sim/applications/"+id+"/approve", "")
		require.Equal(t, http.StatusConflict, status)
		require.Equal(t, false, u.application(id)["is_approvable"])
		require.Zero(t, u.post(reviewPath(id), nil, `{"review_result":"REJECT","reject_reason":"OTHER"}`).Code)
	}
}

func TestDeadlinesPassByThemselves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := open(t, Options{})
		waiting := u.add(`{"approve_in":"10h"}`)
		unsent := u.add(`{"ship_in":"5h"}`)
		received := u.add(`{"status":"CONTENT_PENDING"}`)
		posted := u.add(`{"status":"CONTENT_PENDING"}`)
		travelling := u.add(`{"status":"SHIPPED"}`)
		u.order("/sim/applications/"+unsent+"/approve", "")
		u.order("/sim/applications/"+posted+"/post", "")
		statuses := func() []string {
			u.center.mu.Lock()
			defer u.center.mu.Unlock()
			var got []string
			for _, id := range []string{waiting, unsent, received, posted, travelling} {
				got = append(got, string(u.center.applications[id].status))
			}
			return got
		}
		time.Sleep(5*time.Hour - time.Second)
		synctest.Wait()
		require.Equal(t, []string{"PENDING", "AWAITING_SHIPMENT", "CONTENT_PENDING", "CONTENT_PENDING", "SHIPPED"}, statuses())
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, "SELLER_NOT_SHIP_CANCELLED", statuses()[1])
		time.Sleep(5 * time.Hour)
		synctest.Wait()
		require.Equal(t, "OVERDUE_CANCELLED", statuses()[0])
		time.Sleep(14 * 24 * time.Hour)
		synctest.Wait()
		require.Equal(t, []string{"OVERDUE_CANCELLED", "SELLER_NOT_SHIP_CANCELLED", "UNFULFILL_CANCELLED", "COMPLETED", "SHIPPED"}, statuses())
	})
}

func TestTheClockMovesBusinessTimesAndNothingElse(t *testing.T) {
	u := open(t, Options{})
	soon, later := u.add(`{"approve_in":"20h"}`), u.add(`{"approve_in":"30h"}`)
	before := u.application(later)["approve_expiration_time"].(float64)
	got := u.order("/sim/clock", `{"advance":"24h"}`)
	require.EqualValues(t, 1, got["ended"])
	require.Equal(t, "OVERDUE_CANCELLED", u.status(soon))
	require.Equal(t, before-24*3600, u.application(later)["approve_expiration_time"])
	require.Zero(t, u.search(1, "", "{}").Code, "signatures and tokens stay in real time")
	u.order("/sim/clock", `{"advance":"6h"}`)
	require.Equal(t, "OVERDUE_CANCELLED", u.status(later))
}

func TestTheClockRefusesWhatIsNoAdvance(t *testing.T) {
	u := open(t, Options{})
	for _, body := range []string{``, `{"advance":""}`, `{"advance":"-1h"}`, `{"advance":"tomorrow"}`, `{"advance":24}`, `{"advance":"9999999h"}`, `{"back":"1h"}`} {
		status, got := u.control("/sim/clock", body)
		require.Equal(t, http.StatusBadRequest, status, body)
		require.NotEmpty(t, got["error"], body)
	}
}

func TestApprovalsForOneCreatorWithinFiveMinutesShareAnOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := open(t, Options{})
		var ids []string
		for range 3 {
			ids = append(ids, u.add(`{"creator":{"username":"glow.daily"}}`))
		}
		other := u.add(`{"creator":{"username":"desk.picks"}}`)
		for _, id := range []string{ids[0], ids[1], other} {
			u.order("/sim/applications/"+id+"/approve", "")
		}
		time.Sleep(5*time.Minute + time.Second)
		u.order("/sim/applications/"+ids[2]+"/approve", "")
		order := func(id string) any { return u.application(id)["order_id"] }
		require.Equal(t, order(ids[0]), order(ids[1]))
		require.NotEqual(t, order(ids[0]), order(ids[2]))
		require.NotEqual(t, order(ids[0]), order(other))

		u.order("/sim/applications/"+ids[1]+"/fail_grouping", "")
		back := u.application(ids[1])
		require.Equal(t, "PENDING", back["status"])
		require.NotContains(t, back, "order_id")
		require.NotContains(t, back, "shipment_expiration_time")
		require.Equal(t, "AWAITING_SHIPMENT", u.status(ids[0]))
	})
}

func TestAnEndingMayBeChosen(t *testing.T) {
	u := open(t, Options{})
	for _, want := range []string{"OPS_FAILED", "DEL_OPEN_COLLAB", "UNFULFILLABLE_CANCELLED", "OPS_CANCELLED"} {
		id := u.add(`{}`)
		u.order("/sim/applications/"+id+"/cancel", `{"status":"`+want+`"}`)
		require.Equal(t, want, u.status(id))
	}
	id := u.add(`{"status":"CONTENT_PENDING"}`)
	u.order("/sim/applications/"+id+"/complete", `{"status":"OPS_COMPLETED"}`)
	require.Equal(t, "OPS_COMPLETED", u.status(id))
	u.order("/sim/applications/"+id+"/set_status", `{"status":"UNDER_INSPECTION"}`)
	require.Equal(t, "UNDER_INSPECTION", u.status(id))
	require.Len(t, u.pages(50, "{}"), 5, "a status that nobody knows is listed all the same")
}

func TestAnActionThatIsImpossibleSaysWhy(t *testing.T) {
	u := open(t, Options{})
	id := u.add(`{}`)
	status, got := u.control("/sim/applications/"+id+"/ship", "")
	require.Equal(t, http.StatusConflict, status)
	require.Equal(t, "ship needs an application in AWAITING_SHIPMENT; "+id+" is PENDING", got["error"])
	for path, want := range map[string]int{
		"/sim/applications/1/ship":            http.StatusNotFound,
		"/sim/applications/" + id + "/mail":   http.StatusBadRequest,
		"/sim/applications/" + id + "/":       http.StatusNotFound,
		"/sim/nothing":                        http.StatusNotFound,
		"/sim/applications/" + id + "/reject": http.StatusBadRequest,
	} {
		status, got := u.control(path, `{"reject_reason":"NO"}`)
		require.Equal(t, want, status, path)
		require.NotEmpty(t, got["error"], path)
	}
	require.Equal(t, "PENDING", u.status(id))
}

func TestTheSellersAutomationApprovesOverAnAmount(t *testing.T) {
	u := open(t, Options{})
	gmv := func(amount string) string { return `{"creator":{"gmv":{"amount":"` + amount + `","currency":"USD"}}}` }
	waiting, small := u.add(gmv("1000.01")), u.add(gmv("1000"))
	private := u.add(`{"creator":{"gmv":""}}`)
	require.EqualValues(t, 1, u.order("/sim/automation", `{"approve_when_gmv_over":"1000"}`)["approved"])
	arriving := u.add(gmv("25000"))
	got := []string{u.status(waiting), u.status(arriving), u.status(small), u.status(private)}
	require.Equal(t, []string{"AWAITING_SHIPMENT", "AWAITING_SHIPMENT", "PENDING", "PENDING"}, got)
	u.order("/sim/automation", `{"approve_when_gmv_over":""}`)
	require.Equal(t, "PENDING", u.status(u.add(gmv("25000"))))
	for _, amount := range []string{`"much"`, `"-1"`, `1000`, `"1e9"`} {
		status, _ := u.control("/sim/automation", `{"approve_when_gmv_over":`+amount+`}`)
		require.Equal(t, http.StatusBadRequest, status, amount)
	}
}

func TestTheSellersAutomationRejectsUnderAnAmount(t *testing.T) {
	u := open(t, Options{})
	gmv := func(amount string) string { return `{"creator":{"gmv":{"amount":"` + amount + `","currency":"USD"}}}` }
	small, fair, private := u.add(gmv("49.99")), u.add(gmv("50")), u.add(`{"creator":{"gmv":""}}`)
	did := u.order("/sim/automation", `{"reject_when_gmv_under":"50","approve_when_gmv_over":"1000","reject_reason":"OTHER"}`)
	require.Equal(t, []any{0.0, 1.0, 0.0}, []any{did["approved"], did["rejected"], did["cancelled"]})
	require.Equal(t, []string{"REJECT_CANCELLED", "PENDING", "PENDING"}, []string{u.status(small), u.status(fair), u.status(private)})
	for _, a := range u.state()["applications"].([]any) {
		if a := a.(map[string]any); a["id"] == small {
			require.Equal(t, "OTHER", a["reject_reason"])
		}
	}
	require.Equal(t, "AWAITING_SHIPMENT", u.status(u.add(gmv("1001"))))
	for _, body := range []string{`{"reject_when_gmv_under":"x"}`, `{"reject_reason":"UGLY"}`, `{"reject_when_gmv_under":"2","approve_when_gmv_over":"1"}`, `{"after":"soon"}`, `{"fail_groupings":-1}`} {
		status, _ := u.control("/sim/automation", body)
		require.Equal(t, http.StatusBadRequest, status, body)
	}
}

func TestTheAutomationMayTakeItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, box := openWithInbox(t)
		u.order("/sim/automation", `{"approve_when_gmv_over":"10","after":"1h"}`)
		id := u.add(`{"creator":{"gmv":{"amount":"500","currency":"USD"}}}`)
		time.Sleep(time.Hour - time.Second)
		require.Equal(t, "PENDING", u.status(id))
		time.Sleep(time.Second)
		got := box.all()
		require.Len(t, got, 2, "it looks although nobody asks")
		require.Equal(t, "AWAITING_SHIPMENT", got[1]["data"].(map[string]any)["new_status"])
		decided := u.add(`{"creator":{"gmv":{"amount":"500","currency":"USD"}}}`)
		require.Zero(t, u.post(reviewPath(decided), nil, `{"review_result":"REJECT","reject_reason":"OTHER"}`).Code)
		next := u.add(`{"creator":{"gmv":{"amount":"500","currency":"USD"}}}`)
		u.order("/sim/clock", `{"advance":"1h"}`)
		require.Equal(t, []string{"REJECT_CANCELLED", "AWAITING_SHIPMENT"}, []string{u.status(decided), u.status(next)}, "the clock moves it closer, and a person's decision stands")
	})
}

func TestThePlatformMayCancelWhatRanOutOfStock(t *testing.T) {
	u := open(t, Options{})
	u.order("/sim/automation", `{"cancel_out_of_stock":true}`)
	first, second := u.add(`{"product":{"id":"77"},"available_quantity":1}`), u.add(`{"product":{"id":"77"}}`)
	require.Zero(t, u.post(reviewPath(first), nil, approval).Code)
	require.Equal(t, []string{"AWAITING_SHIPMENT", "OPS_CANCELLED"}, []string{u.status(first), u.status(second)})
	third := u.add(`{"product":{"id":"78"}}`)
	u.order("/sim/products/78", `{"available_quantity":0}`)
	require.Equal(t, "OPS_CANCELLED", u.status(third))
	require.Equal(t, "OPS_CANCELLED", u.status(u.add(`{"product":{"id":"78"}}`)))
}

func TestAGroupingMayFailByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, box := openWithInbox(t)
		u.order("/sim/automation", `{"fail_groupings":1}`)
		var ids []string
		for range 3 {
			id := u.add(`{"creator":{"creator_open_id":"71"}}`)
			require.Zero(t, u.post(reviewPath(id), nil, approval).Code)
			ids = append(ids, id)
		}
		require.Equal(t, "AWAITING_SHIPMENT", u.status(ids[1]))
		time.Sleep(groupingTime)
		got := box.all()
		last := got[len(got)-1]["data"].(map[string]any)
		require.Equal(t, []any{ids[1], "PENDING"}, []any{last["application_id"], last["new_status"]})
		require.Equal(t, []string{"AWAITING_SHIPMENT", "PENDING", "AWAITING_SHIPMENT"}, []string{u.status(ids[0]), u.status(ids[1]), u.status(ids[2])})
		require.Zero(t, u.post(reviewPath(ids[1]), nil, approval).Code, "it can be approved again")
		time.Sleep(time.Hour)
		require.Equal(t, "AWAITING_SHIPMENT", u.status(ids[1]))
	})
}

func TestAProductThatIsSwitchedOffCancelsItsRequests(t *testing.T) {
	u := open(t, Options{})
	id, other := u.add(`{"product":{"id":"77"}}`), u.add(`{}`)
	u.order("/sim/products/77", `{"active":false}`)
	require.Equal(t, []string{"OPS_CANCELLED", "PENDING"}, []string{u.status(id), u.status(other)})
}

func TestRequestsThatCannotBeMeantAreRefusedWithWhatToDo(t *testing.T) {
	u := open(t, Options{})
	for _, body := range []string{
		`[]`, `{`, `{"creators":{}}`, `{"creator":{"user_name":"x"}}`, `{"approve_in":"7 days"}`, `{"approve_in":"-1h"}`,
		`{"commission_rate":"0.9"}`, `{"commission_rate":0.1}`, `{"available_quantity":-1}`, `{"id":"abc"}`, `{"status":"pending"}`,
		`{"creator":{"follower_count":""}}`, `{"creator":{"gmv":"500"}}`, `{"creator":{"ec_video_view":"many"}}`,
		`{"creator":{"fulfillment_percentage":60.85}}`, `{"target":"1"}`, `{"shop_id":"1"}`, `{"reject_reason":"NO"}`,
		`{"creator":{"nickname":"` + strings.Repeat("x", 2001) + `"}}`,
	} {
		status, got := u.control("/sim/applications", body)
		require.Equal(t, http.StatusBadRequest, status, body)
		require.NotEmpty(t, got["error"], body)
	}
	require.Empty(t, u.state()["applications"])
}

func TestDefaultsVaryAndRepeatThemselvesFromStartToStart(t *testing.T) {
	names := func() []string {
		c := New(Options{Seed: 600})
		defer func() { require.NoError(t, c.Close()) }()
		var got []string
		for _, a := range c.listing {
			got = append(got, a.creator.username+" "+a.product.title+" "+string(a.numbers.gmv)+string(a.numbers.followers))
			require.NoError(t, firstOf(a.numbers.followers.checkNumber("followers"), a.numbers.gmv.checkMoney("gmv"), a.numbers.fulfilment.checkPercent("percentage")))
		}
		return got
	}
	first := names()
	require.Equal(t, first, names())
	slices.Sort(first)
	require.Len(t, slices.Compact(first), 600)
}
