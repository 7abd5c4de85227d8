package workflow

import "fmt"

// Fault is what a failure means to people; the view words it.
type Fault string

// The faults. Those up to FaultKey stop the shop or one call until a person mends them, the next two are the end of
// what was asked for, and the others pass by themselves.
const (
	FaultReconnect Fault = "reconnect"      // the shop has to be connected again
	FaultExpired   Fault = "expired"        // the access to the shop has run out and could not be renewed
	FaultAppKey    Fault = "app key"        // TikTok does not know the app
	FaultSecret    Fault = "secret"         // TikTok does not accept the signature
	FaultClock     Fault = "clock"          // this machine's clock is wrong
	FaultShop      Fault = "shop"           // TikTok does not know the shop by the name that the desk has for it
	FaultScope     Fault = "scope"          // the app lacks a scope
	FaultVersion   Fault = "version"        // TikTok has switched this version of a call off
	FaultNoCall    Fault = "no such call"   // TikTok has no such call
	FaultBug       Fault = "bug"            // the desk makes a call that lacks something
	FaultAddress   Fault = "address"        // this machine is not on the app's list of addresses
	FaultKey       Fault = "key"            // the stored tokens do not open with the desk's key
	FaultAgency    Fault = "agency"         // the request is an agency's, and not the shop's to decide
	FaultRegion    Fault = "another region" // the creator is in another region than the shop
	FaultBusy      Fault = "busy"           // too many requests
	FaultTikTok    Fault = "theirs"         // TikTok had a fault of its own
	FaultQuota     Fault = "quota"          // the quota of messages is used up
	FaultDay       Fault = "day"            // the quota of a day is used up
)

// The calls that can be stopped alone, as a Failure names them.
const (
	CallSearch = "sample_applications/search" // without it no new requests are read
	CallReview = "sample_applications/review" // without it decisions wait
)

// Error makes an error of a failure, for a call to TikTok whose outcome is no event: the caller can show a person why
// it failed.
func (c Failure) Error() string {
	if c.Code == 0 {
		return c.Message
	}
	return fmt.Sprintf("TikTok answered %d: %s", c.Code, c.Message)
}
