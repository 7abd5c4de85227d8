package bot

import (
	"time"

	"sampledesk/workflow"
)

// SyncState is how the last sweep of a shop went. Config.Sync tells it.
type SyncState struct {
	Shop  workflow.ShopID
	Began time.Time // of the last one; zero: there was none since the desk was opened
	Ended time.Time // of the last one that went through
	Err   error     // of the last one, nil if it went through
}

// syncs returns how each shop's last sweep went, as far as that is told.
func (d *Desk) syncs() map[workflow.ShopID]SyncState {
	all := map[workflow.ShopID]SyncState{}
	if d.config.Sync == nil {
		return all
	}
	for _, s := range d.config.Sync() {
		all[s.Shop] = s
	}
	return all
}
