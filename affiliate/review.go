package affiliate

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// RejectReason is one of the four reasons that the Affiliate Center knows.
type RejectReason string

// The reasons for a rejection.
const (
	ReasonNotMatch   RejectReason = "NOT_MATCH"    // the creator does not meet the requirements
	ReasonOffline    RejectReason = "OFFLINE"      // the product was taken offline
	ReasonOutOfStock RejectReason = "OUT_OF_STOCK" // the product is out of stock
	ReasonOther      RejectReason = "OTHER"
)

// Verdict is the outcome of a review, made by [Approve] or [Reject]. Its zero
// value is none, and is refused.
type Verdict struct {
	result string
	reason RejectReason
}

const (
	resultApprove = "APPROVE"
	resultReject  = "REJECT"
)

// Approve approves an application.
func Approve() Verdict { return Verdict{result: resultApprove} }

// Reject rejects an application, for one of the four reasons.
func Reject(reason RejectReason) Verdict { return Verdict{result: resultReject, reason: reason} }

// String is for logs: APPROVE, or REJECT and the reason.
func (v Verdict) String() string {
	if v.reason == "" {
		return v.result
	}
	return v.result + " " + string(v.reason)
}

// body checks the verdict and writes it as the vendor takes it.
func (v Verdict) body() ([]byte, error) {
	switch v.result {
	case resultApprove:
	case resultReject:
		switch v.reason {
		case ReasonNotMatch, ReasonOffline, ReasonOutOfStock, ReasonOther:
		default:
			return nil, fmt.Errorf("%w: no such reason for a rejection: %q", ErrInvalid, string(v.reason))
		}
	default:
		return nil, fmt.Errorf("%w: a verdict is made by Approve or Reject", ErrInvalid)
	}
	return json.Marshal(struct {
		Result string       `json:"review_result"`
		Reason RejectReason `json:"reject_reason,omitempty"`
	}{v.result, v.reason})
}

// Review sends a verdict; nil means that the Affiliate Center confirmed it. No
// call takes a verdict back. It is sent at most once: after an error for which
// [Unclear] is true, look the status up before sending it again. What a second
// approval answers is not documented.
//
// It waits for budget no more than a second, and not at all after [Shop.Ready]
// returned 0; without budget it returns a [*BudgetError] and sends nothing.
func (s *Shop) Review(ctx context.Context, application ApplicationID, verdict Verdict) error {
	if !isPathID(application) {
		return fmt.Errorf("reviewing application %q: %w: the id is not a decimal number", scrub(string(application)), ErrInvalid)
	}
	body, err := verdict.body()
	if err != nil {
		return fmt.Errorf("reviewing application %s: %w", application, err)
	}
	_, err = s.auth.write(ctx, s.budget, call{
		endpoint: EndpointReview, method: http.MethodPost, write: true,
		path:  "/affiliate_seller/202507/sample_applications/" + string(application) + "/review",
		query: url.Values{"shop_cipher": {string(s.cipher)}},
		body:  body,
	})
	if err != nil {
		return fmt.Errorf("reviewing application %s: %w", application, err)
	}
	return nil
}
