package bridge

import (
	"errors"
	"time"

	"sampledesk/affiliate"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// snapshot turns a record of the vendor's into the workflow's type.
func snapshot(a affiliate.Application, app string) workflow.Snapshot {
	stock, shown := a.AvailableQuantity.Int()
	return workflow.Snapshot{
		Status:       workflow.Status(a.Status),
		ReviewBy:     a.ReviewBy,
		ShipBy:       a.ShipBy,
		OrderID:      string(a.OrderID),
		Tracking:     a.TrackingNumber,
		Fulfilment:   string(a.FulfillmentStatus),
		Approvable:   a.Approvable,
		Obstacles:    a.DisapprovableReasons,
		Stock:        stock,
		StockUnknown: !shown,
		Commission:   a.CommissionRate.String(),
		Partner:      a.PartnerName,
		Creator: workflow.Creator{
			OpenID:      string(a.Creator.ID),
			App:         app,
			Username:    a.Creator.Username,
			Nickname:    a.Creator.Nickname,
			Avatar:      a.Creator.AvatarURL,
			Followers:   optionalNumber(a.Creator.Followers),
			Posts:       optionalNumber(a.Creator.Posts),
			MedianViews: optionalNumber(a.Creator.MedianViews),
			Fulfilment:  optionalNumber(a.Creator.FulfillmentPercentage),
			GMV:         workflow.Money{Amount: a.Creator.GMV.Amount.String(), Currency: a.Creator.GMV.Currency},
		},
		Product: workflow.Product{
			ID:      workflow.ProductID(a.Product.ID),
			Title:   a.Product.Title,
			SKU:     string(a.Product.SKUID),
			Variant: a.Product.SKUName,
			Picture: a.Product.SKUImageURL,
		},
	}
}

// optionalNumber keeps "not shared" apart from zero.
func optionalNumber(n affiliate.Number) workflow.OptionalNumber {
	value, shared := n.Float()
	return workflow.OptionalNumber{Value: value, Shared: shared}
}

func observation(a affiliate.Application, app string, began, at time.Time, first bool) engine.Observation {
	return engine.Observation{
		ID:       workflow.ApplicationID(a.ID),
		Reported: workflow.Reported{At: at, Began: began, Snapshot: snapshot(a, app), First: first},
	}
}

// verdict turns a decision into the vendor's type.
func verdict(r workflow.Review) affiliate.Verdict {
	if r.Verdict == workflow.Approve {
		return affiliate.Approve()
	}
	return affiliate.Reject(affiliate.RejectReason(r.Reason))
}

// failureOf keeps of an error what people and the vendor's support need. It leaves out what differs from call to call,
// such as ports and paths, so that the same fault gives the same failure.
func failureOf(err error) workflow.Failure {
	if e, ok := errors.AsType[*affiliate.TransportError](err); ok {
		if e.Sent {
			return workflow.Failure{Message: "TikTok did not answer"}
		}
		return workflow.Failure{Message: "TikTok cannot be reached"}
	}
	if e, ok := errors.AsType[*affiliate.Error](err); ok {
		if e.Code == 0 {
			return workflow.Failure{Message: "TikTok had an internal error", RequestID: e.RequestID}
		}
		c := workflow.Failure{Code: e.Code, Message: e.Message, RequestID: e.RequestID, Fault: fault(e)}
		if e.Kind().Stops() == affiliate.StopsCall {
			c.Call = string(e.Endpoint)
		}
		return c
	}
	if errors.Is(err, affiliate.ErrNotConnected) {
		return workflow.Failure{Fault: workflow.FaultReconnect, Message: "the shop is not connected"}
	}
	if errors.Is(err, affiliate.ErrUnreadable) {
		return workflow.Failure{Fault: workflow.FaultKey, Message: wrongKey}
	}
	return workflow.Failure{Message: err.Error()}
}

// faults are the workflow's names for the client's kinds of errors.
var faults = map[affiliate.Kind]workflow.Fault{
	affiliate.NeedsReconnect:    workflow.FaultReconnect,
	affiliate.TokenExpired:      workflow.FaultExpired,
	affiliate.AppKeyWrong:       workflow.FaultAppKey,
	affiliate.SignatureInvalid:  workflow.FaultSecret,
	affiliate.ClockWrong:        workflow.FaultClock,
	affiliate.ShopUnknown:       workflow.FaultShop,
	affiliate.ScopeMissing:      workflow.FaultScope,
	affiliate.VersionRetired:    workflow.FaultVersion,
	affiliate.CallUnknown:       workflow.FaultNoCall,
	affiliate.CallFaulty:        workflow.FaultBug,
	affiliate.AddressNotAllowed: workflow.FaultAddress,
	affiliate.RateLimited:       workflow.FaultBusy,
	affiliate.Retryable:         workflow.FaultTikTok,
	affiliate.QuotaExhausted:    workflow.FaultQuota,
}

func fault(e *affiliate.Error) workflow.Fault {
	switch {
	case errors.Is(e, affiliate.ErrAgencyRequest):
		return workflow.FaultAgency
	case errors.Is(e, affiliate.ErrOtherRegion):
		return workflow.FaultRegion
	case errors.Is(e, affiliate.ErrDailyQuota):
		return workflow.FaultDay
	default:
		return faults[e.Kind()]
	}
}
