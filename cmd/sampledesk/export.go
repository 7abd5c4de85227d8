package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"time"

	"sampledesk/workflow"
)

// export writes what the desk knows as a table.
type export struct {
	storeFlags
	exporting
}

// exporting says what is exported, and how. It is the task that does it.
type exporting struct {
	existing
	Format string `env:"SAMPLEDESK_EXPORT_FORMAT" enum:"csv,jsonl" default:"csv" help:"csv, or jsonl: a JSON object in each line."`
	What   string `env:"SAMPLEDESK_EXPORT_WHAT" enum:"applications,decisions,campaigns,history,messages,audit,rules" default:"applications" help:"applications, decisions, campaigns, history, messages, audit or rules."`
	Shop   string `env:"SAMPLEDESK_EXPORT_SHOP" placeholder:"ID" help:"Of this shop alone."`
	By     string `kong:"-"` // who asks, as the machine knows them
}

// Run writes the table to the standard output, and how far it is to standard error.
func (e *export) Run(ctx context.Context, s streams) error {
	e.By = whoAsks()
	return performIn(ctx, e.storeFlags, "export", &e.exporting, s)
}

// whoAsks is the user of this machine who called the command, for the history.
func whoAsks() string {
	if name := os.Getenv("SUDO_USER"); name != "" {
		return name
	}
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "user " + strconv.Itoa(os.Getuid())
}

// exportPage is how many applications, members or entries are read in one transaction. Between two pages none is open, so
// an export holds up nobody, however slowly its reader reads.
const exportPage = 200

// perform is part of task. Every page is of one instant, the export as a whole is not.
func (e *exporting) perform(ctx context.Context, at place, s streams) error {
	shops, err := e.shops(ctx, at)
	if err != nil {
		return err
	}
	if err := e.note(ctx, at, shops); err != nil {
		return err
	}
	var total int
	err = at.store.View(ctx, func(tx workflow.Tx) error {
		for _, shop := range shops {
			n, err := tx.Count(workflow.SeenOf(shop.ID))
			if err != nil {
				return err
			}
			total += n
		}
		return nil
	})
	if err != nil {
		return err
	}
	table := tables[e.What]
	out := &exporter{ctx: ctx, store: at.store, to: s.out, rows: newRowWriter(e.Format, table.columns), table: table}
	switch e.What {
	case "campaigns", "rules":
		out.progress = newProgress(s, "exporting", 0, e.What)
	default:
		out.progress = newProgress(s, "exporting", int64(total), "requests")
	}
	defer out.progress.end()
	if err := out.flush(); err != nil { // the head
		return err
	}
	for _, shop := range shops {
		if err := table.walk(out, shop); err != nil {
			return fmt.Errorf("exporting shop %s: %w", shop.ID, err)
		}
	}
	out.progress.end()
	_, _ = fmt.Fprintf(s.err, "exported: %d rows of %s\n", out.written, e.What)
	return nil
}

// shops returns those that are exported.
func (e *exporting) shops(ctx context.Context, at place) (all []workflow.Shop, err error) {
	err = at.store.View(ctx, func(tx workflow.Tx) error {
		all, err = tx.Shops()
		return err
	})
	if err != nil || e.Shop == "" {
		return all, err
	}
	var known []string
	for _, s := range all {
		if string(s.ID) == e.Shop {
			return []workflow.Shop{s}, nil
		}
		known = append(known, string(s.ID))
	}
	return nil, usagef("--shop: no shop %q is known; there are: %s", e.Shop, strings.Join(known, ", "))
}

// note keeps in the shops' history that somebody took their data out.
func (e *exporting) note(ctx context.Context, at place, shops []workflow.Shop) error {
	return at.store.Update(ctx, func(tx workflow.Tx) error {
		for _, shop := range shops {
			err := tx.Append(workflow.Entry{
				At: time.Now(), Key: workflow.Key{Shop: shop.ID}, Event: workflow.OnExported, By: workflow.Actor{Surface: workflow.FromShell},
				Text: e.What + ", by " + e.By,
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// exporter writes the rows of a table.
type exporter struct {
	ctx      context.Context
	store    workflow.Store
	to       io.Writer
	rows     *rowWriter
	table    table
	progress *progress
	seen     int64 // of what the progress counts
	written  int
}

// page has fn read a page in one transaction and put its rows, and then writes them. Fn returns the cursor to go on from;
// empty at the end.
func (x *exporter) page(after string, fn func(tx workflow.Tx, after string) (string, error)) (next string, err error) {
	err = x.store.View(x.ctx, func(tx workflow.Tx) error {
		x.rows.buffer.Reset()
		x.rows.count = 0
		next, err = fn(tx, after)
		return err
	})
	if err != nil {
		return "", err
	}
	return next, x.flush()
}

// pages reads pages until there are no more.
func (x *exporter) pages(fn func(tx workflow.Tx, after string) (string, error)) error {
	for after := ""; ; {
		next, err := x.page(after, fn)
		if err != nil || next == "" {
			return err
		}
		after = next
	}
}

// put adds a row to the page.
func (x *exporter) put(r *exportRow) error {
	values := make([]any, len(x.table.columns))
	for i, c := range x.table.columns {
		values[i] = c.of(r)
	}
	return x.rows.put(values)
}

// flush writes what was put.
func (x *exporter) flush() error {
	_, err := x.to.Write(x.rows.buffer.Bytes())
	x.rows.buffer.Reset()
	x.written += x.rows.count
	x.rows.count = 0
	x.progress.at(x.seen)
	return err
}

// rowWriter turns rows into text.
type rowWriter struct {
	columns []column
	buffer  bytes.Buffer
	csv     *csv.Writer // nil: JSON lines
	count   int
}

// newRowWriter begins with the head of a CSV table.
func newRowWriter(format string, columns []column) *rowWriter {
	w := &rowWriter{columns: columns}
	if format != "csv" {
		return w
	}
	w.csv = csv.NewWriter(&w.buffer)
	var head []string
	for _, c := range columns {
		head = append(head, c.name)
	}
	_ = w.csv.Write(head) // to memory
	w.csv.Flush()
	return w
}

// put writes a row.
func (w *rowWriter) put(values []any) error {
	w.count++
	if w.csv != nil {
		cells := make([]string, len(values))
		for i, v := range values {
			cells[i] = cell(v)
		}
		err := w.csv.Write(cells)
		w.csv.Flush()
		return err
	}
	w.buffer.WriteByte('{')
	for i, v := range values {
		if i > 0 {
			w.buffer.WriteByte(',')
		}
		text, err := json.Marshal(plain(v))
		if err != nil {
			return fmt.Errorf("writing the column %s: %w", w.columns[i].name, err)
		}
		_, _ = fmt.Fprintf(&w.buffer, "%q:%s", w.columns[i].name, text)
	}
	w.buffer.WriteString("}\n")
	return nil
}

// plain is a value as JSON has it: nothing is null, and a time is RFC 3339 in UTC.
func plain(v any) any {
	switch v := v.(type) {
	case time.Time:
		if v.IsZero() {
			return nil
		}
		return v.UTC().Format(time.RFC3339)
	case string:
		return strings.ToValidUTF8(v, "\uFFFD")
	case workflow.OptionalNumber:
		if !v.Known() {
			return nil
		}
		return v.Value
	default:
		return v
	}
}

// cell is a value as CSV has it.
func cell(v any) string {
	switch v := plain(v).(type) {
	case nil:
		return ""
	case string:
		return unformula(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return fmt.Sprint(v)
	}
}

// unformula puts an apostrophe before text that a spreadsheet would take for a formula: names and messages are strangers'.
func unformula(s string) string {
	if s != "" && (strings.ContainsRune("=+-@\t\r\n|", rune(s[0])) || strings.HasPrefix(s, "＝") || strings.HasPrefix(s, "＋") || strings.HasPrefix(s, "－") || strings.HasPrefix(s, "＠")) {
		return "'" + s
	}
	return s
}

// walkApplications puts a row for each application of a shop, by first sight.
func walkApplications(x *exporter, shop workflow.Shop) error {
	return x.eachApplication(shop, func(tx workflow.Tx, a workflow.Application) error {
		r := &exportRow{shop: shop, app: a, creator: a.Snapshot.Creator}
		if a.Campaign != "" {
			c, err := tx.Campaign(a.Campaign)
			if err != nil && !errors.Is(err, workflow.ErrNotFound) {
				return err
			}
			r.campaign = c
		}
		return x.put(r)
	})
}

// eachApplication hands out a shop's applications, a page in each transaction.
func (x *exporter) eachApplication(shop workflow.Shop, fn func(workflow.Tx, workflow.Application) error) error {
	return x.pages(func(tx workflow.Tx, after string) (string, error) {
		page, err := tx.Applications(workflow.SeenOf(shop.ID), after, exportPage)
		if err != nil {
			return "", err
		}
		for _, a := range page.Applications {
			if err := fn(tx, a); err != nil {
				return "", err
			}
			x.seen++
		}
		return page.Next, nil
	})
}

// walkEntries returns a walk through the entries of the history that are of a kind: those of each application, by first
// sight and then by time, and after them the shop's own.
func walkEntries(takes func(workflow.Entry) bool) func(*exporter, workflow.Shop) error {
	return func(x *exporter, shop workflow.Shop) error {
		err := x.eachApplication(shop, func(tx workflow.Tx, a workflow.Application) error {
			for after := ""; ; {
				entries, next, err := tx.History(a.Key, after, exportPage)
				if err != nil {
					return err
				}
				for _, e := range entries {
					if !takes(e) {
						continue
					}
					if err := x.put(&exportRow{shop: shop, app: a, entry: e, creator: a.Snapshot.Creator}); err != nil {
						return err
					}
				}
				if after = next; after == "" {
					return nil
				}
			}
		})
		if err != nil {
			return err
		}
		return x.pages(func(tx workflow.Tx, after string) (string, error) {
			entries, next, err := tx.History(workflow.Key{Shop: shop.ID}, after, exportPage)
			if err != nil {
				return "", err
			}
			for _, e := range entries {
				if !takes(e) {
					continue
				}
				creator, err := creatorOf(tx, shop.ID, e.Creator)
				if err == nil {
					err = x.put(&exportRow{shop: shop, entry: e, creator: creator})
				}
				if err != nil {
					return "", err
				}
			}
			return next, nil
		})
	}
}

// creatorOf returns who an entry of a shop's own history is about.
func creatorOf(tx workflow.Tx, shop workflow.ShopID, key workflow.CreatorKey) (workflow.Creator, error) {
	if key == "" {
		return workflow.Creator{}, nil
	}
	c, _, err := workflow.Recipient(tx, shop, "", key)
	if id, known := strings.CutPrefix(string(key), "id:"); known && c.OpenID == "" {
		c.OpenID = id
	}
	return c, err
}

// walkCampaigns puts a row for each member of each campaign of a shop, and one for a campaign without any.
func walkCampaigns(x *exporter, shop workflow.Shop) error {
	for after := ""; ; {
		var page []workflow.Campaign
		err := x.store.View(x.ctx, func(tx workflow.Tx) (err error) {
			page, after, err = tx.Campaigns(shop.ID, after, exportPage)
			return err
		})
		if err != nil {
			return err
		}
		for _, c := range page {
			if err := x.members(shop, c); err != nil {
				return err
			}
			x.seen++
		}
		if after == "" {
			return nil
		}
	}
}

// members puts the rows of a campaign.
func (x *exporter) members(shop workflow.Shop, c workflow.Campaign) error {
	first := true
	return x.pages(func(tx workflow.Tx, after string) (string, error) {
		members, next, err := tx.Members(c.ID, after, exportPage)
		if err != nil {
			return "", err
		}
		if len(members) == 0 && first {
			return "", x.put(&exportRow{shop: shop, campaign: c})
		}
		first = false
		for _, m := range members {
			best, err := tx.Applications(workflow.MemberOf(c.ID, m.Creator), "", 1)
			if err != nil {
				return "", err
			}
			r := &exportRow{shop: shop, campaign: c, member: m, creator: m.Shown, stage: workflow.Furthest(m, best.Applications)}
			if len(best.Applications) > 0 {
				r.creator = best.Applications[0].Snapshot.Creator
			}
			if err := x.put(r); err != nil {
				return "", err
			}
		}
		return next, nil
	})
}

// takesAll, and what each kind of table takes of the history.
func takesAll(workflow.Entry) bool { return true }

func takesDecisions(e workflow.Entry) bool {
	return slices.Contains([]workflow.EventKind{
		workflow.OnApproved, workflow.OnRejected, workflow.OnUndone, workflow.OnApprovalConfirmed, workflow.OnRejectionConfirmed, workflow.OnRefusedForGood,
	}, e.Event) || e.Event == workflow.OnReported && e.From.Reviewing() && !e.To.Reviewing()
}

func takesMessages(e workflow.Entry) bool {
	return slices.Contains([]workflow.EventKind{
		workflow.OnMessageWritten, workflow.OnMessageSent, workflow.OnMessageRefused, workflow.OnMessageHeldUp, workflow.OnMessageReceived,
	}, e.Event)
}

func takesActions(e workflow.Entry) bool {
	return e.By.Person != "" || e.By.Surface == workflow.FromShell
}
