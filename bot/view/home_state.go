package view

import (
	"encoding/json"
	"fmt"
	"strings"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// HomeState is where a person is in App Home. It travels in the view, and holds ids only.
type HomeState struct {
	query.Filter
	Page  query.Page `json:"page,omitzero"`
	Trail []string   `json:"trail,omitempty"` // the cursors of the pages before, the nearest last
}

// maxTrail is how many pages somebody can go back one by one; from further on it is back to the start.
const maxTrail = 20

// Next is the state on the page after.
func (s HomeState) Next(page query.Page) HomeState {
	trail := append(append([]string{}, s.Trail...), s.Page.Cursor)
	return HomeState{Filter: s.Filter, Page: page, Trail: trail[max(0, len(trail)-maxTrail):]}
}

// Back is the state on the page before, or on the first where the way back is not known.
func (s HomeState) Back() HomeState {
	last := len(s.Trail) - 1
	if last < 0 || s.Page.Number < 1 {
		return HomeState{Filter: s.Filter}
	}
	return HomeState{Filter: s.Filter, Page: query.Page{Number: s.Page.Number - 1, Cursor: s.Trail[last]}, Trail: s.Trail[:last]}
}

// Encode writes the view's private metadata. What does not fit is the way back first, and then the page.
func (s HomeState) Encode() string {
	for {
		text, err := json.Marshal(s)
		switch {
		case err == nil && len(text) <= maxMetadata:
			return string(text)
		case len(s.Trail) > 0:
			s.Trail = s.Trail[1:]
		case s.Page != (query.Page{}):
			s.Page = query.Page{}
		default:
			return "{}"
		}
	}
}

// ParseHomeState reads what Encode wrote. The empty text is the zero state.
func ParseHomeState(text string) (HomeState, error) {
	var s HomeState
	if text == "" {
		return s, nil
	}
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return HomeState{}, fmt.Errorf("reading where somebody is in App Home: %w", err)
	}
	if s.Page.Number < 0 {
		return HomeState{}, fmt.Errorf("App Home has no page %d", s.Page.Number)
	}
	return s, nil
}

// HomeCreator makes a user name out of what a person typed: with or without the @, in either case, or the address of their
// page on TikTok. It is empty where nothing is left.
func HomeCreator(typed string) string {
	name := strings.ToLower(clean(workflow.Plain(typed)))
	if _, path, ok := strings.Cut(name, "tiktok.com/@"); ok {
		name, _, _ = strings.Cut(path, "/")
		name, _, _ = strings.Cut(name, "?")
	}
	return strings.TrimPrefix(cut(strings.TrimSpace(name), maxName), "@")
}
