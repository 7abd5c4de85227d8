package affiliate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Tokens is a pair of tokens and what came with it. It belongs to an
// authorisation, which may cover several shops.
type Tokens struct {
	Access, Refresh Secret
	// AccessExpires and RefreshExpires are UTC; zero if the answer did not say.
	AccessExpires, RefreshExpires time.Time
	OpenID                        string // names the authorisation
	SellerName                    string
	Region                        string // the seller's base region
	Scopes                        []string
	// User says whose authorisation it is; blank if the answer did not.
	User UserType
}

// UserType is the kind of account that authorised the app.
type UserType string

// The kinds that the vendor documents: 0, 1 and 3 in its answers.
const (
	UserSeller  UserType = "seller"
	UserCreator UserType = "creator"
	UserPartner UserType = "partner"
)

// userType names a kind of account; one that is not documented goes by its number.
func userType(n Number) UserType {
	switch n {
	case Number{}:
		return ""
	case NumberOf(0):
		return UserSeller
	case NumberOf(1):
		return UserCreator
	case NumberOf(3):
		return UserPartner
	default:
		return UserType("user of type " + n.String())
	}
}

// Exchange turns the code that the consent page handed out into tokens. A code
// works once and lives 30 minutes; a bad one matches [ErrBadAuthCode]. Store
// the tokens durably before using them.
func (c *Client) Exchange(ctx context.Context, authCode Secret) (Tokens, error) {
	// The vendor spells the grant type authorized_code; authorization_code fails.
	tokens, err := c.grant(ctx, "/api/v2/token/get", "auth_code", authCode, "authorized_code")
	if err != nil {
		return Tokens{}, fmt.Errorf("exchanging an authorisation code: %w", err)
	}
	return tokens, nil
}

// Refresh turns a refresh token into a new pair, after which the old one is
// dead: store the new pair durably before using it. A bad refresh token
// matches [ErrBadRefreshToken]. The call is not repeated by itself.
func (c *Client) Refresh(ctx context.Context, refreshToken Secret) (Tokens, error) {
	tokens, err := c.grant(ctx, "/api/v2/token/refresh", "refresh_token", refreshToken, "refresh_token")
	if err != nil {
		return Tokens{}, fmt.Errorf("refreshing the tokens: %w", err)
	}
	return tokens, nil
}

// grant makes a token call. These are not signed, and the secret travels in
// the query.
func (c *core) grant(ctx context.Context, path, parameter string, value Secret, grantType string) (Tokens, error) {
	if value == "" {
		return Tokens{}, fmt.Errorf("%w: %s is empty", ErrInvalid, parameter)
	}
	query := url.Values{}
	query.Set("app_key", c.appKey)
	query.Set("app_secret", string(c.appSecret))
	query.Set(parameter, string(value))
	query.Set("grant_type", grantType)
	r := call{method: http.MethodGet, path: path, query: query, once: true}
	data, err := c.send(ctx, c.auth, r, http.Header{}, value)
	if err != nil {
		return Tokens{}, err
	}
	tokens, err := decodeTokens(data)
	if err != nil {
		return Tokens{}, unreadable(path, err, c.appSecret, value)
	}
	return tokens, nil
}

// decodeTokens reads the pair field by field: the one that it was given for is dead,
// so nothing but the tokens themselves may keep it from being used.
func decodeTokens(data []byte) (Tokens, error) {
	f, err := openData(new(parser), data)
	if err != nil {
		return Tokens{}, err
	}
	tokens := Tokens{
		Access: Secret(f.plain("access_token")), Refresh: Secret(f.plain("refresh_token")),
		// Points in time, despite their names.
		AccessExpires: f.stamp("access_token_expire_in"), RefreshExpires: f.stamp("refresh_token_expire_in"),
		OpenID: f.text("open_id"), SellerName: f.text("seller_name"), Region: f.text("seller_base_region"), Scopes: f.texts("granted_scopes"),
		User: userType(f.number("user_type")),
	}
	if tokens.Access == "" || tokens.Refresh == "" {
		return Tokens{}, errors.New("a token is missing")
	}
	return tokens, nil
}

var errNoData = errors.New("the answer holds no data")

// openData reads the data of an answer, which is an object. Absent data is refused:
// taking it for an empty listing would make everything vanish.
func openData(p *parser, data []byte) (fields, error) {
	if len(data) == 0 || string(data) == "null" {
		return nil, errNoData
	}
	v, err := p.parse(data)
	if err != nil {
		return nil, err
	}
	return v.object()
}

// decodeData is openData for what has no record that could be odd.
func decodeData(data []byte, into any) error {
	if len(data) == 0 || string(data) == "null" {
		return errNoData
	}
	return json.Unmarshal(data, into)
}
