package affiliatesim

import (
	mathrand "math/rand/v2"
	"net/http"
	"time"
)

// Unreliable deliveries: of ten webhooks one is lost, one comes twice and two come
// late, by one to lateMost seconds. How often the vendor's do is not documented, only
// that they may be lost.
const (
	lateMost   = 10
	diceFaces  = 10
	faceLost   = 0
	faceTwice  = 1
	facesLate  = 2 // this face and the next
	maxLate    = time.Hour
	maxRepeats = 10
)

// manner is how webhooks are delivered.
type manner struct {
	times int           // how often each
	late  time.Duration // how long each is held back
	dice  *mathrand.Rand

	forged       bool // signed with a secret that is nobody's
	sampleStatus bool // not of deliveries: whether the call that registers addresses knows a name for 56
}

// next decides for one webhook: how often, and how late. The same seed makes the same
// decisions in the same order.
func (m manner) next() (copies int, late time.Duration) {
	copies, late = m.times, m.late
	if m.dice == nil {
		return copies, late
	}
	switch face := m.dice.IntN(diceFaces); face {
	case faceLost:
		copies = 0
	case faceTwice:
		copies *= 2
	case facesLate, facesLate + 1:
		late += time.Duration(1+m.dice.IntN(lateMost)) * time.Second
	}
	return copies, late
}

// simWebhooks answers POST /sim/webhooks: deliver to this address from now on; an
// empty one stops. "times" delivers each webhook so often, 0 loses it; "late" holds it
// back; "unreliable" lets some be lost, doubled or late by themselves, the same ones
// for the same "seed"; "forged" signs them with a wrong secret;
// "names_56" has the call that registers addresses take SAMPLE_APPLICATION_STATUS_CHANGE.
//
// The vendor takes no address like this stand-in's users have: only https, a domain name
// and no port. That rule cannot hold on loopback, so it holds for the call that registers
// addresses, and those may be somebody's. So nothing is sent to them by itself: "through" is
// what stands for the internet and the reverse proxy, and gets what goes to a registered
// address, with its path and its host.
func (c *Center) simWebhooks(_ *http.Request, body []byte) (any, error) {
	in, err := control[struct {
		URL        string `json:"url"`
		Through    string `json:"through"`
		Times      *int   `json:"times"`
		Late       string `json:"late"`
		Unreliable bool   `json:"unreliable"`
		Seed       uint64 `json:"seed"`
		Forged     bool   `json:"forged"`
		Names56    bool   `json:"names_56"`
	}](body)
	if err != nil {
		return nil, err
	}
	if in.URL != "" && !webLink(in.URL) {
		return nil, badInput(`url must be an absolute web address such as "http://127.0.0.1:8080/tiktok/webhook", or "" to stop; not %q`, clip(in.URL, 100))
	}
	if in.Through != "" && !webLink(in.Through) {
		return nil, badInput(`through must be an absolute web address such as "http://127.0.0.1:8080", or "" for nothing; not %q`, clip(in.Through, 100))
	}
	m := manner{times: given(in.Times, 1), forged: in.Forged, sampleStatus: in.Names56}
	if m.times < 0 || m.times > maxRepeats {
		return nil, badInput("times must be from 0 (lose them) to %d, not %d", maxRepeats, m.times)
	}
	if m.late, err = window("late", in.Late); err != nil {
		return nil, err
	}
	if m.late > maxLate {
		return nil, badInput("late must be at most %s, not %s", maxLate, m.late)
	}
	if in.Unreliable {
		m.dice = mathrand.New(mathrand.NewPCG(in.Seed, in.Seed))
	}
	c.hooks.aim(in.URL, in.Through, m)
	c.changed()
	return map[string]any{"ok": true}, nil
}
