// Package boltstore keeps a desk in one file, for one process at a time, on go.etcd.io/bbolt.
//
// bbolt has one writer at a time and any number of readers, each on the snapshot of the moment in which it began, so
// updates are serial by nature. A commit is written and synced before Update returns; updates that wait for one another
// share one.
//
// Where to look: keys.go names every bucket and the layout of every key; record.go and packed.go tell how values are kept; batch.go
// lets updates commit together; effectindex.go finds the effects; schema.go brings older files up to date; open.go holds what can go wrong on the way in.
// The other files are one per topic of workflow.Tx.
package boltstore
