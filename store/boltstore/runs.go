package boltstore

import (
	"errors"

	"sampledesk/workflow"
)

// Run is part of workflow.Tx.
func (t *transaction) Run(id workflow.RunID) (workflow.Run, error) {
	return read[workflow.Run](t.bucket(runsBucket), []byte(id), "run")
}

// Runs is part of workflow.Tx.
func (t *transaction) Runs(after string, limit int) ([]workflow.Run, string, error) {
	return page(t.bucket(runsBucket), nil, after, limit, plainly(decode[workflow.Run]))
}

// Notices is part of workflow.Tx.
func (t *transaction) Notices(after string, limit int) ([]workflow.Notice, string, error) {
	return page(t.bucket(noticesBucket), nil, after, limit, plainly(decode[workflow.Notice]))
}

// PutRun is part of workflow.Tx.
func (t *transaction) PutRun(r workflow.Run) error {
	if err := t.may("a run", string(r.ID)); err != nil {
		return err
	}
	return write(t.bucket(runsBucket), []byte(r.ID), kept(r))
}

// Templates is part of workflow.Tx.
func (t *transaction) Templates(s workflow.ShopID) (workflow.Templates, error) {
	all, err := read[workflow.Templates](t.bucket(templatesBucket), []byte(s), "templates")
	if errors.Is(err, workflow.ErrNotFound) {
		return workflow.Templates{Shop: s}, nil
	}
	return all, err
}

// PutTemplates is part of workflow.Tx.
func (t *transaction) PutTemplates(all workflow.Templates) error {
	if err := t.may("templates", string(all.Shop)); err != nil {
		return err
	}
	return write(t.bucket(templatesBucket), []byte(all.Shop), kept(all))
}

// Notice is part of workflow.Tx.
func (t *transaction) Notice(id workflow.NoticeID) (workflow.Notice, error) {
	return read[workflow.Notice](t.bucket(noticesBucket), []byte(id), "notice")
}

// PutNotice is part of workflow.Tx.
func (t *transaction) PutNotice(n workflow.Notice) error {
	if err := t.may("a notice", string(n.ID)); err != nil {
		return err
	}
	return write(t.bucket(noticesBucket), []byte(n.ID), kept(n))
}
