package boltstore

import "sampledesk/workflow"

// Authorisation is part of workflow.Tx.
func (t *transaction) Authorisation(openID string) (workflow.Authorisation, error) {
	return read[workflow.Authorisation](t.bucket(authorisationsBucket), []byte(openID), "authorisation")
}

// Authorisations is part of workflow.Tx.
func (t *transaction) Authorisations() ([]workflow.Authorisation, error) {
	return all[workflow.Authorisation](t.bucket(authorisationsBucket))
}

// PutAuthorisation is part of workflow.Tx.
func (t *transaction) PutAuthorisation(a workflow.Authorisation) error {
	if err := t.may("an authorisation", a.OpenID); err != nil {
		return err
	}
	return write(t.bucket(authorisationsBucket), []byte(a.OpenID), kept(a))
}

// appKey is never empty.
func appKey(name string) []byte { return []byte("=" + name) }

// App is part of workflow.Tx.
func (t *transaction) App(name string) (workflow.App, error) {
	return read[workflow.App](t.bucket(appsBucket), appKey(name), "app")
}

// Apps is part of workflow.Tx.
func (t *transaction) Apps() ([]workflow.App, error) { return all[workflow.App](t.bucket(appsBucket)) }

// PutApp is part of workflow.Tx.
func (t *transaction) PutApp(a workflow.App) error {
	if err := t.may("an app", string(appKey(a.Name))); err != nil {
		return err
	}
	return write(t.bucket(appsBucket), appKey(a.Name), kept(a))
}

// Shop is part of workflow.Tx.
func (t *transaction) Shop(id workflow.ShopID) (workflow.Shop, error) {
	return readBy(t.bucket(shopsBucket), []byte(id), "shop", t.recent.shops.decode)
}

// Shops is part of workflow.Tx.
func (t *transaction) Shops() ([]workflow.Shop, error) {
	return all[workflow.Shop](t.bucket(shopsBucket))
}

// PutShop is part of workflow.Tx.
func (t *transaction) PutShop(s workflow.Shop) error {
	if err := t.may("a shop", string(s.ID)); err != nil {
		return err
	}
	return write(t.bucket(shopsBucket), []byte(s.ID), kept(s))
}
