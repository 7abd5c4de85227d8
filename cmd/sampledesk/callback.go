package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"sampledesk/affiliate/bridge"
	"sampledesk/workflow"
)

// callback takes what TikTok's consent page sends a seller's browser back with, and shows them what came of it.
//
// # What it defends against
//
// Anybody can open this address. What the address says is believed only as far as bridge.Consented tells: a state that was
// given out here, or a consent whose shops rest. The page shows names that TikTok told of the seller's own shops, never a
// code, a state or a token; what comes from the address is shown as text; there is no script, no frame, and no link that an
// address could choose, so it leads nowhere. The code stays in the browser's history, where it is worth nothing: it was
// used up. What is left: who reads the proxy's log of addresses while a code is on its way could try it first; then the
// consent fails here and is seen to.
type callback struct {
	tiktok *bridge.Bridge
	admins []workflow.PersonID // of the desk
	log    *slog.Logger
}

// register puts the addresses on the desk's server.
func (c callback) register(s *server) {
	s.handle("GET "+pathCallback, 0, c.answer)
	s.handle("GET "+pathCallback+"/{app}", 0, c.answer)
}

// callbackWithin bounds what TikTok is asked while a browser waits.
const callbackWithin = 12 * time.Second

func (c callback) answer(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), callbackWithin)
	defer cancel()
	back := bridge.ReturnOf(r.URL.Query())
	back.App = r.PathValue("app")
	awaited := c.tiktok.Awaited(back.State)
	connection, err := c.tiktok.Consented(ctx, back)
	said, refused := errors.AsType[bridge.ConsentError](err)
	switch {
	case refused:
		c.show(w, http.StatusBadRequest, callbackPage{Title: "Not connected", Lines: []string{said.Says}})
		return
	case err != nil:
		c.log.ErrorContext(ctx, "could not take a consent", "app", connection.App, "error", err)
		c.show(w, http.StatusBadGateway, callbackPage{Title: "Not connected", Lines: []string{
			"The desk could not finish this. Its log tells why. Wait a minute, then ask for a new link and try again.",
		}})
		return
	}
	c.log.InfoContext(ctx, "consent taken", "app", connection.App, "asked", connection.Asked, "person", connection.By,
		"shops", len(connection.GoOn)+len(connection.Offered))
	page, err := c.next(ctx, connection, awaited)
	if err != nil {
		c.log.ErrorContext(ctx, "could not go on after a consent", "app", connection.App, "error", err)
		page.Lines = append(page.Lines, "The desk could not go on with it: an admin finds it in Slack, or with sampledesk shop list.")
	}
	c.show(w, http.StatusOK, page)
}

// next does what follows from a consent, and says it: the one shop of somebody who asked is connected, several are for
// them to choose, and those that nobody asked for are for an admin to confirm.
func (c callback) next(ctx context.Context, n bridge.Connection, awaited bool) (page callbackPage, err error) {
	page.Title = "Connected"
	if until := n.Authorisation.Ends; !until.IsZero() {
		page.Until = until.UTC().Format("2 January 2006")
	}
	for _, s := range n.GoOn {
		page.Shops = append(page.Shops, titled(s.Name, s.Region))
	}
	if len(n.Offered) == 0 {
		page.Lines = []string{"The authorization is renewed. There is nothing else to do."}
		if len(n.GoOn) == 0 {
			page.Title, page.Lines = "No shop", []string{"This account has no shop that could be connected."}
		}
		return page, nil
	}
	if n.Asked && n.By != "" && len(n.Offered) == 1 && len(n.GoOn) == 0 {
		choice := bridge.Choice{Authorisation: n.Authorisation.OpenID, Shops: []workflow.ShopID{n.Offered[0].ID}, By: workflow.Actor{Person: n.By, Admin: true, Surface: workflow.FromConsent}}
		if !slices.Contains(c.admins, n.By) {
			choice.Admins = []workflow.PersonID{n.By} // of another team's shop
		}
		if _, err := c.tiktok.Accept(ctx, choice); err == nil {
			page.Shops = append(page.Shops, titled(n.Offered[0].Name, n.Offered[0].Region))
			page.Lines = []string{"The first requests appear in Slack within a minute or two. The desk sent you a message there."}
			return page, c.tiktok.TellConsent(ctx, n)
		}
	}
	page.Title = "Almost done"
	for _, s := range n.Offered {
		page.Shops = append(page.Shops, titled(s.Name, s.Region))
	}
	switch {
	case awaited:
		page.Lines = []string{"Go back to the command line: it goes on there."}
		return page, nil
	case n.Asked && n.By == "":
		page.Lines = []string{"Choose which to connect on the command line: sampledesk shop connect --shop followed by the id that sampledesk shop list shows."}
		return page, nil
	case n.Asked:
		page.Lines = []string{"Go back to Slack: the desk sent you a message, in which you choose what to connect."}
	default:
		page.Lines = []string{"The desk did not ask for this, so an admin of the desk has to confirm it in Slack. Until then nothing of the shop is read."}
	}
	return page, c.tiktok.TellConsent(ctx, n)
}

// titled is a shop as the page names it.
func titled(name, region string) string {
	if region == "" {
		return name
	}
	return fmt.Sprintf("%s (%s)", name, region)
}

// callbackPage fills the page.
type callbackPage struct {
	Title string
	Shops []string
	Until string
	Lines []string
	Style template.CSS
}

const callbackStyle = `:root{color-scheme:light dark;font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
body{margin:0;background:light-dark(#f5f6f4,#14181a);color:light-dark(#1b2324,#e8eceb)}
main{box-sizing:border-box;width:min(560px,100% - 32px);margin:10vh auto;padding:24px;border:1px solid light-dark(#dfe3df,#313a3f);border-radius:12px;background:light-dark(#fff,#1c2225);overflow-wrap:anywhere}
h1{margin:0 0 12px;font-size:1.3rem}p,ul{margin:8px 0}small{color:light-dark(#5c6866,#9fadac)}`

var callbackTemplate = template.Must(template.New("callback").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>{{.Title}} · Sample Desk</title><style>{{.Style}}</style></head>
<body><main><h1>{{.Title}}</h1>
{{- with .Shops}}<ul>{{range .}}<li>{{.}}</li>{{end}}</ul>{{end}}
{{- range .Lines}}<p>{{.}}</p>{{end}}
{{- with .Until}}<p>TikTok's authorization lasts until {{.}}. The desk reminds its admins before.</p>{{end}}
<small>Sample Desk. You can close this page.</small></main></body></html>
`))

// callbackPolicy lets the page use its own style, and nothing else.
var callbackPolicy = func() string {
	sum := sha256.Sum256([]byte(callbackStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}()

func (c callback) show(w http.ResponseWriter, status int, p callbackPage) {
	p.Style = callbackStyle
	var out bytes.Buffer
	if err := callbackTemplate.Execute(&out, p); err != nil {
		c.log.Error("could not write the callback's page", "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", callbackPolicy)
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
}
