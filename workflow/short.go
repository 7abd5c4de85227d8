package workflow

import (
	"crypto/sha256"
	"strings"
)

// ShortID is an application's short id, which can be read out and typed: five characters of Crockford's alphabet, made
// from the key. Two applications of a desk may share one rarely; whoever types it is then asked which.
type ShortID string

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// shortLength is how many characters a short id has: 33 million of them, so that among 5,000 applications one pair in
// three desks shares one.
const shortLength = 5

// Short returns the application's short id. It is the same on every desk and forever.
func (k Key) Short() ShortID {
	sum := sha256.Sum256([]byte(k.String()))
	var id [shortLength]byte
	for i := range id {
		id[i] = crockford[sum[i]%32]
	}
	return ShortID(id[:])
}

// confusable are the characters that Crockford's alphabet leaves out since they are mistaken for others.
var confusable = strings.NewReplacer("O", "0", "I", "1", "L", "1", "-", "")

// ParseShort reads a short id as a person may have typed it: in either case, with a number sign in front, with hyphens,
// and with letters that look like digits.
func ParseShort(typed string) (ShortID, bool) {
	id := confusable.Replace(strings.ToUpper(strings.TrimPrefix(Plain(typed), "#")))
	if len(id) != shortLength || strings.Trim(id, crockford) != "" {
		return "", false
	}
	return ShortID(id), true
}
