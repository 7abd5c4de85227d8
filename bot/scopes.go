package bot

// Scopes are what the bot's token has to be granted. manifest.yml asks for these and no others, and says beside each
// what it is for; a test holds the two together.
var Scopes = []string{
	"app_mentions:read", "channels:history", "channels:read", "chat:write", "commands", "files:write", "groups:history",
	"groups:read", "im:history", "im:write", "usergroups:read", "users:read",
}

// Events are the bot events that the app subscribes to. Messages are not among them: what is said in a thread without
// naming the desk is nobody's business but the team's.
var Events = []string{"app_home_opened", "app_mention"}

// Shortcut is one of the app's shortcuts, as manifest.yml declares it.
type Shortcut struct {
	Name     string
	Callback string
	Type     string // "message", or "global"
}

// shortcutNote is the callback id of the shortcut that keeps a message as a note on a sample.
const shortcutNote = "add_note"

// Shortcuts are the app's shortcuts.
var Shortcuts = []Shortcut{{Name: "Add note to sample", Callback: shortcutNote, Type: "message"}}
