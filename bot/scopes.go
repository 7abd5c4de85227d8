package bot

// Scopes are what the bot's token has to be granted. manifest.yml asks for these and no others, and says beside each
// what it is for; a test holds the two together.
var Scopes = []string{
	"channels:history", "channels:read", "chat:write", "commands", "groups:history", "groups:read", "users:read",
}
