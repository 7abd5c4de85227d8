package affiliate_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate"
)

func TestASecretRedactsItselfHoweverItIsPrinted(t *testing.T) {
	const secret = affiliate.Secret("ROW_hidden")
	pair := affiliate.Tokens{Access: secret, Refresh: secret}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%50s"} {
		require.Equal(t, "***", fmt.Sprintf(verb, secret), verb)
		require.NotContains(t, fmt.Sprintf(verb, pair), "hidden", verb)
		require.NotContains(t, fmt.Sprintf(verb, &pair), "hidden", verb)
	}
	require.Empty(t, fmt.Sprint(affiliate.Secret("")), "whether a secret is set may be seen")

	text, err := json.Marshal(map[string]any{"one": secret, "pair": pair})
	require.NoError(t, err)
	require.NotContains(t, string(text), "hidden")

	var log bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewJSONHandler(&log, nil), slog.NewTextHandler(&log, nil)} {
		slog.New(handler).InfoContext(t.Context(), "seen", "secret", secret, "pair", pair, "pointer", &pair)
	}
	require.NotContains(t, log.String(), "hidden")
}

func TestASecretIsReadFromJSONAsItStands(t *testing.T) {
	var secret affiliate.Secret
	require.NoError(t, json.Unmarshal([]byte(`"ROW_hidden"`), &secret))
	require.Equal(t, "ROW_hidden", string(secret))
}

func TestPrintingWhatHoldsSecretsShowsNone(t *testing.T) {
	vault := lasting()
	v := &vendor{answer: func(w http.ResponseWriter, _ request) { reply(w, 200, success(noApplications)) }}
	client := newClient(t, serve(t, v))
	authorisation := client.Authorisation(vault)
	shop := authorisation.Shop(shopID, cipher)
	_, err := shop.SearchPage(t.Context(), affiliate.Filter{}, "", 1)
	require.NoError(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		for _, value := range []any{client, *client, authorisation, shop} {
			text := fmt.Sprintf(verb, value)
			require.NotContains(t, text, string(appSecret), verb)
			require.NotContains(t, text, "access-1", verb)
		}
	}
}

func TestNoSecretAppearsInErrorsOrLogs(t *testing.T) {
	const code = "code+with/odd characters"
	for name, answer := range map[string]func(w http.ResponseWriter, r request){
		"a message that quotes the query": func(w http.ResponseWriter, r request) {
			reply(w, 400, refusal(36004004, "bad "+r.Query.Encode()+" "+r.Query.Get("auth_code")+"\nand more"))
		},
		"an answer that is none": func(w http.ResponseWriter, r request) { reply(w, 502, r.Query.Encode()) },
		"no answer":              func(w http.ResponseWriter, _ request) { cut(w) },
		"a redirect": func(w http.ResponseWriter, r request) {
			w.Header().Set("Location", "/elsewhere?"+r.Query.Encode())
			reply(w, 302, "")
		},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			v := &vendor{answer: answer}
			client, err := affiliate.New(affiliate.Config{
				AppKey: appKey, AppSecret: appSecret, HTTPClient: serve(t, v), AuthURL: "http://auth.example",
				Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
			})
			require.NoError(t, err)
			_, err = client.Exchange(t.Context(), code)
			require.Error(t, err)
			for _, secret := range []string{string(appSecret), code, "odd+characters", "odd%20"} {
				require.NotContains(t, err.Error(), secret)
				require.NotContains(t, log.String(), secret)
			}
			require.NotContains(t, err.Error(), "\n")
			require.Len(t, v.seen(), 1, "a redirect is not followed, and a token call is not repeated")
		})
	}
}

// A transport of the caller's own may quote the URL in its errors.
type gossip struct{}

func (gossip) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, errors.New("could not fetch " + r.URL.String())
}

func TestATransportThatQuotesTheAddressGivesNoSecretAway(t *testing.T) {
	client := newClient(t, &http.Client{Transport: gossip{}})
	_, err := client.Refresh(context.Background(), "ROW_hidden")
	require.Error(t, err)
	require.NotContains(t, err.Error(), "hidden")
	require.NotContains(t, err.Error(), string(appSecret))
	require.Contains(t, err.Error(), "/api/v2/token/refresh")
	require.True(t, strings.Contains(err.Error(), "***"), err.Error())
}
