package affiliatesim

import (
	"fmt"
	"net/http"
)

// pageHandler serves / and /web/.
func (c *Center) pageHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = fmt.Fprintln(w, "Stand-in Affiliate Center, listening on loopback. Nothing here reaches TikTok.")
	})
}
