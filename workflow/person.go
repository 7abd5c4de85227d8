package workflow

// Person is what is kept of somebody who works with the desk.
type Person struct {
	ID PersonID `json:"id"`

	// Home is how they last looked at App Home, filters and order, as its surface writes it. Whoever reads it takes what
	// cannot be read for nothing.
	Home string `json:"home,omitempty"`
}
