package workflow

import "time"

// A step that leads elsewhere than the table says fails every test that makes it.
func init() { onFault = func(err error) { panic(err) } }

// Wayward returns an event that leaves a shipped sample where it is, while the table says that it is completed. Until
// undo is called no test fails by it.
func Wayward(at time.Time) (e Event, undo func()) {
	before := onFault
	onFault = nil
	return wayward{ContentFound{At: at}}, func() { onFault = before }
}

// wayward is a find of content that the application forgets.
type wayward struct{ ContentFound }

func (e wayward) apply(a Application) (Next, error) { return changed(a, e.At, Routine), nil }
