package affiliatesim

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"net"
	"net/http"
	"slices"
	"strings"
)

//go:embed web
var webFiles embed.FS

// pagePolicy lets the page run its own scripts, load its own pictures and talk to its
// own server, and nothing else.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'"

// policyFor is the page's policy with those who may show it in a frame: nobody, unless
// somebody is named. What is no single source is passed over, so that a name can never
// loosen another rule.
func policyFor(framedBy []string) string {
	named := slices.DeleteFunc(slices.Clone(framedBy), func(source string) bool {
		return source == "" || strings.ContainsAny(source, " \t\r\n;,")
	})
	if len(named) == 0 {
		named = []string{"'none'"}
	}
	return pagePolicy + "; frame-ancestors " + strings.Join(named, " ")
}

// pageData fills the page's template.
type pageData struct {
	// Loopback tells that the page came over loopback; Listening is the address otherwise.
	Loopback  bool
	Listening string
	Links     []Link
}

// pageHandler serves / and /web/. The template and the files are part of the binary,
// so that a fault in them would show in every test.
func (c *Center) pageHandler() http.Handler {
	page := template.Must(template.ParseFS(webFiles, "web/index.html"))
	web, err := fs.Sub(webFiles, "web")
	if err != nil {
		panic(err) // the folder is embedded: this cannot be reached
	}
	policy := policyFor(c.options.FramedBy)
	files := http.StripPrefix("/web/", http.FileServerFS(web))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cache-Control", "no-store")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			header.Set("Allow", "GET, HEAD")
			http.Error(w, "the page is read with GET", http.StatusMethodNotAllowed)
			return
		}
		if r.URL.Path != "/" {
			files.ServeHTTP(w, r)
			return
		}
		var out bytes.Buffer
		if err := page.Execute(&out, c.pageData(r)); err != nil {
			c.logger.Error("could not write the page", "error", err)
			http.Error(w, "could not write the page", http.StatusInternalServerError)
			return
		}
		header.Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(out.Bytes())
	})
}

// pageData tells where this request arrived. An address that is not one of a network,
// as in memory, is nobody else's either.
func (c *Center) pageData(r *http.Request) pageData {
	data := pageData{Loopback: true, Links: c.options.Links}
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); ok {
		data.Loopback, data.Listening = local.IP.IsLoopback(), local.String()
	}
	return data
}
