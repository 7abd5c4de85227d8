package affiliatesim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// sign is the signature that the vendor expects of a call: all query parameters but
// sign and access_token, sorted by name and written name after value, behind the
// path and before the exact bytes of the body (left out for multipart forms), the
// whole wrapped in the secret and run through HMAC-SHA256 with it, in lowercase hex.
func sign(path string, query url.Values, contentType string, body []byte, secret string) string {
	var text strings.Builder
	text.WriteString(secret)
	text.WriteString(path)
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if name == "sign" || name == "access_token" {
			continue
		}
		text.WriteString(name)
		text.WriteString(query.Get(name))
	}
	if !strings.HasPrefix(contentType, "multipart/form-data") {
		text.Write(body)
	}
	text.WriteString(secret)
	return mac(secret, text.String())
}

// signWebhook is the Authorization header of a webhook: HMAC-SHA256 of the app key
// followed by the raw body, with the app secret, in lowercase hex.
func signWebhook(key, secret string, body []byte) string {
	return mac(secret, key+string(body))
}

// mac is the HMAC-SHA256 of text in lowercase hex.
func mac(secret, text string) string {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil))
}
