package boltstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"sampledesk/workflow"
)

// The buckets, all at the top of the file, with the layout of their keys and values. The parts of a key are joined by a
// zero byte, which no name may hold; numbers are eight bytes, the highest first, so that byte order is their order.
var (
	schemaBucket = []byte("schema") // "version" -> the schema's number, in decimal

	authorisationsBucket = []byte("authorisations") // open id -> Authorisation
	shopsBucket          = []byte("shops")          // shop -> Shop
	appsBucket           = []byte("apps")           // = name -> App; the name may be empty

	applicationsBucket = []byte("applications") // shop 0 id -> Application, and after it its history:
	// shop 0 id 0 sequence (see sequenceText) -> Entry; the shop's own has no id
	listingsBucket = []byte("listings") // listing 0 sort -> what names the application, see reference

	campaignsBucket     = []byte("campaigns")      // campaign -> Campaign
	campaignNamesBucket = []byte("campaign names") // shop 0 folded name -> campaign
	membersBucket       = []byte("members")        // campaign 0 creator -> Member
	membershipsBucket   = []byte("memberships")    // creator 0 campaign -> campaign

	productsBucket = []byte("products") // shop 0 id 0 variant -> Product; the variant (SKU) may be empty

	conversationsBucket   = []byte("conversations")    // shop 0 creator -> Conversation
	conversationIDsBucket = []byte("conversation ids") // shop 0 id -> creator
	waitingBucket         = []byte("waiting")          // shop 0 sort -> creator; shop -> how many of its conversations wait, no key for none

	templatesBucket = []byte("templates") // shop -> Templates

	runsBucket    = []byte("runs")    // run -> Run
	noticesBucket = []byte("notices") // notice -> Notice

	peopleBucket = []byte("people") // person -> Person

	deadLettersBucket = []byte("dead letters") // time (16 hex digits) / effect -> deadLetter

	// busyBucket holds what nearly every update changes, so that it is on few pages: the effects, and how many
	// applications the long listings have. A letter parts them. The newest effects and the numbers are beside each other.
	//
	//	d sequence -> queued; the indexes of the effects are in memory, see effectIndex
	//	n listing  -> number of a shop's; no key where it is zero
	//	o listing  -> number of a campaign's
	busyBucket = []byte("busy")
)

// buckets are all of them.
var buckets = [][]byte{
	schemaBucket, authorisationsBucket, shopsBucket, applicationsBucket, listingsBucket, campaignsBucket, campaignNamesBucket,
	membersBucket, membershipsBucket, productsBucket, conversationsBucket, conversationIDsBucket, waitingBucket, templatesBucket, runsBucket, noticesBucket,
	peopleBucket, deadLettersBucket, busyBucket, figuresBucket, standingsBucket, appsBucket,
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

func applicationKey(k workflow.Key) []byte { return joined(string(k.Shop), string(k.ID)) }

// isApplication tells the key of an application from one of a history.
func isApplication(key []byte) bool { return bytes.Count(key, []byte{0}) == 1 }

func listingKey(p place) []byte { return joined(p.Listing, p.Sort) }

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

func historyKey(k workflow.Key, sequence uint64) []byte {
	return joined(string(k.Shop), string(k.ID), sequenceText(sequence))
}

// sequenceText writes a number so that it may be part of a cursor: text, in byte order, which is as short as its number
// is small. A first character tells how many follow.
func sequenceText(n uint64) string {
	digits := strconv.FormatUint(n, 36)
	return string(rune('0'+len(digits))) + digits
}

// reference is the value under a place: how long the parts of the application's key are with which the place's sort ends,
// as text with a slash; or the key itself, if the sort ends in another way. Only the latter holds a zero byte.
func reference(p place, k workflow.Key) []byte {
	if !strings.HasSuffix(p.Sort, k.String()) {
		return applicationKey(k)
	}
	value := binary.AppendUvarint(nil, uint64(len(k.Shop)))
	return binary.AppendUvarint(value, uint64(len(k.ID)))
}

// referred returns the key of the application that a place names.
func referred(at, value []byte) ([]byte, error) {
	if bytes.IndexByte(value, 0) >= 0 {
		return value, nil
	}
	shop, n := binary.Uvarint(value)
	id, m := binary.Uvarint(value[max(n, 0):])
	start := len(at) - int(shop) - 1 - int(id)
	if n <= 0 || m <= 0 || n+m != len(value) || shop >= uint64(len(at)) || id >= uint64(len(at)) || start < 0 {
		return nil, fmt.Errorf("%w: the place %q names no application", errDamaged, at)
	}
	key := bytes.Clone(at[start:])
	key[shop] = 0
	return key, nil
}

// keyOf reads what applicationKey wrote.
func keyOf(key []byte) workflow.Key {
	shop, id, _ := bytes.Cut(key, []byte{0})
	return workflow.Key{Shop: workflow.ShopID(shop), ID: workflow.ApplicationID(id)}
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
func named(what string, names ...string) error {
	for _, name := range names {
		if name == "" {
			return fmt.Errorf("%s has an empty name", what)
		}
		if err := fitting(what, name); err != nil {
			return err
		}
	}
	return nil
}

// fitting is named for a part of a key that may be empty.
func fitting(what, name string) error {
	switch {
	case !utf8.ValidString(name):
		return fmt.Errorf("the name %q of %s is not UTF-8", name, what)
	case strings.Contains(name, "\x00"):
		return fmt.Errorf("the name %q of %s holds a zero byte", name, what)
	}
	return nil
}

// nameable tells whether anything can be kept under a name. A prefix made from one that holds a zero byte would be that
// of others' keys.
func nameable(name string) bool { return named("", name) == nil }

// errDamaged tells that parts of the file contradict each other.
var errDamaged = errors.New("the store contradicts itself")
