package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
)

// flagsVariables returns the environment's variables that some command reads, and the commands by the words that call
// them.
func flagsVariables(t *testing.T) (variables map[string]bool, words []string) {
	t.Helper()
	parser, err := newParser(&commands{}, streams{}, kong.Exit(func(int) {}))
	require.NoError(t, err)
	variables = map[string]bool{}
	require.NoError(t, kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error {
		switch n := node.(type) {
		case *kong.Flag:
			for _, name := range n.Envs {
				variables[name] = true
			}
		case *kong.Node:
			if n.Type == kong.CommandNode && n.Leaf() {
				words = append(words, strings.TrimPrefix(n.FullPath(), "sampledesk "))
			}
		}
		return next(nil)
	}))
	return variables, words
}

// deployed are the files that run the desk somewhere, by their path from the project's root.
func deployed(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	read := func(path string) {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		all[strings.TrimPrefix(filepath.ToSlash(path), "../../")] = string(text)
	}
	read("../../Dockerfile")
	require.NoError(t, filepath.WalkDir("deploy", func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			read(path)
		}
		return err
	}))
	return all
}

func TestWhatDeploysTheDeskNamesVariablesThatItReads(t *testing.T) {
	variables, _ := flagsVariables(t)
	require.Contains(t, variables, "SLACK_BOT_TOKEN")
	named := regexp.MustCompile(`\b(?:SLACK|TIKTOK|SAMPLEDESK)_[A-Z_]*[A-Z]\b`)
	found := 0
	for path, text := range deployed(t) {
		for _, name := range named.FindAllString(text, -1) {
			require.True(t, variables[name], "%s names %s, which no command reads", path, name)
			found++
		}
	}
	require.NotZero(t, found)
}

func TestTheChartIsOfThisRelease(t *testing.T) {
	chart := deployed(t)["deploy/chart/Chart.yaml"]
	require.Contains(t, chart, "\nversion: "+release+"\n")
	require.Contains(t, chart, "\nappVersion: "+release+"\n")
}

func TestWhatDeploysTheDeskCallsCommandsThatItHas(t *testing.T) {
	_, words := flagsVariables(t)
	require.Contains(t, words, "health")
	all := deployed(t)
	for path, call := range map[string]string{
		"Dockerfile":                              `CMD ["serve"]`,
		"deploy/sampledesk.service":               "ExecStart=/usr/local/bin/sampledesk serve",
		"deploy/chart/templates/statefulset.yaml": "args: [serve]",
	} {
		require.Contains(t, all[path], call, path)
	}
	require.Contains(t, all["Dockerfile"], `HEALTHCHECK --interval=30s --timeout=6s --start-period=30s CMD ["/sampledesk", "health"]`)
	require.Contains(t, words, "serve")
}
