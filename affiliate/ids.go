package affiliate

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
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
	// CampaignID names what kind of the vendor's own campaigns a request link is for.
	CampaignID string
	// ConversationID names a shop's conversation with a creator.
	ConversationID string
	// MessageID names a message of a conversation.
	MessageID string
	// IMUserID names whoever writes in conversations. A creator's is another number
	// than their [CreatorID]; a [Conversation] shows both of one creator.
	IMUserID string
	// ContentID names what a creator posted.
	ContentID string
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

// UnmarshalJSON takes a string, an integer or null.
func (id *ConversationID) UnmarshalJSON(data []byte) error { return decodeID(id, data) }

// UnmarshalJSON takes a string, an integer or null.
func (id *MessageID) UnmarshalJSON(data []byte) error { return decodeID(id, data) }

// UnmarshalJSON takes a string, an integer or null.
func (id *IMUserID) UnmarshalJSON(data []byte) error { return decodeID(id, data) }

// UnmarshalJSON takes a string, an integer or null.
func (id *ContentID) UnmarshalJSON(data []byte) error { return decodeID(id, data) }

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
	if err := checkID(text); err != nil {
		return err
	}
	*id = ID(text)
	return nil
}

// checkID refuses what no store could keep as an id.
func checkID(text string) error {
	if len(text) > longestID {
		return fmt.Errorf("an id is longer than %d bytes", longestID)
	}
	if strings.ContainsRune(text, 0) {
		return errors.New("an id holds a zero byte")
	}
	return nil
}

// isPathID is true of what may stand in a path, which is signed: only what the
// vendor documents, a decimal number of up to 64 bits.
func isPathID[ID ~string](id ID) bool { return isDecimal(string(id)) && len(id) <= 20 }

// isDecimal is true of one digit or more and nothing else.
func isDecimal(text string) bool {
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return text != ""
}
