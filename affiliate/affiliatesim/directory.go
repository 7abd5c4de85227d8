package affiliatesim

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

// creator is a person who asks for samples. The three ids are different numbers, as
// with the vendor: applications show one, old versions of them another, messages the
// third.
type creator struct {
	openID, userID, imID       string
	username, nickname, avatar string
	region                     string // empty: the shop's own
	// numbers are those of their last request, which the next one starts from.
	numbers *figures
}

// directory knows every creator by open id and by user name.
type directory struct {
	byOpenID map[string]*creator
	byName   map[string]*creator
}

func newDirectory() directory {
	return directory{byOpenID: map[string]*creator{}, byName: map[string]*creator{}}
}

// creatorFor finds the creator who is meant by an open id or else by a user name, or
// enters a new one. A known open id with another user name is somebody who changed theirs.
func (c *Center) creatorFor(openID, username string) *creator {
	found := c.creators.byOpenID[openID]
	if openID == "" {
		found = c.creators.byName[strings.ToLower(username)]
	}
	if found == nil {
		username = cmp.Or(username, usernameFor(len(c.creators.byOpenID)))
		found = &creator{
			openID: cmp.Or(openID, newOpenID()), userID: c.ids.next(), imID: c.ids.next(),
			username: username, nickname: nicknameOf(username), avatar: "/sim/pictures/creator-" + picturePart(username) + ".png",
		}
		c.creators.byOpenID[found.openID] = found
	}
	if username != "" {
		found.username = username
	}
	c.creators.byName[strings.ToLower(found.username)] = found
	return found
}

// newOpenID is a text of the vendor's kind: 58 letters, digits, hyphens and underscores.
func newOpenID() string {
	b := make([]byte, 42)
	_, _ = rand.Read(b) // never fails: it ends the process when the system has no randomness
	return "uA" + base64.RawURLEncoding.EncodeToString(b)
}

// nicknameOf makes a nickname of a user name: glow.daily becomes Glow Daily.
func nicknameOf(username string) string {
	words := strings.FieldsFunc(username, func(r rune) bool { return r == '.' || r == '_' })
	for i, w := range words {
		runes := []rune(w)
		words[i] = strings.ToUpper(string(runes[:1])) + string(runes[1:])
	}
	return strings.Join(words, " ")
}

// product is one product of the seller, with the sample stock that is left.
type product struct {
	id, title string
	variants  []variant
	quantity  int
}

// variant is one SKU.
type variant struct{ id, name, image string }

// image is the picture of the product: that of its first variant.
func (p *product) image() string {
	if len(p.variants) == 0 {
		return ""
	}
	return p.variants[0].image
}

func (p *product) has(sku string) bool {
	return slices.ContainsFunc(p.variants, func(v variant) bool { return v.id == sku })
}

// addProduct puts a product on the shelf. No variants: it gets one.
func (c *Center) addProduct(id, title string, quantity int, variants ...variant) *product {
	p := &product{id: cmp.Or(id, c.ids.next()), title: title, quantity: quantity, variants: variants}
	c.products[p.id] = p
	c.catalogue = append(c.catalogue, p)
	return p
}

// stockShelves fills the shelves with the products of the seller: with enough samples
// to approve everything that the stand-in starts with.
func (c *Center) stockShelves() {
	for i, sample := range samples() {
		var variants []variant
		for _, name := range sample.variants {
			variants = append(variants, variant{c.ids.next(), name, "/sim/pictures/" + picturePart(sample.title+" "+name) + ".png"})
		}
		c.addProduct("", sample.title, 240+35*i+c.options.Seed, variants...)
	}
}

// picturePart makes a file name of a text.
func picturePart(text string) string {
	var out strings.Builder
	for _, r := range strings.ToLower(text) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			out.WriteRune(r)
		case out.Len() > 0 && !strings.HasSuffix(out.String(), "-"):
			out.WriteByte('-')
		}
		if out.Len() >= 60 {
			break
		}
	}
	return cmp.Or(strings.Trim(out.String(), "-"), fmt.Sprintf("picture-%08x", mix(uint64(len(text)))&0xffffffff))
}
