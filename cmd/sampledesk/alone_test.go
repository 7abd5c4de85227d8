package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var testFunc = regexp.MustCompile(`(?m)^func (Test\w+)\(`)

// TestWhatRunsWithoutTheRaceDetectorIsRunThere holds that the Makefile names each test that `make test` leaves out under the
// race detector, by a name that nothing else has, in a package in which it is run without it.
func TestWhatRunsWithoutTheRaceDetectorIsRunThere(t *testing.T) {
	text, err := os.ReadFile("../../Makefile")
	require.NoError(t, err)
	makefile := strings.ReplaceAll(string(text), "\\\n", " ")
	variable := func(name string) []string {
		found := regexp.MustCompile(`(?m)^` + name + `\s*:=(.*)$`).FindStringSubmatch(makefile)
		require.NotNil(t, found, name)
		return strings.Fields(found[1])
	}
	names, in := variable("ALONE_NAMES"), variable("ALONE_IN")
	require.NotEmpty(t, names)
	var found []string
	require.NoError(t, fs.WalkDir(os.DirFS("../.."), ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(filepath.Join("../..", path))
		for _, test := range testFunc.FindAllStringSubmatch(string(source), -1) {
			if slices.Contains(names, test[1]) {
				require.Contains(t, in, "./"+filepath.ToSlash(filepath.Dir(path)), test[1])
				found = append(found, test[1])
			}
		}
		return err
	}))
	require.ElementsMatch(t, names, found)
}
