package workflow

import "time"

// LookKind is what a look is at.
type LookKind string

// The kinds.
const (
	LookAtApplication   LookKind = "application"
	LookAtConversation  LookKind = "conversation"
	LookAtAuthorisation LookKind = "authorisation"
)

// Look is something at TikTok that a webhook gave a reason to look at. What the webhook says of it changes nothing: a look
// asks TikTok, as a sweep would later. Of one subject there is one look, however many webhooks come.
type Look struct {
	Kind LookKind  `json:"kind"`
	Shop ShopID    `json:"shop"`
	ID   string    `json:"id,omitempty"` // of the application or the conversation; of an authorisation none
	At   time.Time `json:"at"`           // when the latest webhook came

	// Of an application, what narrows the search.
	Creator string    `json:"creator,omitempty"` // TikTok's open id of the creator
	Product ProductID `json:"product,omitempty"`
}

// Subject names what the look is at.
func (l Look) Subject() string { return string(l.Kind) + " " + string(l.Shop) + " " + l.ID }
