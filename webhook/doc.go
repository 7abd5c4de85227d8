// Package webhook tells other systems what happened to a shop's applications: it delivers the effects of the outbox that go
// to the address in the shop's settings. It knows neither Slack nor TikTok.
//
// A body is one flat JSON object of strings, which a no-code tool and an ERP take alike; Fields lists it. Each delivery is
// signed, and carries an id that stays the same however often it is tried:
//
//	Sampledesk-Event-Id: 3KQJ…            the same at each attempt; whoever has it already answers 2xx and does nothing
//	Sampledesk-Timestamp: 1767225600      seconds since 1970, of the attempt
//	Sampledesk-Signature: v1=5257a869…    hexadecimal HMAC-SHA256, with the shop's secret, of timestamp, "." and the raw body
//
// Only an answer of 2xx counts. Anything else is tried again, sooner at first and then each ten minutes, for a day; an
// answer that the request is wrong (4xx) for some minutes. What is given up becomes a dead letter, and admins are told.
//
// # What it defends against
//
//   - An admin of a shop, or who got into their account, who names an address inside the operator's network to reach what
//     only the desk reaches (cloud metadata, a database, the desk itself). Addresses are looked at when they are dialled,
//     after the name was resolved, so a name that resolves to another address each time does not help; private, loopback,
//     link-local, shared and reserved ones are refused unless the operator allows them. No redirect is followed and no
//     proxy used. Of the answer people see its status and nothing else, so nothing is read through the desk.
//   - Somebody who sends a receiver events of their own, or an old one again: the signature covers the body and the time.
//   - Somebody who reads the store, the log or a screen: the secret is sealed, shown once, and never logged. The address is
//     often a secret too: of it only the host is shown and logged.
//   - A receiver that hangs, floods or fails: time-outs, a bounded answer, a rate and places of its own per shop, so that
//     neither Slack, TikTok nor another shop waits.
//
// What is left: who has the secret can sign, until an admin makes a new one. Port scans of public addresses are possible,
// at the rate of a test's button. An admin can send what the shop's settings let them see to whom they like.
package webhook
