package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"sampledesk/store"
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
		"Dockerfile":                      `CMD ["serve"]`,
		"deploy/sampledesk.service":       "ExecStart=/usr/local/bin/sampledesk serve",
		"deploy/chart/templates/_pod.tpl": "args: [serve]",
	} {
		require.Contains(t, all[path], call, path)
	}
	require.Contains(t, all["Dockerfile"], `HEALTHCHECK --interval=30s --timeout=6s --start-period=30s CMD ["/sampledesk", "health"]`)
	require.Contains(t, words, "serve")
}

// composed is what the test asks of a service of compose.yaml.
type composed struct {
	Profiles    []string
	ReadOnly    bool   `yaml:"read_only"`
	EnvFile     string `yaml:"env_file"`
	StopGrace   string `yaml:"stop_grace_period"`
	Deploy      struct{ Replicas int }
	Environment map[string]string
	Secrets     []string
	Volumes     []string
	DependsOn   map[string]map[string]string `yaml:"depends_on"`
}

func TestComposeAndChartRunOneDeskOnAFileAndSeveralOnPostgresWithTheKeyGiven(t *testing.T) {
	all := deployed(t)
	var compose struct {
		Services map[string]composed
		Secrets  map[string]map[string]string
	}
	require.NoError(t, yaml.Unmarshal([]byte(all["deploy/compose.yaml"]), &compose))
	file, desks, database := compose.Services["sampledesk"], compose.Services["desks"], compose.Services["postgres"]
	require.Equal(t, composed{Profiles: []string{"file"}, ReadOnly: true, EnvFile: "sampledesk.env", StopGrace: "15s", Volumes: []string{"sampledesk:/data"}}, file)
	// Of two profiles only one runs: a desk on a file and one on PostgreSQL would both do what is to be done once.
	require.Equal(t, []string{"postgres"}, desks.Profiles)
	require.Equal(t, []string{"postgres"}, database.Profiles)
	require.Equal(t, 3, desks.Deploy.Replicas)
	require.Equal(t, map[string]map[string]string{"postgres": {"condition": "service_healthy"}}, desks.DependsOn)
	require.Empty(t, desks.Volumes)
	flags := storeFlags{Store: desks.Environment["SAMPLEDESK_STORE"], Key: secret(desks.Environment["SAMPLEDESK_KEY"])}
	var found problems
	flags.examine(&found)
	require.NoError(t, found.err())
	require.True(t, store.Shared(flags.Store))
	for _, path := range []string{desks.Environment["SAMPLEDESK_KEY"], desks.Environment["PGPASSFILE"], database.Environment["POSTGRES_PASSWORD_FILE"]} {
		name := path[strings.LastIndex(path, "/")+1:]
		require.NotEmpty(t, compose.Secrets[name]["file"], path)
		require.Contains(t, slices.Concat(desks.Secrets, database.Secrets), name)
	}

	pod := all["deploy/chart/templates/_pod.tpl"]
	require.Contains(t, pod, "readOnlyRootFilesystem: true")
	require.Contains(t, all["deploy/chart/templates/_store.tpl"], `value: "bolt:/data/sampledesk.db"`)
	require.Contains(t, all["deploy/chart/templates/_store.tpl"], "- name: SAMPLEDESK_KEY\n  valueFrom:\n    secretKeyRef:")
	require.Contains(t, all["deploy/chart/templates/statefulset.yaml"], `if eq (include "sampledesk.engine" .) "bolt"`)
	for _, name := range []string{"deployment", "statefulset"} {
		require.Contains(t, all["deploy/chart/templates/"+name+".yaml"], `include "sampledesk.pod" .`)
	}
	require.NotContains(t, all["deploy/chart/templates/deployment.yaml"], "volume")
}
