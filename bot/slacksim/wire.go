package slacksim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"strings"
)

// object is a JSON object, for what is built or judged field by field.
type object = map[string]any

// Bounds on what is read from a peer. Slack's own are not published; these are well above anything a client has a use for.
const (
	mostRequest = 4 << 20
	mostUpload  = 4 << 20
)

var errTooLarge = errors.New("the body is too large")

// readBody reads a request's body up to a bound.
func readBody(r io.Reader, most int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, fmt.Errorf("reading the body: %w", err)
	}
	if int64(len(b)) > most {
		return nil, errTooLarge
	}
	return b, nil
}

// decode reads exactly one JSON value and keeps its numbers as they were written.
func decode(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("decoding JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("decoding JSON: there is more after the value")
	}
	return nil
}

// decodeKnown is decode for an object whose every field is known.
func decodeKnown(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("decoding JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("decoding JSON: there is more after the value")
	}
	return nil
}

// encode writes a value that is known to be encodable, without escaping < > & for HTML.
func encode(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		// Every value comes from decoded JSON or from this package: an error is a fault of this package, not of a peer.
		return json.RawMessage(`{"ok":false,"error":"internal_error"}`)
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// answer writes a JSON answer.
func answer(rw http.ResponseWriter, status int, v any) {
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	rw.Header().Set("Cache-Control", "no-store")
	rw.WriteHeader(status)
	_, _ = rw.Write(encode(v)) // a peer that went away has no use for an error
}

// failure is a refusal in Slack's own words. messages are the lines of response_metadata, extra further fields of the answer.
type failure struct {
	code     string
	messages []string
	extra    object
}

func (f *failure) Error() string {
	if len(f.messages) == 0 {
		return f.code
	}
	return f.code + ": " + strings.Join(f.messages, "; ")
}

// fields is the answer that carries the refusal.
func (f *failure) fields() object {
	o := object{"ok": false, "error": f.code}
	if len(f.messages) > 0 {
		o["response_metadata"] = object{"messages": f.messages}
	}
	maps.Copy(o, f.extra)
	return o
}

func refuse(code string) error { return &failure{code: code} }

// invalidArgument refuses one argument with Slack's pointer to it.
func invalidArgument(argument, format string, a ...any) error {
	return &failure{code: "invalid_arguments", messages: []string{fmt.Sprintf("[ERROR] %s [json-pointer:/%s]", fmt.Sprintf(format, a...), argument)}}
}

var mention = regexp.MustCompile(`<(@|#|!)([^<>|]+)(?:\|([^<>]*))?>`)

// richText is the layout that Slack makes of what a person types: text, mentions of people, of user groups, of channels and of everybody.
func richText(text string) []object {
	parts := []object{}
	add := func(s string) {
		if s != "" {
			parts = append(parts, object{"type": "text", "text": s})
		}
	}
	rest := text
	for _, at := range mention.FindAllStringSubmatchIndex(text, -1) {
		add(text[len(text)-len(rest) : at[0]])
		kind, id := text[at[2]:at[3]], text[at[4]:at[5]]
		team, isTeam := strings.CutPrefix(id, "subteam^")
		switch {
		case kind == "@":
			parts = append(parts, object{"type": "user", "user_id": id})
		case kind == "#":
			parts = append(parts, object{"type": "channel", "channel_id": id})
		case isTeam:
			parts = append(parts, object{"type": "usergroup", "usergroup_id": team})
		default:
			parts = append(parts, object{"type": "broadcast", "range": id})
		}
		rest = text[at[1]:]
	}
	add(rest)
	return []object{{"type": "rich_text", "block_id": "said", "elements": []object{{"type": "rich_text_section", "elements": parts}}}}
}
