package boltstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sampledesk/store/internal/value"
	"sampledesk/workflow"
)

// The buckets, all at the top of the file, with the layout of their keys and values. The parts of a key are joined by a
// zero byte, which no name may hold; numbers are eight bytes, the highest first, so that byte order is their order.
var (
	schemaBucket = []byte("schema") // "version" -> the schema's number, in decimal

	authorisationsBucket = []byte("authorisations") // open id -> Authorisation
	shopsBucket          = []byte("shops")          // shop -> Shop
	appsBucket           = []byte("apps")           // = name -> App; the name may be empty

	applicationsBucket = []byte("applications") // shop id (see appendName) -> Application, and after it its history:
	// shop id 0 sequence (see sequenceText) -> Entry; the shop's own has no id
	listingsBucket = []byte("listings") // listing 0 sort -> what names the application, see reference; but for those in busyBucket

	campaignsBucket     = []byte("campaigns")      // campaign -> Campaign
	campaignNamesBucket = []byte("campaign names") // shop 0 folded name -> campaign
	membersBucket       = []byte("members")        // campaign 0 creator -> Member
	membershipsBucket   = []byte("memberships")    // creator 0 campaign -> campaign

	productsBucket = []byte("products") // shop 0 id 0 variant -> Product; the variant (SKU) may be empty

	conversationsBucket   = []byte("conversations")    // shop 0 creator -> Conversation
	conversationIDsBucket = []byte("conversation ids") // shop 0 id -> creator
	waitingBucket         = []byte("waiting")          // shop 0 sort -> creator; shop -> how many of its conversations wait, no key for none

	templatesBucket = []byte("templates") // shop -> Templates

	rulesBucket   = []byte("rules")    // shop -> Rules
	listedBucket  = []byte("listed")   // shop 0 list 0 creator -> Listed
	listsOfBucket = []byte("lists of") // shop 0 creator 0 list -> list
	costsBucket   = []byte("costs")    // shop 0 product 0 variant -> Cost; the variant (SKU) may be empty
	talliesBucket = []byte("tallies")  // shop 0 name -> a number of varying length; no key for zero

	runsBucket    = []byte("runs")    // run -> Run
	noticesBucket = []byte("notices") // notice -> Notice

	peopleBucket = []byte("people") // person -> Person

	deliveriesBucket = []byte("deliveries") // day (20261130) / id -> "1"; day -> how many the day has, in decimal
	looksBucket      = []byte("looks")      // subject -> Look

	marksBucket = []byte("marks") // name -> text

	deadLettersBucket = []byte("dead letters") // time (16 hex digits) / effect -> deadLetter

	// busyBucket holds what nearly every update changes, so that it is on few pages: the effects, how many applications the
	// long listings have, and the listings of what is under way. A letter parts them. The newest effects and the numbers are
	// beside each other.
	//
	//	d sequence -> queued; the indexes of the effects are in memory, see effectIndex
	//	n listing  -> number of a shop's; no key where it is zero
	//	o listing  -> number of a campaign's
	//	p listing 0 sort -> as in listingsBucket
	busyBucket = []byte("busy")
)

// buckets are all of them.
var buckets = [][]byte{
	schemaBucket, authorisationsBucket, shopsBucket, applicationsBucket, listingsBucket, campaignsBucket, campaignNamesBucket,
	membersBucket, membershipsBucket, productsBucket, conversationsBucket, conversationIDsBucket, waitingBucket, templatesBucket, runsBucket, noticesBucket,
	peopleBucket, deadLettersBucket, busyBucket, figuresBucket, standingsBucket, appsBucket,
	deliveriesBucket, looksBucket, marksBucket,
	rulesBucket, listedBucket, listsOfBucket, costsBucket, talliesBucket,
}

// The keys of schemaBucket: the number of the file's schema, and by which rules its listings are kept.
var (
	versionKey = []byte("version")
	rulesKey   = []byte("listings")
)

// joined joins the parts of a key.
func joined(parts ...string) []byte { return []byte(strings.Join(parts, "\x00")) }

// under is what the keys below those parts begin with.
func under(parts ...string) []byte { return append(joined(parts...), 0) }

func applicationKey(k workflow.Key) []byte {
	return appendName(appendName(make([]byte, 0, 24), string(k.Shop)), string(k.ID))
}

// keyOf reads what applicationKey wrote, and what follows it.
func keyOf(key []byte) (k workflow.Key, rest []byte) {
	shop, rest := cutName(key)
	id, rest := cutName(rest)
	return workflow.Key{Shop: workflow.ShopID(shop), ID: workflow.ApplicationID(id)}, rest
}

// isApplication tells the key of an application from one of a history.
func isApplication(key []byte) bool {
	_, rest := keyOf(key)
	return len(rest) == 0
}

// textMark is what a name in a key begins with that is no number.
const textMark = 9

// appendName puts a name into a key so that its end is seen. The vendor's are numbers of up to 64 bits: how many bytes, and
// the bytes. Any other is written out, with a zero byte behind it.
func appendName(key []byte, name string) []byte {
	n, err := strconv.ParseUint(name, 10, 64)
	if err != nil || strconv.FormatUint(n, 10) != name {
		return append(append(append(key, textMark), name...), 0)
	}
	var number [8]byte
	binary.BigEndian.PutUint64(number[:], n)
	digits := bytes.TrimLeft(number[:7], "\x00")
	digits = number[7-len(digits):]
	return append(append(key, byte(len(digits))), digits...)
}

// cutName reads what appendName wrote. Of what it did not write it makes something.
func cutName(key []byte) (name string, rest []byte) {
	switch {
	case len(key) == 0:
		return "", nil
	case key[0] == textMark:
		text, rest, _ := bytes.Cut(key[1:], []byte{0})
		return string(text), rest
	case int(key[0]) > min(8, len(key)-1):
		return string(key[1:]), nil
	}
	n := uint64(0)
	for _, digit := range key[1 : 1+key[0]] {
		n = n<<8 | uint64(digit)
	}
	return strconv.FormatUint(n, 10), key[1+key[0]:]
}

// busyListings are the kinds of listings in which applications stand only while something is under way.
var busyListings = []string{"queue", "backlog", "live", "due", "news", "on it", "campaign queue", "suggested", "over cap", "rule due", "rule decided", "second"}

// isBusy tells whether a listing is kept in busyBucket.
func isBusy(listing string) bool {
	kind, _, _ := strings.Cut(listing, "\x1f")
	return slices.Contains(busyListings, kind)
}

// bucketOf is where a listing is kept.
func bucketOf(listing string) []byte {
	if isBusy(listing) {
		return busyBucket
	}
	return listingsBucket
}

// underListing is what the keys of a listing begin with, there.
func underListing(listing string) []byte {
	if isBusy(listing) {
		listing = "p" + listing
	}
	return under(listing)
}

func listingKey(p place) []byte { return append(underListing(p.Listing), p.Sort...) }

func campaignNameKey(s workflow.ShopID, name string) []byte {
	return joined(string(s), workflow.FoldName(name))
}

func memberKey(c workflow.CampaignID, creator workflow.CreatorKey) []byte {
	return joined(string(c), string(creator))
}

func membershipKey(c workflow.CampaignID, creator workflow.CreatorKey) []byte {
	return joined(string(creator), string(c))
}

func productKey(s workflow.ShopID, p workflow.Product) []byte {
	return joined(string(s), string(p.ID), p.SKU)
}

func conversationKey(s workflow.ShopID, c workflow.CreatorKey) []byte {
	return joined(string(s), string(c))
}

func conversationIDKey(s workflow.ShopID, id string) []byte { return joined(string(s), id) }

// underHistory is what the keys of a history begin with.
func underHistory(k workflow.Key) []byte { return append(applicationKey(k), 0) }

func historyKey(k workflow.Key, sequence uint64) []byte {
	return append(underHistory(k), sequenceText(sequence)...)
}

// sequenceText writes a number so that it may be part of a cursor: text, in byte order, which is as short as its number
// is small. A first character tells how many follow.
func sequenceText(n uint64) string {
	digits := strconv.FormatUint(n, 36)
	return string(rune('0'+len(digits))) + digits
}

// reference is the value under a place: how long the parts of the application's key are with which the place's sort ends,
// as text with a slash; or a zero byte and the key itself, if the sort ends in another way.
func reference(p place, k workflow.Key) []byte {
	if !strings.HasSuffix(p.Sort, k.String()) {
		return append([]byte{0}, applicationKey(k)...)
	}
	value := binary.AppendUvarint(nil, uint64(len(k.Shop)))
	return binary.AppendUvarint(value, uint64(len(k.ID)))
}

// referred returns the key of the application that a place names.
func referred(at, value []byte) ([]byte, error) {
	if len(value) > 0 && value[0] == 0 {
		return value[1:], nil
	}
	shop, n := binary.Uvarint(value)
	id, m := binary.Uvarint(value[max(n, 0):])
	start := len(at) - int(shop) - 1 - int(id)
	if n <= 0 || m <= 0 || n+m != len(value) || shop >= uint64(len(at)) || id >= uint64(len(at)) || start < 0 {
		return nil, fmt.Errorf("%w: the place %q names no application", errDamaged, at)
	}
	return applicationKey(workflow.Key{
		Shop: workflow.ShopID(at[start : start+int(shop)]), ID: workflow.ApplicationID(at[start+int(shop)+1:]),
	}), nil
}

// whose names the application of a place, for an error.
func whose(at, value []byte) workflow.Key {
	key, _ := referred(at, value)
	k, _ := keyOf(key)
	return k
}

// effectPrefix is what the keys of effects begin with.
var effectPrefix = []byte("d")

func effectKey(sequence uint64) []byte {
	return binary.BigEndian.AppendUint64(bytes.Clone(effectPrefix), sequence)
}

// countKey puts the few listings of shops, which nearly every update changes, before those of campaigns.
func countKey(listing string) []byte {
	if strings.HasPrefix(listing, "campaign") {
		return []byte("o" + listing)
	}
	return []byte("n" + listing)
}

func deadLetterKey(at time.Time, id workflow.EffectID) []byte {
	return []byte(hexadecimal(ordered(at.UnixMicro())) + "/" + string(id))
}

// ordered maps a number so that the order is kept when it is compared as bytes: negative ones come first.
func ordered(n int64) uint64 { return uint64(n) ^ 1<<63 }

// unordered is ordered turned back.
func unordered(n uint64) int64 { return int64(n ^ 1<<63) }

// hexadecimal writes numbers so that they may be part of a cursor: text, in byte order.
func hexadecimal(n uint64) string { return fmt.Sprintf("%016x", n) }

// named checks what is to become a key, or a part of one: text that is not empty and holds no zero byte.
func named(what string, names ...string) error { return value.Named(what, names...) }

// fitting is named for a part of a key that may be empty.
func fitting(what, name string) error { return value.Fitting(what, name) }

// nameable tells whether anything can be kept under a name. A prefix made from one that holds a zero byte would be that
// of others' keys.
func nameable(name string) bool { return value.Nameable(name) }

// errDamaged tells that parts of the file contradict each other.
var errDamaged = errors.New("the store contradicts itself")
