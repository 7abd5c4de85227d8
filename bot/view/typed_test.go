package view

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

func TestWhatIsCopiedFromACardIsUnderstoodAsItWas(t *testing.T) {
	for original, twin := range twins {
		require.Equal(t, string(original), workflow.Plain(string(twin)), "%q", twin)
	}
	for _, name := range []string{"_mia_", "mia*star", "a:b", "~tilde~", "`tick`", "@home #1"} {
		require.Equal(t, name, workflow.Plain(spoken(name, maxName)))
	}
	require.Equal(t, "a|b", workflow.Plain(label("a|b", maxName)))
}
