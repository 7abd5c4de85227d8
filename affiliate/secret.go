package affiliate

import (
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
)

// redacted stands wherever a secret would have been shown.
const redacted = "***"

// Secret is a text that must not be seen: an app secret, a token, an
// authorisation code. It redacts itself in fmt, slog and JSON. Whoever needs
// the text itself, such as a vault that stores it, converts with string(s);
// decoding JSON into a Secret keeps the text.
type Secret string

// Format writes the redacted form for every verb. It is implemented in place
// of String because an unsuitable verb, such as %d, would bypass that.
func (s Secret) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, s.redact())
}

// LogValue redacts the secret in structured logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.redact()) }

// MarshalText redacts the secret in JSON and in every other text encoding.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.redact()), nil }

// redact distinguishes an unset secret from a set one, as operators need to know that
// much.
func (s Secret) redact() string {
	if s == "" {
		return ""
	}
	return redacted
}

// scrub takes the given secrets out of a text that a peer or a library wrote,
// makes it one line of valid UTF-8 and cuts it to a length fit for logs.
func scrub(text string, secrets ...Secret) string {
	const longest = 300
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, string(secret), redacted)
			text = strings.ReplaceAll(text, url.QueryEscape(string(secret)), redacted)
		}
	}
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "\uFFFD"), isBreaking), " ")
	if points := []rune(text); len(points) > longest {
		return string(points[:longest]) + "…"
	}
	return text
}

// isBreaking is true of characters that could break a log line or a terminal.
func isBreaking(r rune) bool {
	return r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) || r == '\u2028' || r == '\u2029'
}
