package workflow

import (
	"slices"
	"strings"
)

// ErasedName is how a creator is called who was erased.
const ErasedName = "Erased creator"

// ErasedText stands where there was text that told of a creator who was erased.
const ErasedText = "[erased]"

// ErasedCreator is who stands in a creator's place after they were erased. Id tells several apart and says nothing of them.
func ErasedCreator(id string) Creator {
	return Creator{Username: erasedHandle + id, Nickname: ErasedName}
}

const erasedHandle = "erased-"

// Erased reports whether that is the key of an ErasedCreator.
func (k CreatorKey) Erased() bool {
	_, handle, _ := strings.Cut(strings.TrimPrefix(string(k), "name:"), ":")
	return strings.HasPrefix(string(k), "name:") && strings.HasPrefix(handle, erasedHandle)
}

// Erase returns the application without what it tells of its creator. What happened to it, and so the figures, stays.
func (a Application) Erase(now Creator) Application {
	a.Erased, a.Snapshot.Creator = true, now
	a.Snapshot.Partner, a.Snapshot.Tracking = "", ""
	if a.Decision.Message != "" {
		a.Decision.Message = ErasedText
	}
	a.Contents = ErasedContents(a.Contents)
	return a
}

// ErasedContents returns contents without what they tell of who made them: their figures.
func ErasedContents(all []Content) []Content {
	all = slices.Clone(all)
	for i := range all {
		all[i].Text, all[i].Link = "", ""
	}
	return all
}

// Erase takes out of an entry of the history what it tells of a creator, and reports whether it told anything. Now is the
// key that they have from then on.
func (e *Entry) Erase(now CreatorKey) bool {
	was := *e
	for _, text := range []*string{&e.Text, &e.Message} {
		if *text != "" {
			*text = ErasedText
		}
	}
	if e.Creator != "" {
		e.Creator = now
	}
	if e.Failure.Message != "" {
		e.Failure.Message = ErasedText
	}
	return *e != was
}
