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
	{Name: "queue", Does: "what waits for a decision, soonest deadline first"},
	{Name: "show", Args: "<id or @creator>", Does: "all that is known of a request, or the requests of a creator"},
	{Name: "approve", Args: "<id>", Does: "approves a request; a creator's name or a link to the card will do too"},
	{Name: "reject", Args: "<id> <reason>", Does: "rejects one; the reason by its words or its number"},
	{Name: "stats", Args: "[period] [csv]", Does: "what came in, was decided, shipped, posted and wasted; of 7 days, or another period; with `csv` as a file, sent to you"},
	{Name: "retry", Args: "[id]", Does: "what failed or waits, and why; with an id it is tried again at once"},
	{Name: "status", Does: "how the desk is: its connections, what is on its way, and what failed"},
	{Name: "settings", Does: "what the desk does for the shop; for admins"},
	{Name: "help", Does: "this list"},
}

// CampaignCommands are what `/campaign` can do, as its help lists it.
var CampaignCommands = []Subcommand{
	{Name: "list", Does: "the campaigns"},
	{Name: "status", Args: "<name>", Does: "how many creators stand where, what is overdue, and who needs a move"},
	{Name: "create", Args: "<name>", Does: "a new campaign"},
	{Name: "add", Args: "<name> <@creator>", Does: "a creator, or several, into a campaign by hand"},
	{Name: "import", Args: "<target collaboration id>", Does: "the creators and products of a target collaboration, into a campaign of its name"},
	{Name: "archive", Args: "<name>", Does: "the end of a campaign, which takes nobody new then"},
	{Name: "help", Does: "this list"},
}

// SamplesHelp is the answer to `/samples help`.
func SamplesHelp() Message {
	return help(CommandSamples, "Sample requests arrive as cards in this channel; decide on them there.", SamplesCommands)
}

// CampaignHelp is the answer to `/campaign help`.
func CampaignHelp() Message {
	return help(CommandCampaign, "Campaigns gather creators; add one with *Add to campaign* on a card.", CampaignCommands)
}

func help(command, about string, all []Subcommand) Message {
	lines := []string{"*What `" + command + "` can do*"}
	for _, s := range all {
		lines = append(lines, "`"+s.typed(command)+"` "+s.Does)
	}
	blocks := []slack.Block{section(lines...), aside(about + " Slack takes commands in a channel, not in a thread.")}
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
	return Aside("Something is missing; it goes like this: `" + all[i].typed(canonical(command)) + "`")
}

// Unknown is the answer to a subcommand that does not exist: the nearest that does, or all of them. Command is
// CommandSamples or CommandCampaign.
func Unknown(command, typed string) Message {
	all := subcommands(command)
	command = canonical(command)
	typed = clean(typed)
	if typed == "" {
		return help(command, "Please say which.", all)
	}
	sorry := "`" + command + "` does not know " + quoted(typed, maxName) + ". "
	if s, ok := nearest(typed, all); ok {
		return Aside(sorry + "Did you mean `" + s.typed(command) + "`?")
	}
	return Aside(sorry + "It knows " + names(all) + "; `" + command + " help` tells more.")
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
