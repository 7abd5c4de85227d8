// Package affiliatesim is a stand-in for the vendor's Affiliate Center: the Open
// API for sellers and its token calls, the people and parcels behind it, and a
// page to look at them.
//
// It speaks the real wire protocol and keeps real state, so any client in any
// language may be pointed at it. It is stricter than the vendor, never kinder:
// where the vendor's documentation is silent the stricter reading was chosen, and
// a comment says so where that happened. It imports nothing of this project, lest
// a fault of the client be repeated in its judge.
//
// One address serves everything: the Open API and the token calls at the root
// paths, as the vendor has them on two hosts; the consent page at /open/authorize for the
// rest of the world and at /us/open/authorize for the United States; the page at /; and under /sim/ the
// controls, which play TikTok, the warehouse and the creators:
//
//	POST /sim/applications           a creator asks for a sample
//	POST /sim/applications/{id}/{action}
//	POST /sim/messages               a creator writes
//	POST /sim/collaborations         a target collaboration begins
//	POST /sim/products/{id}          stock changes, or the product is switched off
//	POST /sim/automation             what is approved, rejected, cancelled and ungrouped by itself
//	POST /sim/authorization          codes, expiry, scopes, the end of an authorisation, de-authorisation
//	GET, POST /sim/apps              the apps, with key, secret, service id and redirect address; another one
//	POST /sim/apps/{service_id}      an app's redirect address changes
//	GET, POST /sim/accounts          who can consent: sellers with their shops, creators, partners; another one
//	POST /sim/consent                somebody consents or declines, as on the consent page
//	POST /sim/clock                  business time moves on
//	POST /sim/lag                    the search lags behind writes for so long
//	POST /sim/limits                 calls and messages get other limits
//	POST /sim/faults                 the next calls misbehave
//	POST /sim/oddities               records answer with odd values, listings with odd pages
//	POST /sim/webhooks               deliver webhooks there from now on
//	GET  /sim/state                  everything, as it really is
//	GET  /sim/calls[?since=N]        the calls that arrived, faulted ones included
//	GET  /sim/rows, /sim/conversations, /sim/events   what the page reads
//	GET  /sim/pictures/{name}.png    pictures of products and creators
//
// All time is the process's own ([time.Now] and timers), so a Center works inside
// a testing/synctest bubble.
package affiliatesim
