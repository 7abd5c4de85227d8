package view

import (
	"net/url"
	"strings"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// ContentFacts is what the message about a piece of content shows.
type ContentFacts struct {
	Content workflow.Content
	Stage   workflow.Stage // that the content brought its request to; empty: it stands where it stood
	Creator workflow.Creator
	Product workflow.Product
}

// Content tells of one piece of content that a creator posted, in the thread of the card. As it grows the message is
// edited.
func Content(f ContentFacts) Message {
	c := f.Content
	posted := ""
	if !c.At.IsZero() {
		posted = "posted " + stamp(c.At)
	}
	reached, spokenReached := "", ""
	if f.Stage != "" {
		reached, spokenReached = stageName(f.Stage), spoken(string(f.Stage), maxName)+". "
	}
	lines := []string{
		reached,
		"*Content found*: " + contentKind(c) + " by *" + profile(f.Creator) + "* about " + data(productOf(f.Product), maxTitle),
		dotted(contentLink(c.Link), posted),
	}
	blocks := []slack.Block{section(lines...)}
	if clean(c.Text) != "" {
		blocks = append(blocks, section(quote(c.Text, maxWords)))
	}
	figures := []string{"Views: *" + exactly(c.Views) + "*", "Likes: *" + exactly(c.Likes) + "*", "Paid orders: *" + exactly(c.Orders) + "*"}
	blocks = append(blocks, section(dotted(figures...)))
	return Message{
		Text: spokenReached + "Content found: " + contentKind(c) + " by " + spokenName(f.Creator) + "; views " + exactly(c.Views) +
			", likes " + exactly(c.Likes) + ", paid orders " + exactly(c.Orders),
		Blocks: blocks,
	}
}

// The vendor's formats of content.
const (
	formatVideo = "VIDEO"
	formatLive  = "LIVE"
)

func contentKind(c workflow.Content) string {
	switch c.Format {
	case formatVideo:
		return "a video"
	case formatLive:
		return "a LIVE"
	default:
		return "a post"
	}
}

// contentLink leads to a piece of content. Whoever clicks sees where to; it has to be encrypted.
func contentLink(address string) string {
	if !strings.HasPrefix(address, "https://") || !webAddress(address) {
		return "TikTok doesn't give a link to it"
	}
	u, err := url.Parse(address)
	if err != nil {
		return "TikTok doesn't give a link to it"
	}
	return linkTo(address, "Watch it on "+label(u.Hostname(), maxName))
}

// contents counts what a creator posted: "2 videos and 1 LIVE".
func contents(all []workflow.Content) string {
	videos, lives := 0, 0
	for _, c := range all {
		switch c.Format {
		case formatVideo:
			videos++
		case formatLive:
			lives++
		}
	}
	said := ""
	for _, each := range []struct {
		n    int
		noun string
	}{{videos, "video"}, {lives, "LIVE"}, {len(all) - videos - lives, "other post"}} {
		if each.n == 0 {
			continue
		}
		if said != "" {
			said += " and "
		}
		said += many(each.n, each.noun)
	}
	return said
}
