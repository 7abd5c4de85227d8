package bot_test

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// rooms are the parts of package bot: what each consists of, and which others it may use. Surfaces do not use each other:
// what two of them need is in one of the rooms below them, in workflow/query, in bot/view or in a package of its own.
var rooms = map[string]struct {
	files []string
	uses  []string
}{
	// Below the surfaces.
	"config":   {files: []string{"config.go"}},
	"manifest": {files: []string{"scopes.go"}},
	"memory":   {files: []string{"memory.go"}},
	"metadata": {files: []string{"metadata.go"}},
	"emoji":    {files: []string{"emoji.go"}},
	"typed":    {files: []string{"typed.go"}},
	"controls": {files: []string{"controls.go"}},
	"routes":   {files: []string{"routes.go", "command.go"}, uses: []string{"typed"}},
	"find":     {files: []string{"find.go"}, uses: []string{"typed"}},

	// The surfaces.
	"card":    {files: []string{"card.go", "reject.go"}, uses: []string{"controls", "emoji", "routes", "typed"}},
	"home":    {files: []string{"home.go", "home_page.go", "home_publish.go", "home_sessions.go"}, uses: []string{"config", "controls", "memory", "routes"}},
	"queue":   {files: []string{"queue.go"}, uses: []string{"controls", "find", "metadata", "routes", "typed"}},
	"pick":    {files: []string{"pick.go"}, uses: []string{"controls", "find", "routes", "typed"}},
	"note":    {files: []string{"note.go"}, uses: []string{"controls", "find", "manifest", "routes", "typed"}},
	"mention": {files: []string{"mention.go"}, uses: []string{"find", "memory", "routes", "typed"}},
	"campaign": {
		files: []string{
			"campaign.go", "campaign_commands.go", "campaign_edit.go", "campaign_find.go", "campaign_join.go", "campaign_link.go",
			"question.go",
		},
		uses: []string{"controls", "emoji", "memory", "routes", "typed"},
	},
	"bulk":   {files: []string{"bulk.go", "bulk_decide.go", "bulk_open.go"}, uses: []string{"controls", "find", "memory", "routes"}},
	"talk":   {files: []string{"talk.go"}, uses: []string{"controls", "emoji", "routes"}},
	"stats":  {files: []string{"stats.go", "stats_file.go"}, uses: []string{"controls", "memory", "metadata", "routes"}},
	"status": {files: []string{"status.go"}, uses: []string{"config", "routes"}},
	"retry":  {files: []string{"retry.go"}, uses: []string{"controls", "find", "routes", "typed"}},

	// Above them.
	"check": {files: []string{"check.go"}, uses: []string{"config", "manifest"}},
	"root": {
		files: []string{
			"doc.go", "desk.go", "surfaces.go",
			"settings.go", "settings_check.go", "welcome.go",
			"clock.go", "deliver.go", "facts.go", "failed.go", "notice.go", "post.go", "report.go", "talk_delivery.go",
		},
		uses: []string{
			"bulk", "campaign", "card", "check", "config", "controls", "emoji", "find", "home", "mention", "note", "pick", "queue",
			"retry", "routes", "stats", "status", "talk", "memory", "metadata",
		},
	},
}

// What no part of the package outgrows.
const (
	maxMethods = 80
	maxFiles   = 55
)

// botPackage is package bot without its tests, type-checked against what the compiler knows of its imports.
type botPackage struct {
	*types.Package
	files map[string]*ast.File
	info  types.Info
	set   *token.FileSet
}

func loadBot(t *testing.T) botPackage {
	t.Helper()
	p := botPackage{files: map[string]*ast.File{}, info: types.Info{Uses: map[*ast.Ident]types.Object{}}, set: token.NewFileSet()}
	names, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, name := range slices.DeleteFunc(names, func(n string) bool { return strings.HasSuffix(n, "_test.go") }) {
		p.files[name], err = parser.ParseFile(p.set, name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
	}
	imports := map[string]bool{}
	for _, f := range p.files {
		for _, i := range f.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			require.NoError(t, err)
			imports[path] = true
		}
	}
	config := types.Config{Importer: importer.ForCompiler(p.set, "gc", compiled(t, slices.Sorted(maps.Keys(imports))))}
	p.Package, err = config.Check("sampledesk/bot", p.set, slices.Collect(maps.Values(p.files)), &p.info)
	require.NoError(t, err)
	return p
}

// compiled opens what the compiler tells of an import. The imports were built for this test, so they are in the build cache.
func compiled(t *testing.T, imports []string) func(path string) (io.ReadCloser, error) {
	t.Helper()
	args := []string{"list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}"}
	if build, ok := debug.ReadBuildInfo(); ok && slices.Contains(build.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		args = append(args, "-race")
	}
	out, err := exec.Command("go", append(args, imports...)...).Output()
	require.NoError(t, err)
	at := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		at[path] = file
	}
	return func(path string) (io.ReadCloser, error) { return os.Open(at[path]) }
}

// fileOf is the file that something of the package is declared in; "" for what is declared elsewhere or within a function.
func (p botPackage) fileOf(o types.Object) string {
	if o == nil || o.Pkg() != p.Package {
		return ""
	}
	field, isVar := o.(*types.Var)
	method, isFunc := o.(*types.Func)
	member := isVar && field.IsField() || isFunc && method.Signature().Recv() != nil
	if !member && o.Parent() != p.Scope() {
		return ""
	}
	return p.set.Position(o.Pos()).Filename
}

// use is a room that uses another.
type use struct{ from, to string }

// uses finds which rooms use which, with the first place where they do: every name of the package, every method and every field counts.
func (p botPackage) uses(roomOf map[string]string) map[use]token.Position {
	all := map[use]token.Position{}
	for id, o := range p.info.Uses {
		at := p.set.Position(id.Pos())
		u := use{roomOf[at.Filename], roomOf[p.fileOf(o)]}
		if u.to == "" || u.from == u.to {
			continue
		}
		if first, ok := all[u]; !ok || cmp.Or(cmp.Compare(at.Filename, first.Filename), cmp.Compare(at.Line, first.Line)) < 0 {
			all[u] = at
		}
	}
	return all
}

func TestEachRoomOfTheBotUsesOnlyWhatIsBelowIt(t *testing.T) {
	bot, roomOf := loadBot(t), map[string]string{}
	for room, r := range rooms {
		for _, file := range r.files {
			require.Contains(t, bot.files, file, "the room %q lists a file that is not there", room)
			require.Empty(t, roomOf[file], "%s is in two rooms", file)
			roomOf[file] = room
		}
	}
	for file := range bot.files {
		require.Contains(t, roomOf, file, "%s is in no room: add it to one in rooms_test.go, or give it a room of its own with what it may use", file)
	}
	found := bot.uses(roomOf)
	var wrong []string
	for u, at := range found {
		if !slices.Contains(rooms[u.from].uses, u.to) {
			wrong = append(wrong, fmt.Sprintf("%s: the room %q uses %q and may not", at, u.from, u.to))
		}
	}
	for room, r := range rooms {
		for _, other := range r.uses {
			if _, does := found[use{room, other}]; !does {
				wrong = append(wrong, fmt.Sprintf("the room %q may use %q and does not: take that out of its row", room, other))
			}
		}
	}
	slices.Sort(wrong)
	require.Empty(t, strings.Join(wrong, "\n"))
	for room := range rooms {
		require.Empty(t, wayBack(room, room, nil), "the rooms use each other in a circle")
	}
}

// wayBack returns a way over rooms that leads from one to another; nil if there is none.
func wayBack(from, to string, passed []string) []string {
	for _, next := range rooms[from].uses {
		if next == to {
			return append(passed, from, to)
		}
		if slices.Contains(passed, next) {
			continue
		}
		if way := wayBack(next, to, append(passed, from)); way != nil {
			return way
		}
	}
	return nil
}

func TestNoPartOfTheBotIsLarge(t *testing.T) {
	bot := loadBot(t)
	require.LessOrEqual(t, len(bot.files), maxFiles, "package bot has too many files: merge what is tiny, or make a package of what stands alone")
	for _, name := range bot.Scope().Names() {
		if named, ok := bot.Scope().Lookup(name).Type().(*types.Named); ok {
			require.LessOrEqual(t, named.NumMethods(), maxMethods, "the type %s has too many methods: make several of it", name)
		}
	}
}
