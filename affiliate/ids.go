package affiliate

import (
	"encoding/json"
	"errors"
	"fmt"
)

// The vendor's identifiers are decimal strings of up to 64 bits. They are kept
// as text and never pass through a float; where an answer holds a JSON integer
// in place of a string, its digits are taken as they stand.
type (
	// ShopID names a shop.
	ShopID string
	// ApplicationID names a sample application.
	ApplicationID string
	// CreatorID is a creator's open id.
	CreatorID string
	// ProductID names a product.
	ProductID string
	// SKUID names a variant of a product.
	SKUID string
	// OrderID names the order that an approved application became.
	OrderID string
	// CollaborationID names a target collaboration.
	CollaborationID string
)

// UnmarshalJSON takes a string, an integer or null.
func (id *ShopID) UnmarshalJSON(data []byte) error { return decodeID(id, data) }

// UnmarshalJSON takes a string, an integer or null.
func (id *ApplicationID) UnmarshalJSON(data []byte) error { return decodeID(id, data) }

// UnmarshalJSON takes a string, an integer or null.
func (id *CreatorID) UnmarshalJSON(data []byte) error { return decodeID(id, data) }

// UnmarshalJSON takes a string, an integer or null.
func (id *ProductID) UnmarshalJSON(data []byte) error { return decodeID(id, data) }

// UnmarshalJSON takes a string, an integer or null.
func (id *SKUID) UnmarshalJSON(data []byte) error { return decodeID(id, data) }

// UnmarshalJSON takes a string, an integer or null.
func (id *OrderID) UnmarshalJSON(data []byte) error { return decodeID(id, data) }

// UnmarshalJSON takes a string, an integer or null.
func (id *CollaborationID) UnmarshalJSON(data []byte) error { return decodeID(id, data) }

// longestID leaves room for open ids, which are longer than the 20 digits of 64 bits.
const longestID = 128

func decodeID[ID ~string](id *ID, data []byte) error {
	text := string(data)
	switch {
	case text == "null":
		text = ""
	case len(data) > 0 && data[0] == '"':
		if err := json.Unmarshal(data, &text); err != nil {
			return fmt.Errorf("reading an id: %w", err)
		}
	case !isDecimal(text):
		return errors.New("an id is neither a string nor an integer")
	}
	if len(text) > longestID {
		return fmt.Errorf("an id is longer than %d bytes", longestID)
	}
	*id = ID(text)
	return nil
}

// isDecimal is true of one digit or more and nothing else.
func isDecimal(text string) bool {
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return text != ""
}
