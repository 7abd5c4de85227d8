package rules

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/bot/access"
	"sampledesk/bot/post"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// testedDays is how far back a rule is tested where nobody says how far.
const testedDays = 30

// maxTestRows is how many requests the file of a test lists.
const maxTestRows = 20_000

// A test of more requests than query.TestAtOnce is a run: it waits for its turn among the long reads, a direct message
// counts up meanwhile, and what it found takes the place of that.
const (
	longTest     = 15 * time.Minute // how long it may take, the wait for its turn included
	testCountsUp = 5 * time.Second  // how often the message is brought up to date
)

// testing is a test that somebody wants.
type testing struct {
	who  workflow.PersonID
	key  string // Slack's id of what they did
	shop workflow.ShopID
	rule workflow.ShopRule
	days int
	file bool // the person may take the requests away as a file
}

// name tells a test from others that are under way.
func (t testing) name() string {
	return fmt.Sprintf("%s %s %s %d", t.who, t.shop, t.rule.ID, t.days)
}

// errRuleGone ends a test whose rule was deleted meanwhile.
var errRuleGone = errors.New("the rule was deleted")

// ask gathers what is to be tested, in a transaction.
func (t testing) ask(tx workflow.Tx, rows int) (query.BackTestAsk, error) {
	s, err := query.Shop(tx, t.shop)
	if err != nil {
		return query.BackTestAsk{}, err
	}
	rules, err := tx.Rules(t.shop)
	return query.BackTestAsk{Shop: s, Rules: rules, Rule: t.rule, Days: t.days, Now: time.Now(), Rows: rows}, err
}

// test tests a rule on the last days, and lists so many of the requests. Where there are too many to wait for, it only
// returns how many that are.
func (d *Desk) test(ctx context.Context, t testing, rows int) (f view.BackTestFacts, tooMany int, err error) {
	err = d.Reads.View(ctx, func(tx workflow.Tx) error {
		ask, err := t.ask(tx, rows)
		if err != nil {
			return err
		}
		if n, err := query.TestSize(tx, ask); err != nil || n > query.TestAtOnce {
			tooMany = n
			return err
		}
		f.BackTest, err = query.TestRule(ctx, tx, ask)
		return err
	})
	if err != nil {
		return f, 0, fmt.Errorf("%w what a rule would have done: %w", access.ErrRead, err)
	}
	return f, tooMany, nil
}

// tested tells in words what a rule would have done in the last days. Where that takes long it says so, and then tells it in
// a direct message.
func (d *Desk) tested(ctx context.Context, t testing) (words string, then func(context.Context), err error) {
	f, tooMany, err := d.test(ctx, t, 0)
	switch {
	case err != nil:
		return "", nil, err
	case tooMany > 0:
		return view.TestComes(tooMany), func(ctx context.Context) { d.testLong(ctx, t, tooMany) }, nil
	default:
		return view.BackTestLines(f), nil, nil
	}
}

// running are the tests that are under way at this desk. It is safe for concurrent use.
type running struct{ names sync.Map }

// begin reports whether a test was not under way; end ends it.
func (r *running) begin(t testing) bool {
	_, already := r.names.LoadOrStore(t.name(), true)
	return !already
}

func (r *running) end(t testing) { r.names.Delete(t.name()) }

// testLong runs a test of many requests. Once more while it is under way is passed over.
func (d *Desk) testLong(ctx context.Context, t testing, of int) {
	if !d.running.begin(t) {
		return
	}
	defer d.running.end(t)
	ctx, cancel := d.API.Detach(ctx, longTest)
	defer cancel()
	channel, ts, err := d.write(ctx, t, view.TestUnderWay(t.rule, t.days, 0, of, time.Now()))
	if err == nil {
		err = d.report(ctx, t, channel, ts, of)
	}
	if err != nil && ctx.Err() == nil {
		d.Log.WarnContext(ctx, "could not tell what the test of a rule found", "person", t.who, "shop", t.shop, "error", err)
	}
}

// report tests, and puts what that found in the place of the message that counts up.
func (d *Desk) report(ctx context.Context, t testing, channel, ts string, of int) error {
	f, err := d.count(ctx, t, channel, ts, of)
	ctx, cancel := d.API.Detach(ctx, slackapi.UploadTimeout) // the test may have had all its time
	defer cancel()
	if err != nil {
		return d.rewrite(ctx, channel, ts, view.TestEnded(t.rule, t.days, errors.Is(err, errRuleGone)))
	}
	if err := d.rewrite(ctx, channel, ts, view.BackTestMessage(f, "")); err != nil || !t.file {
		return err
	}
	files, err := d.testFiles(ctx, t.shop, f)
	for _, one := range files {
		one.Channel = channel
		err = errors.Join(err, d.API.Upload(ctx, one))
	}
	return err
}

// count tests while the message counts up. The error is an errRuleGone where the rule is deleted meanwhile.
func (d *Desk) count(ctx context.Context, t testing, channel, ts string, of int) (f view.BackTestFacts, err error) {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	var done atomic.Int64
	var looking sync.WaitGroup
	defer looking.Wait()
	defer end(nil)
	looking.Go(func() { d.countUp(ctx, end, t, channel, ts, &done, of) })
	rows := 0
	if t.file {
		rows = maxTestRows
	}
	err = d.Long(ctx, func(tx workflow.Tx) error {
		done.Store(0)
		ask, err := t.ask(tx, rows)
		if err != nil {
			return err
		}
		ask.Done = &done
		f.BackTest, err = query.TestRule(ctx, tx, ask)
		return err
	})
	if err == nil && d.gone(ctx, t) {
		err = errRuleGone
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return f, err
}

// countUp brings the message up to date until ctx ends, and ends the test where its rule is deleted.
func (d *Desk) countUp(ctx context.Context, end context.CancelCauseFunc, t testing, channel, ts string, done *atomic.Int64, of int) {
	tick := time.NewTicker(testCountsUp)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if d.gone(ctx, t) {
			end(errRuleGone)
			return
		}
		if err := d.rewrite(ctx, channel, ts, view.TestUnderWay(t.rule, t.days, int(done.Load()), of, time.Now())); err != nil && ctx.Err() == nil {
			d.Log.InfoContext(ctx, "could not tell how far the test of a rule is", "person", t.who, "error", err)
		}
	}
}

// gone reports whether the rule is known to be deleted.
func (d *Desk) gone(ctx context.Context, t testing) bool {
	rules, err := d.rules(ctx, t.shop)
	_, there := rules.Named(t.rule.ID)
	return err == nil && !there
}

// testFiles are the picture of a test and its requests.
func (d *Desk) testFiles(ctx context.Context, shop workflow.ShopID, f view.BackTestFacts) (files []slackapi.File, err error) {
	chart := view.BackTestChart(f)
	if png, err := d.Draw(chart); err == nil {
		files = append(files, slackapi.File{Name: "rule_test.png", Title: chart.Title, Alt: chart.Alt, Data: png})
	} else { // the words say the same
		d.Log.WarnContext(ctx, "could not draw the test of a rule", "shop", shop, "error", err)
	}
	data, err := view.BackTestFile(f)
	if err != nil {
		return files, err
	}
	return append(files, slackapi.File{Name: view.BackTestFileName(f), Title: "Test of a rule", Data: data}), nil
}

// sendTest sends a test with its picture, and its requests as a file, in a direct message.
func (d *Desk) sendTest(ctx context.Context, t testing, f view.BackTestFacts) error {
	files, err := d.testFiles(ctx, t.shop, f)
	if err != nil {
		return err
	}
	return d.send(ctx, t.who, t.key, t.shop, view.BackTestMessage(f, ""), files...)
}

// write writes to a person, and returns where that stands.
func (d *Desk) write(ctx context.Context, t testing, m view.Message) (channel, ts string, err error) {
	channel, ts, err = d.API.PostMessageContext(ctx, string(t.who), d.written(m, t.key, t.shop)...)
	if err != nil {
		return "", "", fmt.Errorf("writing to a person: %w", err)
	}
	return channel, ts, nil
}

// rewrite puts another message in the place of one.
func (d *Desk) rewrite(ctx context.Context, channel, ts string, m view.Message) error {
	if _, _, _, err := d.API.UpdateMessageContext(ctx, channel, ts, slack.MsgOptionText(m.Text, false), slack.MsgOptionBlocks(m.Blocks...)); err != nil {
		return fmt.Errorf("bringing a message up to date: %w", err)
	}
	return nil
}

// written is a message to a person as it is sent.
func (*Desk) written(m view.Message, key string, shop workflow.ShopID) []slack.MsgOption {
	return []slack.MsgOption{
		slack.MsgOptionText(m.Text, false), slack.MsgOptionBlocks(m.Blocks...),
		slack.MsgOptionMetadata(slack.SlackMetadata{EventType: post.EventNotice, EventPayload: map[string]any{
			"effect": "file/" + key, "shop": string(shop), "kind": string(workflow.KindRuleDigest),
		}}),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(),
	}
}
