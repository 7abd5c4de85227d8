package workflow

import "strings"

// Sentence is a sentence of the lifecycle, as the README carries it. The table quotes them; a test holds the two
// together, word for word.
type Sentence string

// The sentences on a creator in a campaign.
const (
	L0 Sentence = "L0. A creator who was added to a campaign is **Invited** until they answer."
	L1 Sentence = "L1. A creator who answers a campaign's message is in **Reply to creators**."
	L2 Sentence = "L2. When the team says that a sample is needed, the creator moves to **Sample application review pending**."
	L3 Sentence = "L3. When the team says that no sample is needed, the creator moves to **Content pending**."
)

// The sentences on sample applications.
const (
	L4  Sentence = "L4. An application that waits for the team is in **Sample application review pending**."
	L5  Sentence = "L5. A reviewer may approve it, and may add the creator to a campaign or to none."
	L6  Sentence = "L6. An approved application is in **Awaiting shipment** once the Affiliate Center has confirmed the approval."
	L7  Sentence = "L7. When the Affiliate Center reports the sample as shipped, the application is in **Shipping**."
	L8  Sentence = "L8. When the sample is delivered, the application is in **Content pending**."
	L9  Sentence = "L9. A reviewer may reject it, and must choose one of the four reasons that the Affiliate Center knows."
	L10 Sentence = "L10. A rejected application is in **Reject** once the Affiliate Center has confirmed it, which is what tells the creator."
	L11 Sentence = "L11. When the creator's content is found, or the platform marks the sample done, the application is **Completed**."
	L12 Sentence = "L12. A decision can be undone until it is sent, and not after, by whoever made it or by an admin."
	L13 Sentence = "L13. A decision that the Affiliate Center refuses for good returns the application to review, with the cause on the card."
	L14 Sentence = "L14. Whatever the Affiliate Center reports wins over what the desk believed, and the card says that it was changed there, not from this desk."
	L15 Sentence = "L15. An application that ends otherwise names the ending and whose move it was:"
)

// Sentences lists them in order.
var Sentences = []Sentence{L0, L1, L2, L3, L4, L5, L6, L7, L8, L9, L10, L11, L12, L13, L14, L15}

// ID returns the sentence's number, such as "L4".
func (s Sentence) ID() string {
	id, _, _ := strings.Cut(string(s), ".")
	return id
}
