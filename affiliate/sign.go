package affiliate

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// Sign computes the vendor's signature of a request: the path, then every
// query parameter but sign and access_token as name and value in the order of
// their names, then the exact bytes of the body unless the content type is
// multipart/form-data; all of it between two copies of the app secret, as
// HMAC-SHA256 keyed with that secret, in lowercase hex.
//
// The path is the one that travels, without host and query. The vendor does
// not say what a repeated parameter means; its first value is taken, and this
// client never repeats one.
func Sign(path string, query url.Values, contentType string, body []byte, secret Secret) string {
	mac := hmac.New(sha256.New, []byte(secret))
	write := func(text string) { _, _ = io.WriteString(mac, text) } // a hash never fails
	write(string(secret))
	write(path)
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if name != "sign" && name != "access_token" {
			write(name)
			write(query.Get(name))
		}
	}
	if !isMultipart(contentType) {
		mac.Write(body)
	}
	write(string(secret))
	return hex.EncodeToString(mac.Sum(nil))
}

func isMultipart(contentType string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(media), "multipart/form-data")
}
