package slacksim

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
)

// webFiles are the page and everything that it loads: nothing else is ever served from here, and nothing is fetched from elsewhere.
//
//go:embed web
var webFiles embed.FS

// pageStyles are the page's style sheets in the order that they are to be read.
var pageStyles = []string{"css/theme.css", "css/layout.css", "css/messages.css", "css/blocks.css", "css/dialogs.css"}

// pageTypes are the kinds of file in the folder. The machine's own table of types is not asked: it differs from one to the next.
var pageTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

// pagePolicy lets the page run its own scripts, speak to its own server and show the pictures of messages, and nothing beyond. Trusted
// types make the browser itself refuse to turn text into markup, whatever a script tries.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' http: https:; " +
	"base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// policyFor is the page's policy with those who may show it in a frame: nobody, unless somebody is named. What is no single source is
// passed over, so that a name can never loosen another rule.
func policyFor(framedBy []string) string {
	named := slices.DeleteFunc(slices.Clone(framedBy), func(source string) bool { return source == "" || strings.ContainsAny(source, " \t\r\n;,") })
	if len(named) == 0 {
		named = []string{"'none'"}
	}
	return pagePolicy + "; frame-ancestors " + strings.Join(named, " ")
}

// pageHandler serves the workspace's page at `/` and what it loads under `/web/`. What it shows comes from
// /sim/workspace, /sim/state and /sim/events, what people do there goes to /sim/act.
func (w *Workspace) pageHandler() http.Handler {
	page := template.Must(template.ParseFS(webFiles, "web/index.html"))
	policy := policyFor(w.options.FramedBy)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(rw http.ResponseWriter, _ *http.Request) { w.servePage(rw, page) })
	mux.HandleFunc("GET /web/{file...}", serveWebFile)
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		protectPage(rw.Header(), policy)
		mux.ServeHTTP(rw, r)
	})
}

// protectPage sets what every answer carries. Nothing is cached, so that a newer build is never seen through an older page.
func protectPage(h http.Header, policy string) {
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", policy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
}

func (w *Workspace) servePage(rw http.ResponseWriter, page *template.Template) {
	var b bytes.Buffer
	if err := page.Execute(&b, map[string]any{"Title": w.team.name, "Styles": pageStyles}); err != nil {
		w.log.Error("could not write the page", "error", fmt.Errorf("filling in the page: %w", err))
		http.Error(rw, "could not write the page", http.StatusInternalServerError)
		return
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = rw.Write(b.Bytes()) // a browser that went away has no use for an error
}

// serveWebFile serves one file of the folder. Folders and the page's own template have no address there.
func serveWebFile(rw http.ResponseWriter, r *http.Request) {
	file := r.PathValue("file")
	kind, known := pageTypes[path.Ext(file)]
	if !known || strings.Contains(file, `\`) {
		http.NotFound(rw, r)
		return
	}
	content, err := fs.ReadFile(webFiles, path.Join("web", path.Clean("/"+file)))
	if err != nil {
		http.NotFound(rw, r)
		return
	}
	rw.Header().Set("Content-Type", kind)
	_, _ = rw.Write(content)
}
