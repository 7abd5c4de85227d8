// Package workflow holds the rules of Sample Desk: what an application can become, who may make it so, what has to be
// posted, sent and done when it does, and what must never be lost.
//
// A rule is changed in one of three places. lifecycle.go is the table of transitions and quotes the sentence behind
// each row; guards.go holds the conditions the table names; step.go turns one event into a new state and the effects
// that follow. All of that is pure: it reads no clock, no store and no network, and depends on the standard library
// alone.
//
// The engine, in workflow/engine, wraps a step in one transaction (load, step, save, append history, enqueue effects).
// What it needs of a store is Store and Tx; the dispatcher in workflow/outbox delivers the effects.
//
// # Glossary
//
//	application      a creator's request for a free sample, as TikTok reports it
//	stage            the name on screen of where an application or a member is; a state is finer: the review has five
//	decision         the team's approval or rejection, and how far it has come on its way to TikTok
//	round            the number of what people can act on; it rises with each decision, so that a click on an old card is recognised
//	observation      one application as TikTok answered; Reported is the event it becomes
//	sweep            one reading of all live applications of a shop
//	backfill         the reading, page by page, of applications that had ended before the desk was connected
//	effect           something still to be done in Slack or at TikTok, saved with the change that caused it
//	outbox           the effects that are not delivered yet
//	lane             a queue of effects that are delivered one after the other; lanes do not wait for each other
//	claim            a lease on an effect, taken before it is delivered; a claimed decision counts as sent
//	dispatcher       takes effects from the outbox and gives them to the service that delivers them
//	verification     the check whether a delivery with a lost answer arrived, before it is repeated
//	parked, wake     an effect that waits for something else (a reply for its card), and the end of that wait
//	dead letter      an effect that can never be delivered, kept for a person to see and retry
//	payload          the facts of a message in Slack; its kind says what it is about and which text it gets
//	post             a message in Slack that is edited later, as it stands there: a card or a notice
//	renderer         says what a kind of message shows now; bot/post writes that to Slack
//	card             the message in Slack about one application; its thread has the replies
//	notice           a post that is no card: a run's progress, a question, a morning message
//	campaign         a group of creators and products that the team works on
//	member           a creator in a campaign, and where they stand before an application decides it
//	run              something long that a person started: several decided or added to a campaign, or an import
//	timer            an application's running deadline, and when its next step is due
//	escalation step  what is announced how long before or after a deadline, and once
//	audience         who hears of a step: the thread, the reviewers, the channel, the admins
//	surface          where a person acted: card, dialog, command, App Home
//	dedup key        Slack's id of an action, by which a second delivery of it is recognised
//	refusal          an action that is not allowed: an error with the rule and the facts as they are now
//	rule             of a shop: conditions, what is to be done where all hold, caps and a mode (ShopRule); a refusal names a Rule
//	mode             how far a rule is trusted: watching, proposing, automatic
//	facts            what the conditions of rules look at of a request at a time (RuleFacts)
//	proposal         what a rule says of a request, and why
//	watched          what a rule that is only watched would have said
//	cap              how many samples, or for how much, rules may approve in a time; what is over it waits for a person
//	list             creators that a team keeps by name: block, vip, any other
//	outcome          whether people agreed with a rule, let it stand or overruled it
//	demotion         a rule's return from automatic to proposing, since people overruled it often
//	second           an approval that waits for another person's
//	touched          a person had a request in hand, so no rule decides it
//	engine           wraps a step in one transaction (load, step, save, append history, enqueue effects)
//	txn              one transaction of the engine
//	query            what is found, listed and counted; it reads a Tx and writes nothing
//	tally            a count kept up to date in the transaction of each change, so that nothing is scanned for it
package workflow
