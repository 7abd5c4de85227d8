package affiliatesim

import (
	"fmt"
	"time"
)

// maxApplications bounds what one stand-in keeps.
const maxApplications = 200_000

func shopName(i int) string {
	names := []string{"Glow and Home", "Kitchen Corner", "Desk Delights", "Trail Basics"}
	if i < len(names) {
		return names[i]
	}
	return fmt.Sprintf("%s %d", names[i%len(names)], i/len(names)+1)
}

// sample is a product that the stand-in knows from the start.
type sample struct {
	title    string
	variants []string
}

func samples() []sample {
	return []sample{
		{"Hydrating Glow Serum", []string{"30 ml", "50 ml", "Travel size"}},
		{"Velvet Lip Tint", []string{"Rosewood", "Cherry", "Apricot", "Plum"}},
		{"Ceramic Pour-Over Set", []string{"White", "Charcoal"}},
		{"Foldable Desk Lamp", []string{"Warm white", "Daylight"}},
		{"Cloud Knit Throw", []string{"Oat", "Sage", "Rust"}},
		{"Stackable Snack Boxes", []string{"Set of 3", "Set of 6"}},
		{"Cooling Eye Mask", []string{"One size"}},
		{"Trail Water Bottle", []string{"500 ml / Sand", "500 ml / Forest", "1 l / Sand"}},
		{"Silicone Baking Mats", []string{"Pair", "Pair, large"}},
		{"Wireless Charging Stand", []string{"Black", "White"}},
		{"Linen Cable Organiser", []string{"Small", "Large"}},
		{"Botanical Hand Cream", []string{"Fig", "Verbena", "Unscented"}},
	}
}

// usernameFor is the user name of the nth creator: obviously made of product words,
// and a different one for each n.
func usernameFor(n int) string {
	first := []string{
		"glow", "kitchen", "desk", "cozy", "trail", "linen", "botanical", "velvet", "ceramic", "snack", "travel",
		"morning", "evening", "sunday", "pocket", "paper", "amber", "coral", "mint", "cloud", "honey", "cedar", "pebble", "lamp",
	}
	second := []string{
		"daily", "finds", "corner", "reviews", "unboxed", "shelf", "picks", "basics", "tests", "routine", "edit",
		"notes", "haul", "hour", "lab", "diary", "gadgets", "tips", "studio", "list", "club", "drawer", "table",
	}
	joints := []string{".", "_", ""}
	// 24 and 23 share no divisor, so that the pairs only repeat after 552.
	name := first[n%len(first)] + joints[n/3%len(joints)] + second[n%len(second)]
	if round := n / (len(first) * len(second)); round > 0 {
		name = fmt.Sprintf("%s%d", name, round+1)
	}
	return name
}

// figuresFor are the numbers of the nth creator: from small to large, some of them
// not shared, once as an empty string and once by being absent.
func figuresFor(n int) figures {
	spread := mix(uint64(n))
	followers := 1200 + int(spread%97)*int(spread%97)*41
	f := figures{
		followers:  Count(followers),
		posts:      Count(3 + int(spread>>8%58)),
		views:      Count(followers/9 + int(spread>>16%4000)),
		fulfilment: Text(fmt.Sprintf("%d.%02d%%", 40+spread>>24%60, spread>>32%100)),
		gmv:        Money(fmt.Sprintf("%d.%02d", followers/23+int(spread>>40%900), spread>>48%100), "USD"),
	}
	if n%4 == 1 {
		f.fulfilment = Text(fmt.Sprintf("%d.%02d", 40+spread>>24%60, spread>>32%100))
	}
	switch n % 9 {
	case 3:
		f.gmv = Blank
	case 5:
		f.fulfilment = ""
	case 7:
		f.views, f.posts = Blank, ""
	}
	return f
}

// commissionFor is the commission rate of the nth request.
func commissionFor(n int) string {
	return []string{"0.15", "0.1", "0.2", "0.12", "0.25", "0.08"}[n%6]
}

// seed starts with n pending requests, whose deadlines lie between two and a half and
// seven days ahead.
func (c *Center) seed(n int) {
	for i := range n {
		in := Request{ApproveIn: (60*time.Hour + time.Duration(mix(uint64(i))%108)*time.Hour).String()}
		if _, err := c.AddApplication(in); err != nil {
			c.logger.Error("could not seed a pending request", "error", err)
			return
		}
	}
}
