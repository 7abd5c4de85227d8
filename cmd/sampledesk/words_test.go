package main

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// oldWords finds the words of bot/view's list, which that package holds the screens in Slack to; what follows holds the rest
// to them that people read.
func oldWords(t *testing.T) *regexp.Regexp {
	t.Helper()
	content, err := os.ReadFile("../../bot/view/testdata/oldwords.txt")
	require.NoError(t, err)
	var words []string
	for line := range strings.Lines(string(content)) {
		if word := strings.TrimSpace(line); word != "" && !strings.HasPrefix(word, "#") {
			words = append(words, word)
		}
	}
	require.NotEmpty(t, words)
	return regexp.MustCompile(`(?i)\b(` + strings.Join(words, "|") + `)\b`)
}

func TestHelpHasNoWordsThatNobodySaysAtWork(t *testing.T) {
	old := oldWords(t)
	for _, command := range []string{"serve", "demo", "sim", "check", "version"} {
		_, out, _ := typed(t, command, "--help")
		assert.Empty(t, old.FindAllString(out, -1), "sampledesk %s --help", command)
	}
	_, out, _ := typed(t, "--help")
	assert.Empty(t, old.FindAllString(out, -1))
}

func TestTheManifestHasNoWordsThatNobodySaysAtWork(t *testing.T) {
	old := oldWords(t)
	manifest, err := os.ReadFile("../../manifest.yml")
	require.NoError(t, err)
	assert.Empty(t, old.FindAllString(string(manifest), -1))
}

// logged are the messages of a file's log calls.
func logged(t *testing.T, path string) (messages []string) {
	t.Helper()
	file, err := parser.ParseFile(gotoken.NewFileSet(), path, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	levels := []string{"Debug", "Info", "Warn", "Error", "DebugContext", "InfoContext", "WarnContext", "ErrorContext", "Log", "LogAttrs"}
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		f, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || !slices.Contains(levels, f.Sel.Name) {
			return true
		}
		if of, ok := f.X.(*ast.Ident); ok && of.Name == "http" { // http.Error
			return true
		}
		for _, argument := range call.Args[:min(3, len(call.Args))] { // after the context and the level
			if text, ok := argument.(*ast.BasicLit); ok && text.Kind == gotoken.STRING {
				message, err := strconv.Unquote(text.Value)
				require.NoError(t, err)
				messages = append(messages, message)
				break
			}
		}
		return true
	})
	return messages
}

func TestLogMessagesSayWhatFailedInWordsOfOurTime(t *testing.T) {
	old := oldWords(t)
	// An operator greps for them: they begin with what happened, in lower case unless with a name.
	article := regexp.MustCompile(`^(a|an) `)
	var read int
	for _, path := range readable(t, ".go") {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		for _, message := range logged(t, path) {
			read++
			assert.Empty(t, old.FindAllString(message, -1), "%s: %q", path, message)
			assert.NotRegexp(t, article, message, "%s: %q begins with what it is about, not with what failed", path, message)
			assert.NotContains(t, message, "the desk", "%s: %q", path, message)
		}
	}
	require.Greater(t, read, 80, "the log calls are found")
}

// readable are the files of the repository with one of these endings, but for what tests keep.
func readable(t *testing.T, endings ...string) (paths []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && (d.Name() == "testdata" || d.Name() != ".." && strings.HasPrefix(d.Name(), ".") || d.Name() == "artifacts") {
			return filepath.SkipDir
		}
		if err == nil && slices.Contains(endings, filepath.Ext(path)) {
			paths = append(paths, path)
		}
		return err
	}))
	return paths
}

func TestThePagesHaveNoWordsThatNobodySaysAtWork(t *testing.T) {
	old := oldWords(t)
	// In JavaScript what people read are strings of more than one word, each on its line; in HTML what is no tag.
	text := regexp.MustCompile("\"[^\"]*\"|'[^']*'|`[^`]*`")
	comment := regexp.MustCompile(`(?m)^\s*(//|\*|/\*).*$|\s// .*$`)
	tag := regexp.MustCompile(`(?s)<[^>]*>`)
	var read int
	for _, path := range readable(t, ".js", ".html") {
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		if filepath.Ext(path) == ".html" {
			assert.Empty(t, old.FindAllString(tag.ReplaceAllString(string(content), " "), -1), path)
			continue
		}
		for line := range strings.Lines(comment.ReplaceAllString(string(content), "")) {
			for _, found := range text.FindAllString(line, -1) {
				if strings.Contains(found, " ") {
					read++
					assert.Empty(t, old.FindAllString(found, -1), "%s: %s", path, found)
				}
			}
		}
	}
	require.Greater(t, read, 200, "the texts are found")
}
