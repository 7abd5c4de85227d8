package pgstore

import (
	"slices"

	"sampledesk/workflow"
)

// noteMost is how many applications a change names; of more it names the shops alone.
const noteMost = 200

// touch says that something of a shop was changed that other desks show; of none: something of anybody's.
func (t *transaction) touch(s workflow.ShopID) {
	t.touched[workflow.Key{Shop: workflow.ShopID(workflow.Nameable(string(s)))}] = true
}

// note has the commit write what it changed, under its token.
func (t *transaction) note(token string) {
	var shops, applications []string
	for k := range t.touched {
		if !slices.Contains(shops, string(k.Shop)) {
			shops = append(shops, string(k.Shop))
		}
		if k.ID != "" && len(applications) < noteMost {
			applications = append(applications, k.String())
		}
	}
	if shops == nil {
		shops = []string{}
	}
	if applications == nil {
		applications = []string{}
	}
	t.write("INSERT INTO changes (token, desk, shops, applications) VALUES ($1::uuid, $2, $3, $4)", token, t.store.self, shops, applications)
}
