package slacksim

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// arguments are what a call of the Web API was given, as a form or as JSON, in one shape.
type arguments map[string]any

// structured are the arguments that hold JSON: a form carries them as text.
var structured = map[string]bool{"blocks": true, "attachments": true, "metadata": true, "view": true, "files": true, "users": false}

var errBadForm = errors.New("the body is no form")

// readArguments takes the query, and a body that is a form or JSON. The second result is the token that a form carried: one in the
// address is never accepted, since addresses end up in logs, and one in JSON neither, as its place is the header.
func readArguments(r *http.Request) (arguments, string, error) {
	a := arguments{}
	a.take(r.URL.Query())
	delete(a, "token")
	body, err := readBody(r.Body, mostRequest)
	if err != nil || len(body) == 0 {
		return a, "", err
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return a, "", refuse("invalid_post_type")
	}
	if kind == "application/json" {
		return a, "", a.takeJSON(body)
	}
	values, err := formValues(r, kind, body)
	if err != nil {
		return a, "", err
	}
	secret := values.Get("token")
	values.Del("token")
	a.take(values)
	return a, secret, nil
}

func (a arguments) takeJSON(body []byte) error {
	var o object
	if err := decode(body, &o); err != nil {
		return refuse("invalid_json")
	}
	if o == nil {
		return refuse("json_not_object")
	}
	delete(o, "token")
	maps.Copy(a, o)
	return nil
}

func formValues(r *http.Request, kind string, body []byte) (values url.Values, err error) {
	switch kind {
	case "application/x-www-form-urlencoded":
		values, err = url.ParseQuery(string(body))
	case "multipart/form-data":
		values, err = multipartValues(r, body)
	default:
		return nil, refuse("invalid_post_type")
	}
	if err != nil {
		return nil, refuse("invalid_form_data")
	}
	return values, nil
}

// multipartValues reads the plain fields of a multipart form; files are no arguments of the methods here.
func multipartValues(r *http.Request, body []byte) (url.Values, error) {
	again := r.Clone(r.Context())
	again.Body = readCloser{strings.NewReader(string(body))}
	if err := again.ParseMultipartForm(mostRequest); err != nil {
		return nil, fmt.Errorf("%w: %w", errBadForm, err)
	}
	defer func() { _ = again.MultipartForm.RemoveAll() }()
	return url.Values(again.MultipartForm.Value), nil
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

func (a arguments) take(values url.Values) {
	for k, v := range values {
		if len(v) > 0 {
			a[k] = v[0]
		}
	}
}

// has tells whether an argument was given and is not null.
func (a arguments) has(name string) bool {
	v, ok := a[name]
	return ok && v != nil
}

// text is an argument as text; a number or truth value of a JSON body reads as it is written.
func (a arguments) text(name string) string {
	switch v := a[name].(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// flag is an argument as a truth value.
func (a arguments) flag(name string) bool {
	switch strings.ToLower(a.text(name)) {
	case "true", "1":
		return true
	}
	return false
}

// count is a whole number within bounds, or what it is when it was not given.
func (a arguments) count(name string, otherwise, least, most int) (int, error) {
	if !a.has(name) || a.text(name) == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(a.text(name))
	if err != nil {
		return 0, invalidArgument(name, "must be an integer")
	}
	if n < least || n > most {
		return 0, &failure{code: "invalid_limit", messages: []string{fmt.Sprintf("[ERROR] must be between %d and %d [json-pointer:/%s]", least, most, name)}}
	}
	return n, nil
}

// tree is an argument that holds JSON, given as JSON or as text. ok is false when it was not given.
func (a arguments) tree(name string) (v any, ok bool, err error) {
	if !a.has(name) {
		return nil, false, nil
	}
	s, isText := a[name].(string)
	if !isText {
		s = string(encode(a[name])) // a copy: what was sent is still to be shown as it was
	}
	if strings.TrimSpace(s) == "" {
		return nil, false, nil
	}
	if err := decode([]byte(s), &v); err != nil {
		return nil, true, err
	}
	return v, v != nil, nil
}

// record is what the ledger shows of the arguments: the structured ones as JSON, so that forms and JSON bodies read alike.
func (a arguments) record() object {
	o := object{}
	for k, v := range a {
		o[k] = v
		if structured[k] {
			if t, ok, err := a.tree(k); ok && err == nil {
				o[k] = t
			}
		}
	}
	return o
}
