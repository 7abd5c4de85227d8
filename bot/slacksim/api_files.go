package slacksim

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func fileMethods() []*method {
	return []*method{
		{name: "files.getUploadURLExternal", tier: tier4, scope: "files:write", handle: (*Workspace).uploadURL},
		{name: "files.completeUploadExternal", tier: tier4, scope: "files:write", handle: (*Workspace).completeUpload},
		{name: "files.info", tier: tier4, scope: "files:read", handle: (*Workspace).filesInfo},
		{name: "files.delete", tier: tier3, scope: "files:write", handle: (*Workspace).filesDelete},
	}
}

// processTime is how long Slack works on a file after its upload was completed. Until then the file has no kind, shows in no image and
// is in no channel, although the call has long been answered. Slack names no time; its people tell apps to ask files.info again.
const processTime = 500 * time.Millisecond

// upload is a file on its way in, or here.
type upload struct {
	id, name, title, kind string
	announced             int // bytes
	data                  []byte
	arrived, complete     bool
	completed             time.Time
	shares                []share
}

// share is one message that carries a file.
type share struct {
	channel *channel
	ts      stamp
	thread  stamp
}

// processed tells whether Slack is done with a file.
func (f *upload) processed() bool { return f.complete && time.Since(f.completed) >= processTime }

// uploadURL is the first of three steps: it names an address for the bytes.
func (w *Workspace) uploadURL(c *call) (object, error) {
	filename := c.text("filename")
	if filename == "" {
		return nil, invalidArgument("filename", "missing required field: filename")
	}
	length, err := strconv.Atoi(c.text("length"))
	if err != nil || length <= 0 {
		return nil, invalidArgument("length", "must be the size in bytes, above 0")
	}
	if length > mostUpload {
		return nil, refuse("file_upload_size_restricted")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	f := &upload{id: name("F"), name: filename, title: filename, announced: length}
	w.uploads.put(f.id, f)
	return object{"file_id": f.id, "upload_url": fmt.Sprintf("%s/upload/%s", c.base("http"), f.id)}, nil
}

// receive is the second step: the bytes, as they are or as a form's file.
func (w *Workspace) receive(rw http.ResponseWriter, r *http.Request) {
	data, err := readBody(r.Body, mostUpload+1<<16)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		if data, err = firstFile(r, data); err != nil {
			http.Error(rw, "the form carries no file", http.StatusBadRequest)
			return
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	f, ok := w.uploads.get(r.PathValue("id"))
	switch {
	case !ok || f.complete:
		http.Error(rw, "there is no such upload", http.StatusNotFound)
	case len(data) != f.announced:
		http.Error(rw, fmt.Sprintf("%d bytes came, %d were announced", len(data), f.announced), http.StatusBadRequest)
	default:
		f.data, f.arrived, f.kind = data, true, http.DetectContentType(data)
		_, _ = fmt.Fprintf(rw, "OK - %d", len(data))
	}
}

func firstFile(r *http.Request, body []byte) ([]byte, error) {
	again := r.Clone(r.Context())
	again.Body = readCloser{strings.NewReader(string(body))}
	reader, err := again.MultipartReader()
	if err != nil {
		return nil, fmt.Errorf("reading the form: %w", err)
	}
	for {
		part, err := reader.NextPart()
		if err != nil {
			return nil, fmt.Errorf("reading the form: %w", err)
		}
		if part.FileName() != "" {
			return readBody(part, mostUpload)
		}
	}
}

// completeUpload is the third step: the files get their titles and, with a channel, are posted there once they are processed. The answer
// does not wait for that, and so knows neither the files' kinds nor their message.
func (w *Workspace) completeUpload(c *call) (object, error) {
	given, err := c.uploadsNamed()
	if err != nil {
		return nil, err
	}
	body, err := c.comment()
	if err == nil {
		err = w.fetch(body.pictures)
	}
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	ch, thread, err := w.sharedIn(c, given)
	if err != nil {
		w.mu.Unlock()
		return nil, err
	}
	var files []*upload
	shown := []object{}
	for _, each := range given {
		f, _ := w.uploads.get(str(each, "id"))
		f.complete, f.completed = true, time.Now()
		if t := str(each, "title"); t != "" {
			f.title = t
		}
		files = append(files, f)
		shown = append(shown, w.fileObject(f, c.base("http")))
	}
	w.mu.Unlock()
	w.watch.changed()
	if ch != nil {
		base := c.base("http")
		w.launch(func() { w.shareFiles(ch, thread, body, files, base) })
	}
	return object{"files": shown}, nil
}

// comment is what the message of the files says: initial_comment, or else blocks.
func (c *call) comment() (content, error) {
	if text := c.text("initial_comment"); text != "" {
		return content{text: cut(text, mostText)}, nil
	}
	return readContent(arguments{"blocks": c.arguments["blocks"]})
}

// shareFiles posts the message of the files once they are processed. Where that has become impossible nothing tells the app, as in Slack.
func (w *Workspace) shareFiles(ch *channel, thread stamp, body content, files []*upload, base string) {
	w.pause(w.ctx, processTime)
	w.mu.Lock()
	gone := thread != "" && ch.find(thread) == nil
	if w.ctx.Err() != nil || gone || w.writable(ch) != nil {
		w.mu.Unlock()
		return
	}
	m := w.say(ch, w.app.user, body, thread)
	for _, f := range files {
		f.shares = append(f.shares, share{ch, m.ts, thread})
		m.files = append(m.files, w.fileObject(f, base))
	}
	w.mu.Unlock()
	w.announce(ch, m)
}

// filesInfo describes a file, and once it is processed what it is and where it was shared.
func (w *Workspace) filesInfo(c *call) (object, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f, ok := w.uploads.get(c.text("file"))
	if !ok || !f.complete {
		return nil, refuse("file_not_found")
	}
	return object{"file": w.fileObject(f, c.base("http")), "comments": []object{}}, nil
}

// filesDelete takes a file away, also from the messages that carry it.
func (w *Workspace) filesDelete(c *call) (object, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f, ok := w.uploads.get(c.text("file"))
	if !ok || !f.complete {
		return nil, refuse("file_not_found")
	}
	f.complete, f.arrived, f.data = false, false, nil
	for _, s := range f.shares {
		m := s.channel.find(s.ts)
		if m == nil {
			continue
		}
		left := slices.Clone(m.files)
		for i, each := range left {
			if each["id"] == f.id {
				left[i] = object{"id": f.id, "mode": "tombstone"}
			}
		}
		m.files = left
	}
	w.uploads.drop(f.id)
	w.watch.changed()
	return object{}, nil
}

// sharedIn checks that the files are here, and finds the channel and the thread that they go to; the channel is nil where none is
// named. The lock is held.
func (w *Workspace) sharedIn(c *call, given []object) (*channel, stamp, error) {
	for _, each := range given {
		if f, ok := w.uploads.get(str(each, "id")); !ok || !f.arrived || f.complete {
			return nil, "", refuse("file_not_found")
		}
	}
	id := c.text("channel_id")
	if id == "" {
		return nil, "", nil
	}
	ch := w.reachable(channelID(id)) // a person's identifier is not taken here: conversations.open tells the D… channel
	if ch == nil {
		return nil, "", refuse("channel_not_found")
	}
	if err := w.writable(ch); err != nil {
		return nil, "", err
	}
	thread, err := ch.threadFor(c.arguments)
	return ch, thread, err
}

func (c *call) uploadsNamed() ([]object, error) {
	tree, given, err := c.tree("files")
	list, ok := tree.([]any)
	if err != nil || !given || !ok || len(list) == 0 {
		return nil, invalidArgument("files", "must be a list of files with their id")
	}
	all := []object{}
	for _, v := range list {
		o, ok := v.(object)
		if !ok || str(o, "id") == "" {
			return nil, invalidArgument("files", "must be a list of files with their id")
		}
		all = append(all, o)
	}
	return all, nil
}

// fileObject is a file as messages and files.info show it. The lock is held.
func (w *Workspace) fileObject(f *upload, base string) object {
	o := object{
		"id": f.id, "name": f.name, "title": f.title, "mimetype": "", "filetype": "", "pretty_type": "", "size": len(f.data), "user": w.app.user,
		"mode": "hosted", "created": settledAt, "timestamp": settledAt, "is_external": false, "is_public": false, "editable": false,
		"channels": []channelID{}, "groups": []channelID{}, "ims": []channelID{},
	}
	if base != "" {
		o["url_private"], o["url_private_download"], o["permalink"] = base+"/files/"+f.id, base+"/files/"+f.id, base+"/files/"+f.id
	}
	if !f.processed() {
		return o
	}
	kind, _, _ := strings.Cut(f.kind, ";")
	_, short, _ := strings.Cut(kind, "/")
	o["mimetype"], o["filetype"], o["pretty_type"] = kind, short, strings.ToUpper(short)
	w.tellShares(f, o)
	return o
}

// tellShares adds to a file where it was shared. The lock is held.
func (w *Workspace) tellShares(f *upload, o object) {
	lists := map[string][]channelID{}
	shares := map[string]map[channelID][]object{}
	for _, s := range f.shares {
		list, side := "channels", "public"
		switch {
		case s.channel.im:
			list, side = "ims", "private"
		case s.channel.private:
			list, side = "groups", "private"
		}
		if !slices.Contains(lists[list], s.channel.id) {
			lists[list] = append(lists[list], s.channel.id)
		}
		if shares[side] == nil {
			shares[side] = map[channelID][]object{}
		}
		one := object{"ts": s.ts, "channel_name": s.channel.name, "team_id": w.team.id, "share_user_id": w.app.user}
		if s.thread != "" {
			one["thread_ts"] = s.thread
		}
		shares[side][s.channel.id] = append(shares[side][s.channel.id], one)
	}
	for list, ids := range lists {
		o[list] = ids
	}
	o["shares"], o["is_public"] = shares, len(lists["channels"]) > 0
}

// serveFile hands a file out to who has the bot's token, and to the page.
func (w *Workspace) serveFile(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	f, ok := w.uploads.get(r.PathValue("id"))
	var data []byte
	var kind string
	if ok && f.complete {
		data, kind = f.data, f.kind
	}
	w.mu.Unlock()
	if data == nil {
		http.NotFound(rw, r)
		return
	}
	if !strings.HasPrefix(kind, "image/") || kind == "image/svg+xml" {
		rw.Header().Set("Content-Disposition", "attachment")
	}
	rw.Header().Set("Content-Type", kind)
	rw.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = rw.Write(data)
}
