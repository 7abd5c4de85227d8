package slacksim

import "regexp"

func viewMethods() []*method {
	return []*method{
		{name: "views.open", tier: tier4, handle: (*Workspace).viewsOpen},
		{name: "views.push", tier: tier4, handle: (*Workspace).viewsPush},
		{name: "views.update", tier: tier4, handle: (*Workspace).viewsUpdate},
		{name: "views.publish", tier: tier4, handle: (*Workspace).viewsPublish},
	}
}

var triggerShape = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9a-f]+$`)

// triggered finds the trigger of a call. A bad one outranks everything else that is wrong. The lock is held.
func (w *Workspace) triggered(c *call) (*trigger, error) {
	id := c.text("trigger_id")
	if id == "" {
		id = c.text("interactivity_pointer")
	}
	if id == "" {
		return nil, invalidArgument("trigger_id", "missing required field: trigger_id")
	}
	t, known := w.triggers.get(triggerID(id))
	switch {
	case !triggerShape.MatchString(id), !known:
		return nil, refuse("invalid_trigger_id")
	case t.used:
		return nil, refuse("exchanged_trigger_id")
	case t.expired():
		return nil, refuse("expired_trigger_id")
	}
	return t, nil
}

// viewArgument reads and checks the view of a call.
func (c *call) viewArgument(kinds ...string) (spec, error) {
	tree, given, err := c.tree("view")
	if err != nil || !given {
		return spec{}, invalidArgument("view", "missing required field: view")
	}
	return readView(tree, "/view", kinds...)
}

// viewsOpen opens a modal. A view that is refused does not use its trigger up: whether it does in Slack is not documented, and an app
// cannot tell, as it has three seconds either way.
func (w *Workspace) viewsOpen(c *call) (object, error) { return w.showModal(c, false) }

func (w *Workspace) viewsPush(c *call) (object, error) { return w.showModal(c, true) }

func (w *Workspace) showModal(c *call, push bool) (object, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t, err := w.triggered(c)
	if err != nil {
		return nil, err
	}
	s, err := c.viewArgument("modal")
	if err == nil {
		err = w.filesShown(s.pictures, "invalid_arguments")
	}
	if err != nil {
		return nil, err
	}
	var below []*view
	if push {
		if below = w.stack(t.root); len(below) == 0 {
			return nil, refuse("invalid_trigger_id") // it comes from no modal that is still open
		}
		if len(below) >= mostStack {
			return nil, refuse("push_limit_reached")
		}
	}
	v, err := w.newView(t.user, s)
	if err != nil {
		return nil, err
	}
	v.origin = t.channel
	w.startHere(v)
	if push {
		v.root, v.previous = t.root, below[len(below)-1].id
	}
	t.use(v.id)
	w.watch.changed()
	return object{"view": w.viewObject(v)}, nil
}

func (w *Workspace) viewsUpdate(c *call) (object, error) {
	s, err := c.viewArgument("modal", "home")
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	v, err := w.viewNamed(c)
	if err != nil {
		return nil, err
	}
	if v.kind != s.kind {
		return nil, invalidArgument("view/type", "must be %q: a view keeps its type", v.kind)
	}
	if err := staleHash(c, v); err != nil {
		return nil, err
	}
	if err := w.externalFree(s.externalID, v.id); err != nil {
		return nil, err
	}
	if err := w.filesShown(s.pictures, "invalid_arguments"); err != nil {
		return nil, err
	}
	v.wear(s)
	v.chosen = v.chosen.within(v.blocks)
	w.startHere(v)
	w.watch.changed()
	return object{"view": w.viewObject(v)}, nil
}

// viewNamed finds the view of a call by view_id or external_id. The lock is held.
func (w *Workspace) viewNamed(c *call) (*view, error) {
	id, external := c.text("view_id"), c.text("external_id")
	if id == "" && external == "" {
		return nil, invalidArgument("view_id", "missing required field: view_id")
	}
	if v := w.views[viewID(id)]; id != "" && v != nil && v.open {
		return v, nil
	}
	for _, v := range w.views {
		if id == "" && v.externalID == external && v.open {
			return v, nil
		}
	}
	return nil, refuse("not_found")
}

func staleHash(c *call, v *view) error {
	if h := c.text("hash"); h != "" && h != v.hash {
		return refuse("hash_conflict")
	}
	return nil
}

func (w *Workspace) viewsPublish(c *call) (object, error) {
	s, err := c.viewArgument("home")
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.person(userID(c.text("user_id")))
	switch {
	case c.text("user_id") == "":
		return nil, invalidArgument("user_id", "missing required field: user_id")
	case p == nil:
		return nil, refuse("user_not_found")
	case p.role == roleBot:
		return nil, refuse("not_enabled")
	}
	if err := w.filesShown(s.pictures, "invalid_arguments"); err != nil {
		return nil, err
	}
	v := w.views[w.homes[p.id]]
	if v != nil {
		if err := staleHash(c, v); err != nil {
			return nil, err
		}
		if err := w.externalFree(s.externalID, v.id); err != nil {
			return nil, err
		}
		v.wear(s)
		v.chosen = v.chosen.within(v.blocks)
	} else {
		if v, err = w.newView(p.id, s); err != nil {
			return nil, err
		}
		w.homes[p.id] = v.id
	}
	w.watch.changed()
	return object{"view": w.viewObject(v)}, nil
}
