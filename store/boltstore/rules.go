package boltstore

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"reflect"
	"slices"
	"sync"
	"time"

	"sampledesk/workflow"
)

// rules tells apart by which rules applications are listed and counted: workflow.Application.Places, tried on one
// application of each sort, what Facts adds up to, which figuresMade numbers, and how the outbox, standings and waiting conversations are kept, and which buckets there are. A file whose
// listings were kept by other rules is listed again when it is opened, so a change to Places, or a new listing, needs nothing
// more. It is the same for as long as the program runs, and takes a while to find out.
var rules = sync.OnceValue(func() string {
	sum := sha256.New()
	_, _ = fmt.Fprintf(sum, "figures %d\noutbox %d\nstandings %d\n", figuresMade, outboxMade, standingsMade)
	_, _ = fmt.Fprintf(sum, "buckets %q\n", buckets)
	var c workflow.Conversation
	fill(reflect.ValueOf(&c).Elem(), "conversation", true)
	_, _ = fmt.Fprintf(sum, "waiting %q\n", c.WaitingSort())
	for _, a := range probes() {
		for _, p := range a.Places() {
			_, _ = fmt.Fprintf(sum, "%q %q %t\n", p.Listing, p.Sort, p.Listing.Long())
		}
		_, _ = io.WriteString(sum, "\n")
	}
	return hex.EncodeToString(sum.Sum(nil))
})

// probes returns an application of each status and each phase of a decision: with nothing but that, and with a value in
// every field there is and every flag set, or none, so that a rule that looks at another one tells; and with a proposal that
// is over no cap.
func probes() []workflow.Application {
	statuses := slices.Concat(workflow.LiveStatuses, []workflow.Status{workflow.StatusCompleted, workflow.StatusRejectCancelled, "another"})
	for _, e := range workflow.Endings {
		statuses = append(statuses, e.Statuses...)
	}
	phases := []workflow.Phase{
		workflow.Undecided, workflow.DecisionQueued, workflow.DecisionSending, workflow.DecisionUnclear, workflow.DecisionRefused,
		workflow.DecisionConfirmed,
	}
	var list []workflow.Application
	for _, status := range statuses {
		for _, phase := range phases {
			var bare, all, none workflow.Application
			fill(reflect.ValueOf(&all).Elem(), "application", true)
			fill(reflect.ValueOf(&none).Elem(), "application", false)
			bare.Key, none.ContentAt = all.Key, time.Time{}
			suggested, within := none, *none.Proposal
			within.Over = nil
			suggested.Proposal = &within
			for _, a := range []workflow.Application{bare, all, none, suggested} {
				a.Snapshot.Status, a.Decision.Phase = status, phase
				list = append(list, a)
			}
		}
	}
	return list
}

// fill gives a value to every field, text and time by where it is, and to every flag the one given.
func fill(v reflect.Value, where string, flag bool) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(where)
	case reflect.Bool:
		v.SetBool(flag)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(len(where)))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), where, flag)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), where, flag)
	case reflect.Struct:
		if v.Type() == timeType {
			v.Set(reflect.ValueOf(time.Unix(int64(len(where))<<16, 0).UTC()))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i), where+"."+v.Type().Field(i).Name, flag)
		}
	default: // applications have no others
	}
}
