package workflow

import "fmt"

// Error makes an error of a cause, for a call of TikTok's whose outcome is no event: who gets it can tell a person why.
func (c Cause) Error() string {
	if c.Code == 0 {
		return c.Message
	}
	return fmt.Sprintf("TikTok answered %d: %s", c.Code, c.Message)
}
