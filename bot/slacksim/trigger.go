package slacksim

import "time"

// triggerTime is how long a trigger can open a modal, counted from the interaction.
const triggerTime = 3 * time.Second

// trigger lets an app open one modal for the person who did something.
type trigger struct {
	id      triggerID
	user    userID
	channel channelID // where they did it
	root    viewID    // of the modals that they did it in
	born    time.Time
	used    bool
	opened  chan viewID
}

// newTrigger makes a trigger. The lock is held.
func (w *Workspace) newTrigger(u userID, c channelID, root viewID) *trigger {
	t := &trigger{
		id: triggerID(digits(13) + "." + digits(12) + "." + token(32)), user: u, channel: c, root: root, born: time.Now(), opened: make(chan viewID, 1),
	}
	w.triggers.put(t.id, t)
	return t
}

func (t *trigger) expired() bool { return time.Since(t.born) > triggerTime }

// use marks the trigger as used up by a view. The workspace's lock is held.
func (t *trigger) use(v viewID) {
	t.used = true
	t.opened <- v // it is used once, and there is room for one
}
