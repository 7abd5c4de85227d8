package query

import "sampledesk/workflow"

// Record is what a creator had from the shops of this desk. Requests that were lost through our own fault, TikTok's or
// nobody's are apart, in Lost: they are never counted against the creator.
type Record struct {
	Asked    int // requests that count
	Approved int // of these, those that the team approved
	Received int // of these, those whose sample arrived
	Posted   int // of these, those that led to content
	Pieces   int // of content

	Lost   int                    // requests that ended through no doing of the creator's
	Losses map[workflow.Stage]int // the same by how they ended

	Sold workflow.OptionalNumber // paid orders of what the creator posted, as far as TikTok tells
}

// maxRecorded is how many of a creator's requests a record counts: what they did lately says more than what was years ago,
// and a card must not cost the reading of thousands.
const maxRecorded = 200

// CreatorRecord counts a creator's latest applications, maxRecorded at the most. One can be left out: the one beside
// which the record is shown. The zero Key leaves out none.
func CreatorRecord(tx workflow.Tx, creator workflow.CreatorKey, except workflow.Key) (Record, error) {
	all, err := tx.Latest(workflow.CreatorOf(creator), maxRecorded)
	if err != nil {
		return Record{}, err
	}
	return recordOf(all, except), nil
}

func recordOf(all []workflow.Application, except workflow.Key) (r Record) {
	for _, a := range all {
		if a.Key != except {
			r.add(a)
		}
	}
	return r
}

func (r *Record) add(a workflow.Application) {
	state := a.State()
	if state == workflow.Unseen {
		return
	}
	r.Pieces += len(a.Contents)
	for _, c := range a.Contents {
		if c.Orders.Known() {
			r.Sold = workflow.OptionalNumber{Value: r.Sold.Value + c.Orders.Value, Shared: true}
		}
	}
	if e, ended := workflow.EndingOf(state); ended && e.Party != workflow.PartyCreator {
		if r.Losses == nil {
			r.Losses = map[workflow.Stage]int{}
		}
		r.Lost++
		r.Losses[a.Stage()]++
		return
	}
	r.Asked++
	switch state {
	case workflow.Completed:
		r.Approved, r.Received, r.Posted = r.Approved+1, r.Received+1, r.Posted+1
	case workflow.Delivered, workflow.ContentNotPosted:
		r.Approved, r.Received = r.Approved+1, r.Received+1
	case workflow.AwaitingShipment, workflow.Shipped:
		r.Approved++
	default: // the others are open, or ended without us
	}
}

// Known reports whether there is anything to tell.
func (r Record) Known() bool { return r.Asked+r.Lost > 0 }
