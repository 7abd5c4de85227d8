package bot

import (
	"sampledesk/bot/picture"
	"sampledesk/bot/view"
)

// drawFunnel draws a campaign's funnel as a PNG.
func drawFunnel(c view.FunnelChart) ([]byte, error) {
	chart := picture.Funnel{Title: c.Title, Subtitle: c.Subtitle, Footer: c.Footer}
	for _, b := range c.Bars {
		chart.Bars = append(chart.Bars, picture.Bar{Label: b.Stage, Count: b.Count, Note: b.Note})
	}
	return chart.PNG()
}

// drawQR draws a link as a QR code.
func drawQR(link string) ([]byte, error) { return picture.QR(link) }
