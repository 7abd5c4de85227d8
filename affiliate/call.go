package affiliate

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// longestAnswer bounds what is read of an answer, in bytes after decompression.
const longestAnswer = 8 << 20

// usualPage is how much room an answer of unknown length gets to begin with.
const usualPage = 32 << 10

const contentType = "application/json"

// The vendor takes a timestamp from five minutes ago until 30 seconds ahead.
const (
	oldestStamp = 5 * time.Minute
	newestStamp = 30 * time.Second
)

// call is one request to the vendor, before it is stamped and signed.
type call struct {
	endpoint Endpoint
	method   string
	path     string
	query    url.Values
	body     []byte
	write    bool
	once     bool // not even net/http may repeat it
}

// envelope is what is around every answer of the vendor's.
type envelope struct {
	code      *int // nil: the answer holds none
	message   string
	requestID string
	data      []byte // as it stands in the answer
}

// openEnvelope reads the envelope, and passes over what is in it.
func openEnvelope(body []byte) (e envelope, err error) {
	decoder := jsontext.NewDecoder(bytes.NewBuffer(body), lenient...)
	if start, err := decoder.ReadToken(); err != nil || start.Kind() != '{' {
		return e, cmp.Or(err, errors.New("it is no object"))
	}
	for decoder.PeekKind() != '}' {
		name, err := decoder.ReadToken()
		if err != nil {
			return e, err
		}
		field := name.String()
		text, err := decoder.ReadValue()
		if err != nil {
			return e, err
		}
		end := decoder.InputOffset()
		if err := e.read(field, body[end-int64(len(text)):end]); err != nil {
			return e, fmt.Errorf("its %s: %w", field, err)
		}
	}
	if _, err := decoder.ReadToken(); err != nil {
		return e, err
	}
	if _, err := decoder.ReadToken(); !errors.Is(err, io.EOF) {
		return e, errors.New("there is more behind it")
	}
	return e, nil
}

func (e *envelope) read(field string, text []byte) error {
	switch field {
	case "code":
		return json.Unmarshal(text, &e.code)
	case "message":
		return json.Unmarshal(text, &e.message)
	case "request_id":
		return json.Unmarshal(text, &e.requestID)
	case "data":
		e.data = text
	}
	return nil
}

// signed sends a call of the Open API under an access token.
func (c *core) signed(ctx context.Context, r call, access Secret) (json.RawMessage, error) {
	query := url.Values{}
	for name := range r.query {
		query.Set(name, r.query.Get(name))
	}
	query.Set("app_key", c.appKey)
	query.Set("timestamp", strconv.FormatInt(time.Now().Unix(), 10))
	query.Set("sign", Sign(r.path, query, contentType, r.body, c.appSecret))
	r.query = query
	header := http.Header{"Content-Type": {contentType}, "X-Tts-Access-Token": {string(access)}}
	return c.send(ctx, c.api, r, header, access)
}

// send makes one exchange, reads the envelope and tells of it. Nothing of the query gets
// into an error, and the secrets are taken out of what the peer says.
func (c *core) send(ctx context.Context, base *url.URL, r call, header http.Header, secrets ...Secret) (json.RawMessage, error) {
	began := time.Now()
	answer, err := c.exchange(ctx, base, r, header, secrets)
	c.tell(ctx, Trace{Endpoint: r.endpoint, RequestID: answer.requestID, Took: time.Since(began), Err: err})
	if err != nil {
		return nil, err
	}
	return answer.data, nil
}

// exchange is one exchange. What the envelope says is returned with an error too.
func (c *core) exchange(ctx context.Context, base *url.URL, r call, header http.Header, secrets []Secret) (envelope, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	secrets = append(secrets, c.appSecret)
	var seen connection
	request, err := http.NewRequestWithContext(seen.watch(ctx), r.method,
		base.JoinPath(r.path).String()+"?"+r.query.Encode(), r.reader())
	if err != nil {
		return envelope{}, fmt.Errorf("%w: the call %s cannot be put into a request", ErrInvalid, r.path)
	}
	request.Header = header
	request.Header.Set("Accept", contentType)

	began := time.Now()
	response, err := c.http.Do(request)
	if err != nil {
		return envelope{}, noAnswer(r, err, !seen.neverConnected(err), secrets)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := readBody(response)
	if err != nil && response.StatusCode < 300 {
		return envelope{}, noAnswer(r, err, true, secrets)
	}
	return c.open(r, response, body, began, secrets)
}

// readBody reads an answer to its end, or a little further than the longest that is
// taken.
func readBody(response *http.Response) ([]byte, error) {
	var body bytes.Buffer
	size := int64(usualPage)
	if response.ContentLength >= 0 {
		size = min(response.ContentLength, longestAnswer)
	}
	body.Grow(int(size) + bytes.MinRead) // in one piece
	_, err := body.ReadFrom(io.LimitReader(response.Body, longestAnswer+1))
	return body.Bytes(), err
}

// reader returns the body. net/http repeats a GET by itself when a connection
// that it used before breaks, unless the request has a body that it cannot wind
// back; an empty one of that sort is sent as none.
func (r call) reader() io.Reader {
	if r.once {
		return io.MultiReader()
	}
	return bytes.NewReader(r.body)
}

// noAnswer wraps the fault of an exchange that brought no answer.
func noAnswer(r call, err error, sent bool, secrets []Secret) error {
	if wrapper, ok := errors.AsType[*url.Error](err); ok {
		err = wrapper.Err // the wrapper quotes the URL, in which secrets travel
	}
	return &TransportError{Path: r.path, Write: r.write, Sent: sent, Err: err, text: scrub(err.Error(), secrets...)}
}

// open reads the envelope; only code 0 with a 2xx status is a success.
func (c *core) open(r call, response *http.Response, body []byte, began time.Time, secrets []Secret) (answer envelope, err error) {
	failure := &Error{
		HTTPStatus: response.StatusCode, Path: r.path, Endpoint: r.endpoint, Write: r.write,
		Asked:    retryAfter(response.Header.Get("Retry-After")),
		ClockOff: isClockOff(response.Header.Get("Date"), began, time.Now()),
	}
	failure.RetryAfter = min(failure.Asked, longestPause)
	if failure.Asked > longestPause {
		c.log.Warn("TikTok asked for a longer pause than is obeyed", "path", r.path, "asked", failure.Asked, "pause", longestPause)
	}
	if len(body) > longestAnswer {
		failure.Message = "the answer is longer than " + strconv.Itoa(longestAnswer) + " bytes"
		return answer, failure
	}
	answer, err = openEnvelope(body)
	if err != nil {
		failure.Message = scrub("the answer is not the vendor's envelope: "+err.Error(), secrets...)
		return envelope{}, failure
	}
	failure.Message = scrub(answer.message, secrets...)
	answer.requestID = scrub(answer.requestID, secrets...)
	failure.RequestID = answer.requestID
	if answer.code == nil {
		failure.Message = "the answer holds no code"
		return answer, failure
	}
	failure.Code = *answer.code
	c.log.Debug("called the Affiliate API", "path", r.path, "status", response.StatusCode, "code", failure.Code,
		"request_id", failure.RequestID, "took", time.Since(began))
	if failure.Code != 0 || response.StatusCode < 200 || response.StatusCode > 299 {
		return answer, failure
	}
	return answer, nil
}

// unreadable is the error of an answer whose envelope is a success, but whose data
// cannot be read. Asking again would bring the same.
func unreadable(path string, err error, secrets ...Secret) *Error {
	return &Error{HTTPStatus: http.StatusOK, Path: path, Message: scrub("unreadable data: "+err.Error(), secrets...)}
}

// retryAfter reads the header as seconds or as a date.
func retryAfter(header string) time.Duration {
	var wait time.Duration
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if date, err := http.ParseTime(header); err == nil {
		wait = time.Until(date)
	}
	return max(wait, 0)
}

// isClockOff compares our stamp with the answer's Date, both in whole seconds. The
// duration of the call itself does not count against our clock.
func isClockOff(header string, began, ended time.Time) bool {
	date, err := http.ParseTime(header)
	if err != nil {
		return false
	}
	return date.Sub(ended) > oldestStamp || began.Sub(date) > newestStamp+time.Second
}

// connection watches how far a request got.
type connection struct{ asked, got atomic.Bool }

func (n *connection) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { n.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { n.got.Store(true) },
	})
}

// neverConnected is true if no connection was there to send the request on. A
// transport that does not report connections is believed only where the error
// itself is one of dialling.
func (n *connection) neverConnected(err error) bool {
	if n.got.Load() || n.asked.Load() {
		return !n.got.Load()
	}
	operation, ok := errors.AsType[*net.OpError](err)
	return ok && operation.Op == "dial"
}
