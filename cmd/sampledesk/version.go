package main

import (
	"fmt"
	"runtime/debug"
)

// release is the version that this source becomes. The CHANGELOG has the same.
const release = "0.1.0"

// version returns the release and, where the build knows it, the revision.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return release
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return release + "+" + s.Value[:12]
		}
	}
	return release
}

// versionCmd prints the version.
type versionCmd struct{}

// Run prints it.
func (versionCmd) Run(out streams) error {
	_, err := fmt.Fprintln(out.out, "sampledesk", version())
	return err
}
