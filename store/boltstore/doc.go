// Package boltstore keeps a desk in one file, for one process at a time, on go.etcd.io/bbolt.
//
// bbolt has one writer at a time and any number of readers, each on the snapshot of the moment in which it began, so
// updates are serial by nature. A commit is written and synced before Update returns; updates that wait for one another
// share one.
//
// Where to look: keys.go names every bucket and the layout of every key; record.go and packed.go tell how values are kept; batch.go
// lets updates commit together; effectindex.go finds the effects; schema.go brings older files up to date; open.go holds what can go wrong on the way in.
// The other files are one per topic of workflow.Tx.
//
// # What it defends against
//
// Other users of the machine: the file, what is made of it while it is rebuilt, and what is kept of it before that have the
// mode 0600, and a folder that is made for it 0700; one that is there keeps its mode, and sampledesk check tells of a file that
// others can read. A second process: the file is locked, and who comes second is told so. Crashes and full disks: a commit is on
// disk before anybody is told, and a damaged file is refused in a sentence, not written to. What is left: names and messages
// are in it as they are, so whoever reads the file reads them; TikTok's tokens alone are sealed, before they come here.
package boltstore
