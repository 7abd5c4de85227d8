package view

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAQuotedAddressIsAsItWas(t *testing.T) {
	for _, address := range []string{
		"snssdk1180://ec/pdp?requestParams=%7B%22a%22%3A_1_%7D&chain_key=x*y*z~q~&_svg=1",
		"https://www.tiktok.com/@mia_star/video/1?a=_b_&c=*d*",
		"http://127.0.0.1:8080/a:b",
	} {
		for _, words := range []string{"%", "see %", "see %, please", "(%)", "*_%", "a %\nb % c"} {
			q := quote(strings.ReplaceAll(words, "%", address), 1000)
			require.Equal(t, strings.Count(words, "%"), strings.Count(q, "`"+escaper.Replace(address)+"`"), q)
		}
	}
}

func TestAQuotationFormatsAndNamesNobody(t *testing.T) {
	for _, words := range []string{
		"`x` https://a.b/`<!channel>`", "https://a.b/<@U1>|c", "x://`*b*`", "*b* _i_ ~s~ :smile: <!here>", "https://a.b/c…", "://", "a://", "https://a.b/" + strings.Repeat("c", 50),
	} {
		q := quote(words, 30)
		require.Zero(t, strings.Count(q, "`")%2, q)
		outside := ""
		for i, part := range strings.Split(q, "`") {
			if i%2 == 0 {
				outside += part
			} else {
				require.Regexp(t, `^[A-Za-z][A-Za-z0-9+.-]*://\S+$`, part)
			}
		}
		require.NotContains(t, strings.TrimPrefix(outside, "> "), "<")
		require.NotRegexp(t, `[*~`+"`"+`]|<[!@#]`, outside)
	}
}
