package view

// Denial is why somebody was turned away before any rule of the workflow was asked.
type Denial string

// The denials.
const (
	DeniedGuest     Denial = "guest"
	DeniedElsewhere Denial = "another workspace"
	DeniedOutside   Denial = "not in the channel"
	DeniedUnchecked Denial = "could not be checked in time"
	DeniedUnsaved   Denial = "not saved"
	DeniedUnread    Denial = "not read"
	DeniedLate      Denial = "modal too late"
	DeniedReviewers Denial = "no reviewer"
	DeniedAdmins    Denial = "no admin"
	DeniedNoShop    Denial = "no shop"
)

var denials = map[Denial]string{
	DeniedGuest:     "Guests can look on but not decide. Please ask a full member of the channel to do it.",
	DeniedElsewhere: "Only people of this workspace decide on samples. Please ask one of them to do it.",
	DeniedOutside:   "This belongs to a channel that you are not in. Please ask somebody there to invite you.",
	DeniedUnchecked: "Slack did not tell us in time whether you may do this, so nothing was done. Please try again in a moment.",
	DeniedUnsaved:   "That was not saved, so nothing was done. Please try again in a moment.",
	DeniedUnread:    "The desk could not read that just now. Please try again in a moment.",
	DeniedReviewers: "Only the shop's reviewers decide on samples. Please ask one of them, or ask an admin to make you one.",
	DeniedAdmins:    "Only admins of the desk can do that. Please ask one of them.",
	DeniedNoShop:    "No shop is connected yet. As soon as one is, its sample requests arrive here by themselves.",
	DeniedLate:      "Slack did not let the dialog open in time. Please click again.",
}

// Denied is the friendly no to somebody who was turned away: the reason, and what to do next.
func Denied(d Denial) string {
	if s, ok := denials[d]; ok {
		return s
	}
	return "You cannot do this here. `/samples help` tells what can be done, and where."
}
