package slacksim

import "fmt"

func authMethods() []*method {
	return []*method{
		{name: "api.test", token: noToken, handle: (*Workspace).apiTest},
		{name: "auth.test", tier: tierSpecial, handle: (*Workspace).authTest},
		// The vendor's page puts it in tier 3; an SDK's table says tier 1, which would not let an app reconnect at all.
		{name: "apps.connections.open", tier: tier3, token: appToken, handle: (*Workspace).connectionsOpen},
		{name: "team.info", tier: tier3, scope: "team:read", handle: (*Workspace).teamInfo},
		{name: "blocks.validate", tier: tierSpecial, token: noToken, handle: (*Workspace).blocksValidate},
	}
}

func (w *Workspace) apiTest(c *call) (object, error) {
	if code := c.text("error"); code != "" {
		return nil, &failure{code: code, extra: object{"args": c.record()}}
	}
	return object{"args": c.record()}, nil
}

func (w *Workspace) authTest(c *call) (object, error) {
	return object{
		"url": c.base("http") + "/", "team": w.team.name, "user": w.app.name, "team_id": w.team.id, "user_id": w.app.user,
		"bot_id": w.app.botID, "app_id": w.app.id, "is_enterprise_install": false,
	}, nil
}

func (w *Workspace) teamInfo(c *call) (object, error) {
	return object{"team": object{
		"id": w.team.id, "name": w.team.name, "domain": w.team.domain, "email_domain": "", "icon": object{"image_default": true},
		"url": c.base("http") + "/",
	}}, nil
}

// connectionsOpen hands out the address of a link. It works only while the app is in Socket Mode.
func (w *Workspace) connectionsOpen(c *call) (object, error) {
	if w.options.HTTPURL != "" {
		// Slack's word for it is not known; no_permission is among those that end a client's attempts for good.
		return nil, refuse("no_permission")
	}
	ticket := w.hub.issue()
	return object{"url": fmt.Sprintf("%s/link/?ticket=%s&app_id=%s", c.base("ws"), ticket, w.app.id)}, nil
}

// base is the workspace's address as this client knows it.
func (c *call) base(scheme string) string {
	if c.secure {
		scheme += "s"
	}
	return scheme + "://" + c.host
}
