// Package picture draws what the desk posts as images: a request link as a QR code, a campaign's funnel, a week in
// columns. It is pure: plain values in, the bytes of a PNG out; no Slack, no store, no clock, and equal values give
// equal bytes.
//
// The charts are drawn here, on golang.org/x/image, and not by a chart library: those at hand draw a row of boxes for
// a name in a script that their font lacks, let a long name run out of the picture and tell series apart by colour
// alone.
//
// Every picture has its own opaque, light ground, since Slack shows it in light mode and in dark mode alike. The sizes
// are made for both ends: 1,120 pixels are twice what a desk shows, and at 400 pixels on a phone the smallest letters
// are still about 11 pixels high. No picture is more than 2,000 pixels either way.
package picture
