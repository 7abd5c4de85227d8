// Command sampledesk brings a TikTok shop's sample requests to Slack.
//
// This package introduces the others to each other and does nothing else: one file per command, and run.go wires the
// desk from top to bottom on one screen.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	_ "time/tzdata" // the time zones that shops can be in, on machines that have none of their own

	"github.com/alecthomas/kong"
	_ "golang.org/x/crypto/x509roots/fallback" // the certificates to trust, where the machine has none: an empty container
)

// The exit statuses.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// commands is the command line.
type commands struct {
	Serve   serve      `cmd:"" help:"Run the desk, against the Slack and TikTok that the flags or the environment name."`
	Demo    demo       `cmd:"" help:"Run the desk and both stand-ins in one process, with a demo shop connected and requests arriving. It starts from scratch each time and contacts no one."`
	Sim     sim        `cmd:"" help:"Run the two stand-ins alone, for any client: a Slack workspace and an Affiliate Center, each with a page."`
	Check   check      `cmd:"" help:"Check whether everything is in place, one line each with what to do. Exit status 1 on a fault."`
	Shop    shopCmd    `cmd:"" help:"Connect, list and disconnect shops."`
	Backup  backup     `cmd:"" help:"Copy the store to a file, while the desk runs or not. The copy is checked; the key is not in it."`
	Export  export     `cmd:"" help:"Write what the desk knows as a table to standard output: CSV or JSON lines. deploy/README.md has the columns."`
	Rules   rulesCmd   `cmd:"" help:"The rules of a shop, as text."`
	Key     keyCmd     `cmd:"" help:"The key that seals tokens and secrets in the store."`
	Creator creatorCmd `cmd:"" help:"What is kept of a creator."`
	Restore restore    `cmd:"" help:"Put a backup where the store is to be. It never writes over a store that is there."`
	Move    move       `cmd:"" help:"Move everything from one store to another: from a file to PostgreSQL, or back. Both are read again and compared."`
	Health  healthCmd  `cmd:"" help:"Ask the desk that runs on this machine whether it is well. Exit status 1 if it is not, or does not answer."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

func main() { os.Exit(run(os.Args[1:])) }

// run runs a command line until it ends or is told to stop. A second signal kills.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return execute(ctx, args, ownStreams())
}

// errFaults is the end of a check that found faults, each of which was told already.
var errFaults = errors.New("something is not in place")

// execute runs one command line and returns the exit status. A command that is told to stop by ctx, at whatever moment,
// has not failed.
func execute(ctx context.Context, args []string, s streams) int {
	var line commands
	exited := -1
	parser, err := newParser(&line, s,
		kong.Exit(func(code int) { exited = code; panic(exit{}) }),
		kong.BindTo(ctx, (*context.Context)(nil)))
	if err != nil {
		_, _ = fmt.Fprintln(s.err, "sampledesk:", err)
		return exitFailed
	}
	command, ok := parse(parser, args, s, &exited)
	if !ok {
		return exited
	}
	return ending(unasked(ctx, command.Run()), s.err)
}

// newParser returns what reads the command line and the environment.
func newParser(line *commands, s streams, more ...kong.Option) (*kong.Kong, error) {
	return kong.New(line, slices.Concat(reading(), more, []kong.Option{
		kong.Name("sampledesk"),
		kong.Description("Sample Desk brings TikTok Shop's sample requests to Slack: a person decides with one click, and Slack and the Affiliate Center tell the same story."),
		kong.Writers(s.out, s.err),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Vars(vars),
		kong.Bind(s),
	})...)
}

// exit carries kong's wish to leave the process up to parse, so that a command line can be run in a test.
type exit struct{}

func parse(parser *kong.Kong, args []string, s streams, exited *int) (command *kong.Context, ok bool) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case exit:
			command, ok = nil, false
		default:
			panic(p)
		}
	}()
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if err != nil {
		_, _ = fmt.Fprintf(s.err, "sampledesk: %s\nTry: sampledesk --help\n", named(parser.Model, err))
		*exited = exitUsage
		return nil, false
	}
	return command, true
}

// usageError is a flag or a variable that cannot be worked with.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }
