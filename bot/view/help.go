package view

import (
	"slices"
	"strings"

	"github.com/slack-go/slack"
)

// Subcommand is one thing that a slash command can do.
type Subcommand struct {
	Name string
	Args string // as people are shown them; empty: none
	Does string
}

// The slash commands.
const (
	CommandSamples  = "/samples"
	CommandCampaign = "/campaign"
)

// SamplesCommands are what `/samples` can do, as its help lists it.
var SamplesCommands = []Subcommand{
	{Name: "queue", Args: "[words]", Does: "pending requests, soonest deadline first; add words to find some of them"},
	{Name: "find", Args: "<words>", Does: "requests by a creator's name or handle or a product; the beginning of each word is enough"},
	{Name: "show", Args: "<id or @creator>", Does: "everything about a request, or a creator's requests"},
	{Name: "approve", Args: "<id>", Does: "approve a request; you can also use a creator's name or a link to the card"},
	{Name: "reject", Args: "<id> <reason>", Does: "reject a request; give the reason in words or by number"},
	{Name: "assign", Args: "<id> [@colleague]", Does: "ask a colleague to take a request on; they are told in a direct message"},
	{Name: "stats", Args: "[period] [csv]", Does: "requests received, decided, shipped, posted and wasted in the last 7 days or another period; add `csv` to get a file"},
	{Name: "rules", Args: "[list | new | show | test | …]", Does: "rules that suggest what to do, and what each would have done; `/samples rules help` lists all"},
	{Name: "retry", Args: "[id]", Does: "failed deliveries and why; add an id to try that one again now"},
	{Name: "status", Does: "is Sample Desk working: connections, what is waiting to be sent, what failed"},
	{Name: "settings", Does: "the shop's settings (admins only)"},
	{Name: "help", Does: "show this list"},
}

// CampaignCommands are what `/campaign` can do, as its help lists it.
var CampaignCommands = []Subcommand{
	{Name: "list", Does: "all campaigns"},
	{Name: "status", Args: "<name>", Does: "how many creators are at each stage, what is overdue, and what you need to do"},
	{Name: "create", Args: "<name>", Does: "create a campaign"},
	{Name: "add", Args: "<name> <@creator>", Does: "add one or more creators to a campaign"},
	{Name: "import", Args: "<target collaboration id>", Does: "import the creators and products of a target collaboration into a campaign with the same name"},
	{Name: "archive", Args: "<name>", Does: "close a campaign, so that no one can be added to it"},
	{Name: "help", Does: "show this list"},
}

// SamplesHelp is the answer to `/samples help`.
func SamplesHelp() Message {
	return help(CommandSamples, "Sample requests appear as cards in this channel. Decide on them there.", SamplesCommands)
}

// CampaignHelp is the answer to `/campaign help`.
func CampaignHelp() Message {
	return help(CommandCampaign, "Campaigns group creators. Add one with *Add to campaign* on a card.", CampaignCommands)
}

func help(command, about string, all []Subcommand) Message {
	lines := []string{"*What `" + command + "` can do*"}
	for _, s := range all {
		lines = append(lines, "`"+s.typed(command)+"` "+s.Does)
	}
	blocks := []slack.Block{section(lines...), aside(about + " Slack commands work in a channel, not in a thread.")}
	return Message{Text: "What " + command + " can do: " + names(all), Blocks: blocks}
}

// typed is how the subcommand is typed, escaped.
func (s Subcommand) typed(command string) string {
	return join(" ", command, s.Name, escaper.Replace(s.Args))
}

func names(all []Subcommand) string {
	list := make([]string, len(all))
	for i, s := range all {
		list[i] = s.Name
	}
	return strings.Join(list, ", ")
}

// Usage tells how a subcommand is typed, for when something is missing. One that does not exist gets the answer of
// Unknown.
func Usage(command, name string) Message {
	all := subcommands(command)
	i := slices.IndexFunc(all, func(s Subcommand) bool { return s.Name == name })
	if i < 0 {
		return Unknown(command, name)
	}
	return Aside("Usage: `" + all[i].typed(canonical(command)) + "`")
}

// Unknown is the answer to a subcommand that does not exist: the nearest that does, or all of them. Command is
// CommandSamples or CommandCampaign.
func Unknown(command, typed string) Message {
	all := subcommands(command)
	command = canonical(command)
	typed = clean(typed)
	if typed == "" {
		return help(command, "Please add what you want to do.", all)
	}
	sorry := "`" + command + "` has no command " + quoted(typed, maxName) + ". "
	if s, ok := nearest(typed, all); ok {
		return Aside(sorry + "Did you mean `" + s.typed(command) + "`?")
	}
	return Aside(sorry + "Commands: " + names(all) + "; `" + command + " help`.")
}

func canonical(command string) string {
	if strings.Trim(command, "/") == strings.Trim(CommandCampaign, "/") {
		return CommandCampaign
	}
	return CommandSamples
}

func subcommands(command string) []Subcommand {
	if canonical(command) == CommandCampaign {
		return CampaignCommands
	}
	return SamplesCommands
}

// nearest finds the subcommand that was most likely meant: one that begins like it, or is at most two slips away.
func nearest(typed string, all []Subcommand) (Subcommand, bool) {
	word, _, _ := strings.Cut(strings.ToLower(typed), " ")
	if len(word) < 2 || len(word) > 20 {
		return Subcommand{}, false
	}
	best, slips := Subcommand{}, 3
	for _, s := range all {
		d := distance(word, s.Name)
		if strings.HasPrefix(s.Name, word) || strings.HasPrefix(word, s.Name) {
			d = min(d, 1)
		}
		if d < slips && d < len(s.Name)-1 {
			best, slips = s, d
		}
	}
	return best, slips < 3
}

// distance counts the letters that have to be changed, added or left out to make one word of another; two neighbours
// that changed places count once.
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	before, last := make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row := make([]int, len(t)+1)
		row[0] = i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(t)]
}
