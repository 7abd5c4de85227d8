package view

import (
	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// ShipmentsFacts is what an announcement about shipments tells.
type ShipmentsFacts struct {
	Payload workflow.Payload // Items are some of Waiting
	Days    int              // after how many days without a movement a parcel is announced
	Post    int              // how many days a creator has to post
}

// Shipments announces what became of shipments, those of one sweep together.
func Shipments(f ShipmentsFacts) Message {
	s := f.Payload
	title, lines := shipmentsTitle(s), []string{shipmentsWhy(f)}
	blocks := []slack.Block{section(append([]string{"*" + title + "*" + forShop(s.Shop)}, lines...)...)}
	blocks = append(blocks, sections(itemLines(s, func(workflow.Item) string { return "" }))...)
	if more := rest(s); more != "" {
		blocks = append(blocks, aside(more+"See all of them in App Home under "+stageName(newsStages[s.News])+"."))
	}
	return Message{Text: title + spokenShop(s.Shop), Blocks: blocks}
}

// newsStages are where App Home lists what was told of.
var newsStages = map[workflow.News]workflow.Stage{
	workflow.NewsShipped: workflow.StageShipping, workflow.NewsDelivered: workflow.StageContent,
	workflow.NewsStuck: workflow.StageShipping, workflow.NewsNotShipped: workflow.StageNotShipped,
}

func shipmentsTitle(s workflow.Payload) string {
	n := s.Waiting
	switch s.News {
	case workflow.NewsShipped:
		return many(n, "sample") + " shipped"
	case workflow.NewsDelivered:
		return many(n, "sample") + " delivered"
	case workflow.NewsStuck:
		return many(n, "parcel") + " " + seems(n) + " stuck"
	default:
		return many(n, "sample") + " not shipped in time"
	}
}

func seems(n int) string {
	if n == 1 {
		return "seems"
	}
	return "seem"
}

func shipmentsWhy(f ShipmentsFacts) string {
	switch f.Payload.News {
	case workflow.NewsDelivered:
		return verb(f.Payload.Waiting, "The creator now has ", "The creators now have ") + many(f.Post, "day") + " to post."
	case workflow.NewsStuck:
		return "TikTok has shown no movement for " + many(f.Days, "day") + ". Please check with the carrier."
	case workflow.NewsNotShipped:
		return "TikTok cancelled " + itThem(f.Payload.Waiting) + " because we didn't ship in time."
	default:
		return ""
	}
}

func itThem(n int) string {
	if n == 1 {
		return "it"
	}
	return "them"
}
