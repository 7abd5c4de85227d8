package bridge

import (
	"encoding/json"
	"errors"
	"time"

	"sampledesk/workflow"
)

// clocksAgree is within what the clocks of this machine and of the store count as one.
const clocksAgree = time.Second

// mostNoted is how many requests that cannot be read are named to the other desks.
const mostNoted = 100

// jobNote is what a desk that ran a job tells the others of it. The times are the store's.
type jobNote struct {
	Began      time.Time    `json:"began"`
	Ended      time.Time    `json:"ended,omitzero"` // of the last run that it made and that went through
	Failure    string       `json:"failure,omitempty"`
	Unreadable []Unreadable `json:"unreadable,omitempty"`
}

// note writes how the last run went.
func (j *job) note() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := jobNote{Began: j.went.Began, Ended: j.went.Ended, Unreadable: j.went.Unreadable[:min(len(j.went.Unreadable), mostNoted)]}
	if j.went.Err != nil {
		n.Failure = j.went.Err.Error()
	}
	text, err := json.Marshal(n)
	if err != nil {
		return "" // the others go without
	}
	return string(text)
}

// elsewhere takes over what another desk's turn tells of the job.
func (j *job) elsewhere(t workflow.Turn) {
	var n jobNote
	told := json.Unmarshal([]byte(t.Note), &n) == nil
	j.mu.Lock()
	defer j.mu.Unlock()
	if told && n.Began.After(j.went.Began) {
		j.went.Began, j.went.Unreadable, j.went.Err = n.Began, n.Unreadable, nil
		if n.Failure != "" {
			j.went.Err = errors.New(n.Failure)
		}
		if n.Ended.After(j.went.Ended) {
			j.went.Ended = n.Ended
		}
	}
	j.went.Running, j.went.Read, j.went.Changed = time.Time{}, 0, 0
	if !t.Until.IsZero() {
		j.went.Running = t.Tick
	}
}

// shifted returns the same by a clock that is so far ahead.
func (s Sweep) shifted(ahead time.Duration) Sweep {
	if ahead == 0 {
		return s
	}
	for _, at := range []*time.Time{&s.Began, &s.Ended, &s.Running} {
		if !at.IsZero() {
			*at = at.Add(ahead)
		}
	}
	return s
}
