package view

import (
	"fmt"
	"time"
)

// Slack shows a date token in the zone of the reader's device, and its fallback, which names its own zone, where it
// cannot.

// stamp is an absolute time: "22 Nov, 09:24".
func stamp(t time.Time) string { return token(t, "{date_short_pretty} {time}", utc(t)) }

// stampSeconds is the time of day to the second, for what is seconds away.
func stampSeconds(t time.Time) string {
	return token(t, "{time_secs}", t.UTC().Format("2006-01-02 15:04:05")+" UTC")
}

// due is an absolute time with the time left, which goes on counting without an edit. They are two tokens, so that a
// client that cannot count still shows the first.
func due(t time.Time) string { return stamp(t) + " (" + token(t, "{ago}", utc(t)) + ")" }

// spokenLeft is the time left, for a notification, which does not count on: " (6 hours left)". None is left out.
func spokenLeft(left time.Duration) string {
	switch {
	case left < time.Minute/2:
		return ""
	case left < 59*time.Minute+30*time.Second:
		return " (" + many(int(left.Round(time.Minute)/time.Minute), "minute") + " left)"
	case left < 49*time.Hour:
		return " (" + many(int(left.Round(time.Hour)/time.Hour), "hour") + " left)"
	default:
		return " (" + many(int((left+12*time.Hour)/(24*time.Hour)), "day") + " left)"
	}
}

// utc is a time in words, for where Slack shows no token: in fallbacks and in pictures.
func utc(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") + " UTC" }

func token(t time.Time, format, fallback string) string {
	return fmt.Sprintf("<!date^%d^%s|%s>", t.Unix(), format, fallback)
}

// Lasting puts a span of time in words: "10 seconds", "2 minutes".
func Lasting(d time.Duration) string {
	if d >= time.Minute && d%time.Minute == 0 {
		return many(int(d/time.Minute), "minute")
	}
	return many(int((d+time.Second-1)/time.Second), "second")
}
