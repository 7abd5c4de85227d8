package moving

import (
	"fmt"
	"math"

	"sampledesk/workflow"
)

// Put keeps a thing that a workflow.Holder handed out in another store, where it is not yet.
func Put(tx workflow.Tx, thing any) error {
	switch v := thing.(type) {
	case workflow.Authorisation:
		return tx.PutAuthorisation(v)
	case workflow.App:
		return tx.PutApp(v)
	case workflow.Shop:
		return tx.PutShop(v)
	case workflow.Templates:
		return tx.PutTemplates(v)
	case workflow.Rules:
		return tx.PutRules(v)
	case workflow.Listed:
		return tx.PutListed(v)
	case workflow.Cost:
		return tx.PutCost(v)
	case workflow.ShopTally:
		return tx.AddTally(v.Shop, v.Tally.Name, v.Tally.Count)
	case workflow.Campaign:
		return tx.PutCampaign(v)
	case workflow.Application:
		return tx.PutApplication(v)
	case workflow.Entry:
		return tx.Append(v)
	case workflow.Member:
		return tx.PutMember(v)
	case workflow.ShopProduct:
		return tx.PutProduct(v.Shop, v.Product)
	default:
		return putOther(tx, thing)
	}
}

func putOther(tx workflow.Tx, thing any) error {
	switch v := thing.(type) {
	case workflow.Conversation:
		return tx.PutConversation(v)
	case workflow.Run:
		return tx.PutRun(v)
	case workflow.Notice:
		return tx.PutNotice(v)
	case workflow.Person:
		return tx.PutPerson(v)
	case workflow.Delivery:
		_, err := tx.NoteDelivery(v.ID, v.Day, math.MaxInt)
		return err
	case workflow.Look:
		return tx.PutLook(v)
	case workflow.Mark:
		return tx.PutMark(v.Name, v.Text)
	case workflow.DeadLetter:
		if err := tx.Enqueue(v.Effect); err != nil {
			return err
		}
		return tx.Bury(v.Effect, v.At)
	case workflow.Effect:
		return tx.Enqueue(v)
	default:
		return fmt.Errorf("a %T cannot be moved", thing)
	}
}

// kindOf is what people call the kind of a thing, in the plural.
func kindOf(thing any) string {
	switch thing.(type) {
	case workflow.Application:
		return "requests"
	case workflow.Entry:
		return "history entries"
	case workflow.Listed:
		return "creators on lists"
	case workflow.ShopTally:
		return "tallies"
	case workflow.ShopProduct:
		return "products"
	case workflow.Rules:
		return "sets of rules"
	case workflow.Templates:
		return "sets of templates"
	case workflow.Person:
		return "people"
	case workflow.Delivery:
		return "deliveries seen"
	case workflow.DeadLetter:
		return "dead letters"
	case workflow.Effect:
		return "effects that wait"
	default:
		return pluralOf(thing)
	}
}

// pluralOf makes the plural of the name that a thing has in the code.
func pluralOf(thing any) string {
	name := fmt.Sprintf("%T", thing)
	return lowered(name[len("workflow."):]) + "s"
}

func lowered(name string) string { return string(name[0]|0x20) + name[1:] }
