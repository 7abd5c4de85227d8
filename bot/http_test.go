package bot_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot"
	"sampledesk/bot/socket/sockettest"
	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// everythingOverHTTP lets each test of the package run over HTTP: SAMPLEDESK_TEST_HTTP=1 go test ./bot
var everythingOverHTTP = os.Getenv("SAMPLEDESK_TEST_HTTP") != ""

// aboutSockets are the tests that are about Socket Mode itself.
var aboutSockets = regexp.MustCompile(`^(TestTrap|TestALostAcknowledgement|TestTheHourlyRefresh|TestClicksDuringAWarning)`)

// overHTTP tells whether a test's world is one of HTTP mode: those that are run again below.
func overHTTP(t *testing.T) bool {
	return everythingOverHTTP && !aboutSockets.MatchString(t.Name()) || strings.HasPrefix(t.Name(), "TestTheDeskBehavesTheSameOverHTTP/")
}

// door is where a desk takes requests. Nobody answers while the desk is shut. It keeps what was delivered.
type door struct {
	pipes     *sockettest.Pipes
	server    *http.Server
	served    chan error
	transport *http.Transport

	mu     sync.Mutex
	desk   http.Handler
	passed []passed
}

// passed is a request as it came, and the status of its answer.
type passed struct {
	header http.Header
	body   string
	status int
}

func newDoor() *door {
	d := &door{pipes: sockettest.NewPipes(), served: make(chan error, 1)}
	d.server = &http.Server{Handler: http.HandlerFunc(d.answer), ReadHeaderTimeout: time.Minute}
	d.transport = &http.Transport{DialContext: d.pipes.Dial}
	go func() { d.served <- d.server.Serve(d.pipes) }()
	return d
}

func (d *door) open(h http.Handler) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.desk = h
}

func (d *door) behind() http.Handler {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.desk
}

func (d *door) answer(w http.ResponseWriter, r *http.Request) {
	if h := d.behind(); h != nil {
		h.ServeHTTP(w, r)
	}
}

// RoundTrip implements http.RoundTripper.
func (d *door) RoundTrip(r *http.Request) (*http.Response, error) {
	if d.behind() == nil {
		return nil, errors.New("connection refused")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	got, err := d.transport.RoundTrip(r)
	if err == nil {
		d.mu.Lock()
		d.passed = append(d.passed, passed{r.Header, string(body), got.StatusCode})
		d.mu.Unlock()
	}
	return got, err
}

func (d *door) close() error {
	d.transport.CloseIdleConnections()
	if err := d.server.Close(); err != nil {
		return err
	}
	if served := <-d.served; !errors.Is(served, http.ErrServerClosed) {
		return served
	}
	return nil
}

// last is the youngest request that holds a text.
func (d *door) last(t *testing.T, text string) passed {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range slices.Backward(d.passed) {
		if strings.Contains(p.body, text) {
			return p
		}
	}
	t.Fatalf("no request holds %q", text)
	return passed{}
}

// sendRaw sends a request as it is, and returns the status and the body of the answer.
func (w *world) sendRaw(header http.Header, body string) (int, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, "http://desk.test/slack/events", strings.NewReader(body))
	require.NoError(w.t, err)
	r.Header = header.Clone()
	got, err := w.door.transport.RoundTrip(r)
	require.NoError(w.t, err)
	defer func() { _ = got.Body.Close() }()
	text, err := io.ReadAll(got.Body)
	require.NoError(w.t, err)
	synctest.Wait()
	return got.StatusCode, string(text)
}

func TestTheDeskIsConnectedOverHTTPOnceSlackTookItsToken(t *testing.T) {
	inBubble(t, setup{http: true, closed: true}, func(t *testing.T, w *world) {
		w.fault(object{"method": "auth.test", "do": "status", "status": 503, "times": 3})
		w.open()
		require.False(t, w.desk.Health().Connected)
		require.NotEmpty(t, w.desk.Health().LastError)
		wait(time.Minute)
		require.True(t, w.desk.Health().Connected)
		require.Empty(t, w.desk.Health().LastError)
		require.Empty(t, w.calls("apps.connections.open"))
		w.request("1001")
		w.accepted(memberOne, "1001", view.ActionApprove)
		require.Equal(t, workflow.Queued, w.application("1001").State())
		require.WithinDuration(t, time.Now(), w.desk.Health().LastEvent, time.Second)
		w.shut()
		require.NoError(t, w.failed)
		w.fault(object{"method": "auth.test", "do": "error", "error": "token_revoked", "times": 1})
		w.open()
		w.shut()
		require.ErrorContains(t, w.failed, "token_revoked")
	})
}

func TestOnlySlacksOwnRequestsCount(t *testing.T) {
	inBubble(t, setup{http: true}, func(t *testing.T, w *world) {
		w.request("1001")
		w.accepted(memberOne, "1001", view.ActionApprove)
		good := w.door.last(t, "block_actions")
		round := w.application("1001").Round
		forged := func(change func(http.Header)) http.Header { h := good.header.Clone(); change(h); return h }
		elsewhere := strings.ReplaceAll(good.body, "1001", "1002")
		for name, c := range map[string]struct {
			header http.Header
			body   string
		}{
			"no signature":                 {forged(func(h http.Header) { h.Del("X-Slack-Signature") }), good.body},
			"no time":                      {forged(func(h http.Header) { h.Del("X-Slack-Request-Timestamp") }), good.body},
			"another time":                 {forged(func(h http.Header) { h.Set("X-Slack-Request-Timestamp", "1795338001") }), good.body},
			"another body":                 {good.header, elsewhere},
			"another version":              {forged(func(h http.Header) { h.Set("X-Slack-Signature", "v1"+h.Get("X-Slack-Signature")[2:]) }), good.body},
			"half a signature":             {forged(func(h http.Header) { h.Set("X-Slack-Signature", h.Get("X-Slack-Signature")[:20]) }), good.body},
			"the same again":               {good.header, good.body},
			"the same in capitals":         {forged(func(h http.Header) { h.Set("X-Slack-Signature", "v0="+strings.ToUpper(h.Get("X-Slack-Signature")[3:])) }), good.body},
			"the same, said to be a retry": {forged(func(h http.Header) { h.Set("X-Slack-Retry-Num", "1") }), good.body},
			"a challenge nobody signed":    {http.Header{"Content-Type": {"application/json"}}, `{"type":"url_verification","challenge":"c"}`},
			"nothing at all":               {http.Header{}, ""},
		} {
			status, said := w.sendRaw(c.header, c.body)
			require.Equal(t, http.StatusUnauthorized, status, name)
			require.Equal(t, "Unauthorized\n", said, name)
			require.Equal(t, round, w.application("1001").Round, name)
		}
		status, _ := w.sendRaw(good.header, strings.Repeat("x", 2<<20))
		require.Equal(t, http.StatusRequestEntityTooLarge, status)
		wait(6 * time.Minute)
		status, _ = w.sendRaw(good.header, good.body)
		require.Equal(t, http.StatusUnauthorized, status, "its time is over")
		status, said := w.sendRaw(http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, "ssl_check=1&command=%2Fsamples&text=approve+1001")
		require.Equal(t, http.StatusOK, status)
		require.Empty(t, said, "it leads to nothing")
		require.NotContains(t, w.log.String(), w.details.SigningSecret)
	})
}

func TestARepeatedDeliveryIsTakenAndCountsOnce(t *testing.T) {
	inBubble(t, setup{http: true}, func(t *testing.T, w *world) {
		w.request("1001")
		card := w.card("1001").TS
		w.fault(object{"socket": "drop_ack"})
		seen := w.act(object{"user": memberOne, "do": "post", "channel": samples, "thread_ts": card, "text": "<@U0DESK0BOT> note Their last video was lovely"})
		require.False(t, seen.OK)
		wait(2 * time.Minute)
		again := w.door.last(t, "Their last video")
		require.Equal(t, "1", again.header.Get("X-Slack-Retry-Num"), "one repetition, and it was taken")
		require.Equal(t, http.StatusOK, again.status)
		require.Equal(t, 1, strings.Count(w.command(memberOne, "/samples", "show 1001"), "Their last video"))

		// The desk is down for the first delivery: the repetition is the only one that arrives.
		w.shut()
		w.act(object{"user": memberTwo, "do": "post", "channel": samples, "thread_ts": card, "text": "<@U0DESK0BOT> note Ask for the blue one"})
		wait(30 * time.Second)
		w.open()
		wait(time.Minute)
		require.Equal(t, "2", w.door.last(t, "Ask for the blue one").header.Get("X-Slack-Retry-Num"))
		require.Contains(t, w.command(memberOne, "/samples", "show 1001"), "Ask for the blue one")

		// Nobody can tell whether the store was reached in time: "not saved" is true, and nothing is saved later.
		release := w.hold()
		done := make(chan sight, 1)
		go func() {
			done <- w.act(object{"user": memberOne, "do": "click", "channel": samples, "ts": card, "action_id": view.ActionApprove})
		}()
		require.True(t, (<-done).OK)
		release()
		require.Empty(t, w.application("1001").Decision)
		told := w.told(memberOne)
		require.Contains(t, told[len(told)-1], "couldn't be saved")
	})
}

func TestWhatTheDeskDoesNotKnowIsAnsweredOverHTTP(t *testing.T) {
	inBubble(t, setup{http: true}, func(t *testing.T, w *world) {
		for _, body := range []string{
			`{"type":"app_rate_limited"}`, `{"type":"event_callback","event":{"type":"new_thing"}}`, `[]`, `nonsense`, `{"type":"url_verification"}`,
			url.Values{"payload": {`{"type":"new_thing"}`}}.Encode(), url.Values{"payload": {`no JSON`}}.Encode(), url.Values{"payload": {`[]`}}.Encode(),
			url.Values{"command": {"/other"}}.Encode(), url.Values{"x": {"y"}}.Encode(), "",
		} {
			kind := "application/json"
			if strings.Contains(body, "=") {
				kind = "application/x-www-form-urlencoded"
			}
			status, _ := w.sendRaw(w.signed(kind, body), body)
			require.Equal(t, http.StatusOK, status, body)
		}
		require.NotContains(t, w.log.String(), "panicked")
	})
}

// signed are the headers that Slack would send with a body now.
func (w *world) signed(kind, body string) http.Header {
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(w.details.SigningSecret))
	_, _ = mac.Write([]byte("v0:" + stamp + ":" + body))
	return http.Header{
		"Content-Type": {kind}, "X-Slack-Request-Timestamp": {stamp}, "X-Slack-Signature": {"v0=" + hex.EncodeToString(mac.Sum(nil))},
	}
}

// The core flows, each as it is tested over a socket. The whole package runs over HTTP with SAMPLEDESK_TEST_HTTP=1.
func TestTheDeskBehavesTheSameOverHTTP(t *testing.T) {
	for name, test := range map[string]func(*testing.T){
		"approve":           TestAnApprovalIsKeptSentAndConfirmedOnTheCard,
		"undo":              TestAnUndoTakesTheDecisionBackBeforeItIsSent,
		"double click":      TestADoubleClickIsOneDecision,
		"ten clicks":        TestTenClicksAtOnceByTwoPeopleAreOneDecisionAndNineAnswers,
		"hanging store":     TestAStoreThatHangsIsAnsweredInTimeAndNothingIsKeptLater,
		"late commit":       TestACommitThatComesTooLateIsNone,
		"roles":             TestGuestsAndPeopleFromElsewhereDoNotDecide,
		"reject dialog":     TestARejectionCarriesItsNoteAndItsMessage,
		"dialog's errors":   TestWordsThatNobodyTickedAreAskedAboutAndNotLost,
		"dialog twice":      TestADialogThatIsSentTwiceRejectsOnce,
		"commands":          TestEverySubcommandOfTheHelpAnswers,
		"long answers":      TestAnswersOfHostileNamesFitIntoAnAcknowledgement,
		"command twice":     TestACommandThatIsDeliveredTwiceDecidesOnce,
		"home":              TestADecisionMadeInAppHomeIsFollowedThere,
		"mention":           TestAnApprovalIsSpokenInTheThread,
		"mention twice":     TestAMentionThatIsDeliveredTwiceIsTakenOnceAndAnsweredOnce,
		"mention again":     TestAMentionThatIsDeliveredAgainAfterARestartChangesNothing,
		"shortcut":          TestANoteIsAddedFromTheCardAndFromItsThread,
		"several together":  TestSeveralAreFilteredChosenAndApprovedTogether,
		"menus that search": TestBeyondAHundredCampaignsTheDialogSearches,
		"settings":          TestAnAdminChangesWhatTheDeskDoesForAShop,
		"secrets":           TestTokensAreNeverLogged,
	} {
		t.Run(name, test)
	}
}

func TestTheAddressAtWhichSlackDeliversIsTriedAsSlackDoes(t *testing.T) {
	inBubble(t, setup{http: true}, func(t *testing.T, w *world) {
		check := func(path, secret string) bot.Finding {
			return bot.CheckRequestURL(t.Context(), &http.Client{Transport: w.door.transport}, "http://desk.test"+path, secret)
		}
		require.True(t, check("/slack/events", w.details.SigningSecret).OK())
		require.Contains(t, check("/slack/events", "another").Found, "refuses the signature")
		w.door.open(http.NotFoundHandler())
		require.Contains(t, check("/slack/events", w.details.SigningSecret).Found, "answers 404")
		w.door.open(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, "Welcome") }))
		require.False(t, check("/slack/events", w.details.SigningSecret).OK())
		w.door.open(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
		require.Contains(t, check("/slack/events", w.details.SigningSecret).Found, "does not answer")
	})
}
