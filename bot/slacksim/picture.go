package slacksim

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// pictureTime is how long all pictures of one message may take.
const pictureTime = 2 * time.Second

// picture is one image of a layout, and the pointer to where it is named: an image_url, or a file of the workspace.
type picture struct {
	url     string
	file    object // the slack_file, with id or url; nil: url is an image_url
	pointer string
}

func newPictureClient(transport http.RoundTripper) *http.Client {
	if transport == nil {
		transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// picturesOf finds every image in a tree of blocks.
func picturesOf(node any, pointer string) []picture {
	var found []picture
	switch v := node.(type) {
	case []any:
		for i, child := range v {
			found = append(found, picturesOf(child, fmt.Sprintf("%s/%d", pointer, i))...)
		}
	case object:
		if u, ok := v["image_url"].(string); ok && v["type"] == "image" {
			found = append(found, picture{url: u, pointer: pointer + "/image_url"})
		}
		if f, ok := v["slack_file"].(object); ok && v["type"] == "image" {
			found = append(found, picture{file: f, pointer: pointer + "/slack_file"})
		}
		for k, child := range v {
			switch child.(type) {
			case object, []any:
				found = append(found, picturesOf(child, pointer+"/"+k)...)
			}
		}
	}
	return found
}

// fetch looks whether the pictures of a message can be had, as Slack does: it refuses the whole message if one cannot. Those on loopback
// are tried; the others are taken as good unless a fault of the method "images" says otherwise. The lock is not held.
func (w *Workspace) fetch(pictures []picture) error {
	if len(pictures) == 0 {
		return nil
	}
	w.mu.Lock()
	err := w.filesShown(pictures, "invalid_blocks")
	w.mu.Unlock()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(w.ctx, pictureTime)
	defer cancel()
	for _, p := range pictures {
		if p.file != nil {
			continue
		}
		if f := w.faults.next("images"); f != nil {
			if f.Do != "delay" {
				return notFetched(p)
			}
			w.pause(ctx, time.Duration(f.DelayMS)*time.Millisecond)
		}
		if onLoopback(p.url) && !w.fetched(ctx, p.url) {
			return notFetched(p)
		}
	}
	return nil
}

// filesShown refuses a layout that shows a file which is not here, which is no picture, or which Slack has not processed yet: that takes a
// moment after the upload. The lock is held.
func (w *Workspace) filesShown(pictures []picture, code string) error {
	for _, p := range pictures {
		if p.file == nil {
			continue
		}
		f, ok := w.uploads.get(p.fileID())
		if !ok || !f.processed() || !slices.Contains(pictureKinds, f.kind) {
			line := fmt.Sprintf("[ERROR] invalid slack file [json-pointer:%s]", p.pointer)
			return &failure{code: code, messages: []string{line}, extra: object{"errors": []string{line}}}
		}
	}
	return nil
}

// pictureKinds are the kinds of files that an image may show.
var pictureKinds = []string{"image/png", "image/jpeg", "image/gif"}

// fileID is the file that is meant: by its identifier, or by its url_private or permalink, which end in it.
func (p picture) fileID() string {
	if id := str(p.file, "id"); id != "" {
		return id
	}
	u, err := url.Parse(str(p.file, "url"))
	if err != nil {
		return ""
	}
	id, ok := strings.CutPrefix(u.Path, "/files/")
	if !ok {
		return ""
	}
	return id
}

func notFetched(p picture) error {
	line := fmt.Sprintf("[ERROR] downloading image failed [json-pointer:%s]", p.pointer)
	return &failure{code: "invalid_blocks", messages: []string{line}, extra: object{"errors": []string{line}}}
}

func onLoopback(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || (ip != nil && ip.IsLoopback())
}

func (w *Workspace) fetched(ctx context.Context, address string) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return false
	}
	got, err := w.picture.Do(r)
	if err != nil {
		w.log.Debug("could not fetch a picture", "error", err)
		return false
	}
	defer func() { _ = got.Body.Close() }()
	if _, err := io.Copy(io.Discard, io.LimitReader(got.Body, mostUpload)); err != nil {
		return false
	}
	return got.StatusCode == http.StatusOK && strings.HasPrefix(got.Header.Get("Content-Type"), "image/")
}
