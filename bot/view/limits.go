package view

// Slack's limits of what a block holds, in code points where it is text. What is given to a message as a whole is limited
// where messages are joined.
const (
	// MaxChoices is how many options a menu can offer.
	MaxChoices = 100

	// maxValue is the longest value of a button.
	maxValue = 2000

	// maxOption is the longest text and value of an option. Slack's documentation allows twice that of a value and its
	// libraries do not, so this is the stricter reading.
	maxOption = 75

	// maxMetadata is the longest private metadata of a view.
	maxMetadata = 3000

	// maxSection is how much text a section is given; Slack takes 3,000.
	maxSection = 2900
)
