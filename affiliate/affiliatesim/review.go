package affiliatesim

import (
	"slices"
	"strings"
)

// verdict is the body of a review.
type verdict struct {
	ReviewResult string  `json:"review_result"`
	RejectReason *string `json:"reject_reason"`
}

// check refuses everything but an approval without a reason and a rejection with one
// of the four. Whether the vendor bears a reason with an approval is not documented.
func (v verdict) check() error {
	switch v.ReviewResult {
	case "APPROVE":
		if v.RejectReason != nil {
			return invalid("reject_reason does not go with APPROVE")
		}
	case "REJECT":
		if v.RejectReason == nil || !slices.Contains(reasons(), *v.RejectReason) {
			return invalid("reject_reason must be one of %s", strings.Join(reasons(), ", "))
		}
	default:
		return invalid("review_result must be APPROVE or REJECT, not %q", clip(v.ReviewResult, 40))
	}
	return nil
}

// review decides one application.
func (c *Center) review(k *call) (any, error) {
	v, err := decode[verdict](k.body)
	if err != nil {
		return nil, err
	}
	if err := v.check(); err != nil {
		return nil, err
	}
	a, err := c.application(k)
	if err != nil {
		return nil, err
	}
	if a.status != Pending {
		return nil, refuse(codeNotPending, "the sample application is not pending: it is %s", a.status)
	}
	if v.ReviewResult == "REJECT" {
		c.settle(a, k.now)
		c.reject(a, *v.RejectReason, k.now)
		return nil, nil
	}
	if found := a.obstacles(); len(found) > 0 {
		return nil, refuse(codeNotApprovable, "the sample application cannot be approved: %s", strings.Join(found, ", "))
	}
	c.settle(a, k.now)
	c.approve(a, 0, k.now)
	return nil, nil
}

// application finds the one that the path names, in the shop of the call.
func (c *Center) application(k *call) (*application, error) {
	if a, known := c.applications[k.id]; known && a.shop == k.shop {
		return a, nil
	}
	return nil, refuse(codeUnknownApplication, "this shop has no sample application %q", clip(k.id, 40))
}
