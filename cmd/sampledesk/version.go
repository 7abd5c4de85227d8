package main

import "fmt"

// release is the version that this source becomes. The CHANGELOG has the same.
const release = "0.1.0"

// revision is the commit that the program was built from, set by the Makefile; empty in a build without it.
var revision string

// version returns the release and, where the build knows it, the revision.
func version() string {
	if revision == "" {
		return release
	}
	return release + "+" + revision
}

// versionCmd prints the version.
type versionCmd struct{}

// Run prints it.
func (versionCmd) Run(out streams) error {
	_, err := fmt.Fprintln(out.out, "sampledesk", version())
	return err
}
