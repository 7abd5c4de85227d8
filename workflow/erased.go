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

// BegunErasure is the erasure of a creator that is under way: broken off, it goes on with the same one in their place. It is
// forgotten at its end.
type BegunErasure struct {
	Keys []CreatorKey `json:"keys"` // by which they are known
	Now  string       `json:"now"`  // the user name of whoever stands in their place
}

// Creator returns who stands in the creator's place.
func (b BegunErasure) Creator() Creator { return Creator{Username: b.Now, Nickname: ErasedName} }

// Of reports whether it is about somebody who is known by one of these keys.
func (b BegunErasure) Of(keys ...CreatorKey) bool {
	return slices.ContainsFunc(keys, func(k CreatorKey) bool { return slices.Contains(b.Keys, k) })
}

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
	if a.Second.Message != "" {
		a.Second.Message = ErasedText
	}
	a.First, a.AtDecision = nil, nil
	a.Proposal, a.Watched = a.Proposal.erased(), a.Watched.erased()
	a.Contents = ErasedContents(a.Contents)
	return a
}

// erased returns the proposal without what it found of the creator.
func (p *Proposal) erased() *Proposal {
	if p == nil {
		return nil
	}
	own := *p
	own.Why = nil
	return &own
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
	if e.Proposal != nil && len(e.Proposal.Why) > 0 {
		e.Proposal = e.Proposal.erased()
	}
	return *e != was
}
