package view

import (
	"fmt"
	"strings"

	"sampledesk/workflow"
)

// The bounds of answers about several shops: how long the text besides the blocks is, in code points, and how many shops a
// question names.
const (
	maxText  = 1000
	maxShops = 15
)

// WhichShop asks which of several shops a command means; typed is the command as it was given.
func WhichShop(typed string, shops []workflow.Shop) Message {
	if len(shops) == 0 {
		return Aside("No shop is connected yet, so you can't create a campaign. See `/samples help`.")
	}
	called := map[string]int{}
	for _, s := range shops {
		called[strings.ToLower(clean(s.Name))]++
	}
	var names []string
	for _, s := range shops[:min(maxShops, len(shops))] {
		name := clean(s.Name)
		if name == "" || called[strings.ToLower(name)] > 1 {
			name = string(s.ID) // only the id tells shops of one name apart
		}
		names = append(names, "`for "+data(name, maxName)+"`")
	}
	more := ""
	if n := len(shops) - len(names); n > 0 {
		more = fmt.Sprintf(" (there are %d more)", n)
	}
	return Aside("This channel has several shops. Which one is it for? Please add one of " + strings.Join(names, ", ") + more +
		" at the end of " + quoted(typed, maxWords) + ".")
}
