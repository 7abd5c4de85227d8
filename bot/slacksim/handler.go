package slacksim

import (
	"net/http"
	"net/url"
	"time"
)

func now() time.Time { return time.Now().UTC() }

// Handler serves the whole workspace: its page, the Web API under /api/, the links of Socket Mode under /link/, the addresses that it
// hands out itself under /response/, /upload/, /files/ and /archives/, and under /sim/ what people do and what tests want to know.
func (w *Workspace) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/{method}", w.api)
	mux.HandleFunc("POST /api/{method}", w.api)
	mux.HandleFunc("GET /link/{$}", w.hub.accept)
	mux.HandleFunc("POST /response/{key...}", w.respond)
	mux.HandleFunc("POST /upload/{id}", w.receive)
	mux.HandleFunc("GET /files/{id}", w.serveFile)
	mux.HandleFunc("GET /archives/{channel}/{message}", showArchived)
	mux.HandleFunc("POST /sim/act", w.act)
	mux.HandleFunc("GET /sim/state", w.state)
	mux.HandleFunc("GET /sim/calls", w.listCalls)
	mux.HandleFunc("POST /sim/faults", w.orderFault)
	mux.HandleFunc("GET /sim/faults", func(rw http.ResponseWriter, _ *http.Request) { answer(rw, http.StatusOK, w.faults.list()) })
	mux.HandleFunc("POST /sim/users/{id}", w.changeUser)
	mux.HandleFunc("POST /sim/usergroups/{id}", w.changeGroup)
	mux.HandleFunc("POST /sim/channels", w.addChannel)
	mux.HandleFunc("POST /sim/verify", w.verify)
	mux.HandleFunc("GET /sim/workspace", w.workspace)
	mux.HandleFunc("GET /sim/events", w.stream)
	mux.Handle("/", w.pageHandler())
	return mux
}

// showArchived leads a permalink to the page: the channel and the message stand behind the #.
func showArchived(rw http.ResponseWriter, r *http.Request) {
	http.Redirect(rw, r, "/#"+url.PathEscape(r.PathValue("channel"))+"/"+url.PathEscape(r.PathValue("message")), http.StatusFound)
}
