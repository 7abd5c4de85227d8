package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

var people = []promise{
	{"A person is put in place of the one of the same id, and is found by no other", showPeople},
}

func person(id workflow.PersonID) workflow.Person {
	return workflow.Person{ID: id, Home: `{"sort":"newest"}`}
}

func personOf(id workflow.PersonID) func(workflow.Tx) (workflow.Person, error) {
	return func(tx workflow.Tx) (workflow.Person, error) { return tx.Person(id) }
}

func showPeople(t *testing.T, s workflow.Store) {
	one, other := person("U1"), person("U12")
	put(t, s, each([]workflow.Person{one, other}, workflow.Tx.PutPerson))
	one.Home = ""
	put(t, s, each([]workflow.Person{one}, workflow.Tx.PutPerson))
	require.Equal(t, one, get(t, s, personOf("U1")))
	require.Equal(t, other, get(t, s, personOf("U12")))
	for _, id := range []workflow.PersonID{"U", "U123", ""} {
		requireMissing(t, s, personOf(id))
	}
}
