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

// room is a part of package bot: the files that it consists of, and the rooms that it may use.
type room struct{ files, uses []string }

// What stands below the surfaces.
var belowSurfaces = map[string]room{
	"config":   {files: []string{"config.go"}},
	"memory":   {files: []string{"memory.go"}},
	"typed":    {files: []string{"typed.go"}},
	"controls": {files: []string{"controls.go"}},
	"routes":   {files: []string{"routes.go", "command.go"}, uses: []string{"typed"}},
	"reads":    {files: []string{"heavy.go"}},
	"find":     {files: []string{"find.go"}, uses: []string{"typed"}},
	"assigner": {files: []string{"assigner.go"}},

	// What renders the messages that no surface does.
	"messages": {files: []string{"messages.go"}},
	"clock":    {files: []string{"clock.go"}, uses: []string{"messages"}},
	"report":   {files: []string{"report.go"}, uses: []string{"memory"}},
}

// The surfaces do not use each other: what two of them need is below them, in workflow/query, in bot/view or in a package
// of its own.
var surfaces = map[string]room{
	"card":    {files: []string{"card.go", "reject.go", "assign.go"}, uses: []string{"assigner", "controls", "find", "routes", "typed"}},
	"home":    {files: []string{"home.go", "home_page.go", "home_publish.go", "home_sessions.go"}, uses: []string{"config", "controls", "memory", "routes"}},
	"queue":   {files: []string{"queue.go"}, uses: []string{"controls", "find", "routes", "typed"}},
	"pick":    {files: []string{"pick.go"}, uses: []string{"controls", "find", "routes", "typed"}},
	"note":    {files: []string{"note.go"}, uses: []string{"config", "controls", "find", "routes", "typed"}},
	"mention": {files: []string{"mention.go"}, uses: []string{"assigner", "find", "memory", "routes", "typed"}},
	"campaign": {
		files: []string{
			"campaign.go", "campaign_commands.go", "campaign_edit.go", "campaign_find.go", "campaign_join.go", "campaign_link.go",
			"question.go",
		},
		uses: []string{"controls", "memory", "routes", "typed"},
	},
	"bulk":     {files: []string{"bulk.go", "bulk_decide.go"}, uses: []string{"controls", "find", "memory", "routes"}},
	"talk":     {files: []string{"talk.go"}, uses: []string{"controls", "routes", "typed"}},
	"stats":    {files: []string{"stats.go", "stats_file.go"}, uses: []string{"controls", "memory", "reads", "routes"}},
	"status":   {files: []string{"status.go"}, uses: []string{"config", "routes"}},
	"retry":    {files: []string{"retry.go"}, uses: []string{"controls", "find", "routes", "typed"}},
	"rules":    {files: []string{"rules.go"}, uses: []string{"memory", "routes", "typed"}},
	"connect":  {files: []string{"connect.go"}, uses: []string{"config", "controls", "routes"}},
	"settings": {files: []string{"settings.go", "settings_check.go", "welcome.go"}, uses: []string{"controls", "memory", "routes", "typed"}},
}

// What stands above the surfaces: the wiring.
var aboveSurfaces = map[string]room{
	"check": {files: []string{"check.go"}, uses: []string{"config"}},
	"root": {
		files: []string{"desk.go", "surfaces.go"},
		uses: []string{
			"assigner", "bulk", "campaign", "card", "check", "clock", "config", "connect", "find", "home", "mention", "note", "pick", "queue",
			"reads", "retry", "routes", "rules", "settings", "stats", "status", "talk", "memory", "messages", "report",
		},
	},
}

// What no part of the package outgrows.
const (
	maxMethods = 50
	maxFiles   = 45
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

// compiled opens what the compiler tells of an import. The imports were built for this test, so they are in the build cache:
// with the flags of GOFLAGS, where `make test` has its own.
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

// uses finds which rooms use which, with the first place where they do. Every name of the package, every method and every
// field counts.
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

func TestTheBotConsistsOfRoomsThatUseOnlyWhatIsBelowThem(t *testing.T) {
	bot := loadBot(t)
	t.Run("each file is in a room, which uses only what its row says", func(t *testing.T) { checkRooms(t, bot) })
	t.Run("no part is large", func(t *testing.T) { checkSizes(t, bot) })
}

func checkRooms(t *testing.T, bot botPackage) {
	t.Helper()
	rooms, roomOf := map[string]room{}, map[string]string{}
	for _, some := range []map[string]room{belowSurfaces, surfaces, aboveSurfaces} {
		maps.Copy(rooms, some)
	}
	for name, r := range rooms {
		for _, file := range r.files {
			require.NotNil(t, bot.files[file], "the room %q has a file that is not there: %s", name, file)
			require.Empty(t, roomOf[file], "%s is in two rooms", file)
			roomOf[file] = name
		}
	}
	for file := range bot.files {
		require.NotEmpty(t, roomOf[file], "%s is in no room: add it to one in rooms_test.go, or give it a room of its own with what it may use", file)
	}
	wrong := circles(rooms)
	found := bot.uses(roomOf)
	for u, at := range found {
		if !slices.Contains(rooms[u.from].uses, u.to) {
			wrong = append(wrong, fmt.Sprintf("%s: the room %q uses %q and may not", at, u.from, u.to))
		}
	}
	for name, r := range rooms {
		for _, other := range r.uses {
			if _, does := found[use{name, other}]; !does {
				wrong = append(wrong, fmt.Sprintf("the room %q may use %q and does not: take that out of its row", name, other))
			}
			if _, isSurface := surfaces[name]; isSurface && belowSurfaces[other].files == nil {
				wrong = append(wrong, fmt.Sprintf("the surface %q may use %q, which is not below it", name, other))
			}
		}
	}
	slices.Sort(wrong)
	require.Empty(t, strings.Join(wrong, "\n"))
}

// circles tells of each room that uses itself over others.
func circles(rooms map[string]room) (wrong []string) {
	for name := range rooms {
		reached := map[string]bool{}
		var walk func(string)
		walk = func(from string) {
			for _, to := range rooms[from].uses {
				if !reached[to] {
					reached[to] = true
					walk(to)
				}
			}
		}
		walk(name)
		if reached[name] {
			wrong = append(wrong, fmt.Sprintf("the room %q is in a circle", name))
		}
	}
	return wrong
}

func checkSizes(t *testing.T, bot botPackage) {
	t.Helper()
	require.LessOrEqual(t, len(bot.files), maxFiles, "package bot has too many files: merge what is tiny, or make a package of what stands alone")
	for _, name := range bot.Scope().Names() {
		if named, ok := bot.Scope().Lookup(name).Type().(*types.Named); ok {
			require.LessOrEqual(t, named.NumMethods(), maxMethods, "the type %s has too many methods: make several of it", name)
		}
	}
}
