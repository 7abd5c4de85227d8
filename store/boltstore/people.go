package boltstore

import "sampledesk/workflow"

// Person is part of workflow.Tx.
func (t *transaction) Person(id workflow.PersonID) (workflow.Person, error) {
	return read[workflow.Person](t.bucket(peopleBucket), []byte(id), "person")
}

// PutPerson is part of workflow.Tx.
func (t *transaction) PutPerson(p workflow.Person) error {
	if err := t.may("a person", string(p.ID)); err != nil {
		return err
	}
	return write(t.bucket(peopleBucket), []byte(p.ID), kept(p))
}
