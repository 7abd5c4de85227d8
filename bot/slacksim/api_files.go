package slacksim

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func fileMethods() []*method {
	return []*method{
		{name: "files.getUploadURLExternal", tier: tier4, scope: "files:write", handle: (*Workspace).uploadURL},
		{name: "files.completeUploadExternal", tier: tier4, scope: "files:write", handle: (*Workspace).completeUpload},
	}
}

// upload is a file on its way in, or here.
type upload struct {
	id, name, title, kind string
	announced             int // bytes
	data                  []byte
	arrived, complete     bool
	shared                []channelID
}

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

// completeUpload is the third step: the files get their titles and, with a channel, are posted there.
func (w *Workspace) completeUpload(c *call) (object, error) {
	given, err := c.uploadsNamed()
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	ch, thread, err := w.sharedIn(c, given)
	if err != nil {
		w.mu.Unlock()
		return nil, err
	}
	shown := []object{}
	for _, each := range given {
		f, _ := w.uploads.get(str(each, "id"))
		f.complete = true
		if t := str(each, "title"); t != "" {
			f.title = t
		}
		if ch != nil && !slices.Contains(f.shared, ch.id) {
			f.shared = append(f.shared, ch.id)
		}
		shown = append(shown, w.fileObject(f, c.base("http")))
	}
	var m *message
	if ch != nil {
		m = w.say(ch, w.app.user, content{text: c.text("initial_comment")}, thread)
		m.files = shown
	}
	w.mu.Unlock()
	if m != nil {
		w.announce(ch, m)
	}
	return object{"files": shown}, nil
}

// sharedIn checks that the files are here, and finds the channel and the thread that they go to; the channel is nil where none is
// named. The lock is held.
func (w *Workspace) sharedIn(c *call, given []object) (*channel, stamp, error) {
	for _, each := range given {
		if f, ok := w.uploads.get(str(each, "id")); !ok || !f.arrived {
			return nil, "", refuse("file_not_found")
		}
	}
	id := c.text("channel_id")
	if id == "" {
		return nil, "", nil
	}
	ch := w.channel(channelID(id))
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

// fileObject is a file as messages show it. The lock is held.
func (w *Workspace) fileObject(f *upload, base string) object {
	o := object{
		"id": f.id, "name": f.name, "title": f.title, "mimetype": f.kind, "size": len(f.data), "user": w.app.user, "mode": "hosted",
		"created": 1_700_000_000, "channels": slices.Clone(f.shared),
	}
	if base != "" {
		o["url_private"], o["permalink"] = base+"/files/"+f.id, base+"/files/"+f.id
	}
	return o
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
