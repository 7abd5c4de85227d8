package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"syscall"
	"time"
)

// A desk that runs has its store to itself, so commands that need the store are performed inside it: it listens on a
// socket beside the store. The caller sends one line of JSON, the request; from then on both send frames: a kind, a
// length of four bytes, the highest first, and as many bytes.
//
// # What it defends against
//
// Whoever can connect can read and change all that the store holds, tokens of TikTok's aside. So the socket is a file of
// mode 0600, made with that mode and not given it afterwards, beside a store of the same mode: whoever may use it may read
// the store too. It is never on the network. A caller who sends nothing, sends without end, or sends what is no request is
// let go after ten seconds or a megabyte, and asks for commands by name only: none of them runs a program or opens a file
// that the request names. There are eight places, so that what is asked for here leaves the desk room for its work. A
// command that breaks down is an error for its caller and does not end the desk. What is left: root and the desk's own
// user may do everything, as they may with the file.

// The bounds of what is asked for at the socket.
const (
	insideAtOnce = 8
	askedWithin  = 10 * time.Second
	longestAsk   = 1 << 20 // bytes of a request
	longestFrame = 64 << 10
)

// request is the first line of a caller.
type request struct {
	Task    string          `json:"task"`
	With    json.RawMessage `json:"with"`
	Version string          `json:"version"`           // of the caller's program
	Columns int             `json:"columns,omitempty"` // of the caller's terminal
}

// The kinds of frames.
const (
	frameOut   byte = 'o' // to the caller: what its standard output gets
	frameErr   byte = 'e' // to the caller: what its standard error gets
	frameExit  byte = 'x' // to the caller, the last: the exit status, one byte
	frameWant  byte = 'w' // to the caller: some of its standard input is wanted
	frameInput byte = 'i' // from the caller, once for each that is wanted: empty at the input's end
)

// frames writes frames. It is safe for concurrent use.
type frames struct {
	mu sync.Mutex
	w  io.Writer
}

func (f *frames) send(kind byte, data []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	head := binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(data)))
	_, err := f.w.Write(append(head, data...))
	return err
}

// kind returns a writer of frames of a kind.
func (f *frames) kind(kind byte) io.Writer { return frameWriter{f, kind} }

type frameWriter struct {
	to   *frames
	kind byte
}

// Write implements io.Writer.
func (w frameWriter) Write(p []byte) (n int, err error) {
	for n < len(p) {
		part := p[n:min(len(p), n+longestFrame)]
		if err := w.to.send(w.kind, part); err != nil {
			return n, fmt.Errorf("the caller is gone: %w", err)
		}
		n += len(part)
	}
	return n, nil
}

// SetWriteDeadline bounds the writing of this frame and all that follow.
func (w frameWriter) SetWriteDeadline(t time.Time) error {
	if timed, ok := w.to.w.(interface{ SetWriteDeadline(time.Time) error }); ok {
		return timed.SetWriteDeadline(t)
	}
	return os.ErrNoDeadline
}

// receive reads a frame.
func receive(r io.Reader) (kind byte, data []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	length := binary.BigEndian.Uint32(head[1:])
	if length > longestFrame {
		return 0, nil, fmt.Errorf("a frame of %d bytes", length)
	}
	data = make([]byte, length)
	_, err = io.ReadFull(r, data)
	return head[0], data, err
}

// inside performs tasks inside the desk for callers at the socket.
type inside struct {
	at    place
	tasks map[string]func() task
}

// run listens beside the store and answers callers until ctx ends. A desk that cannot listen there does its work all the
// same, and says what does not go without it.
func (i inside) run(ctx context.Context, wires network) error {
	if path := socketPath(i.at.flags.Store); path != "" {
		l, err := wires.listenBeside(ctx, path)
		if err == nil {
			return i.serve(ctx, l)
		}
		i.at.log.WarnContext(ctx, "no socket for commands: they need serve to be stopped", "socket", path, "error", err)
	}
	<-ctx.Done()
	return nil
}

// serve answers callers until ctx ends and those under way are let go.
func (i inside) serve(ctx context.Context, l net.Listener) error {
	defer func() { _ = l.Close() }()
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()
	places := make(chan struct{}, insideAtOnce)
	var callers sync.WaitGroup
	defer callers.Wait()
	for {
		conn, err := l.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				_ = conn.Close()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("listening beside the store: %w", err)
		case err != nil: // out of file descriptors, as a rule
			i.at.log.WarnContext(ctx, "could not take in a command", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
			continue
		}
		select {
		case places <- struct{}{}:
			callers.Go(func() {
				defer func() { <-places }()
				i.answer(ctx, conn)
			})
		default:
			_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
			out := &frames{w: conn}
			_ = out.send(frameErr, fmt.Appendf(nil, "sampledesk: the desk performs %d commands already; try again when one of them is through\n", insideAtOnce))
			_ = out.send(frameExit, []byte{exitFailed})
			_ = conn.Close()
		}
	}
}

// answer performs what one caller asks for.
func (i inside) answer(desk context.Context, conn net.Conn) {
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithCancel(desk)
	defer cancel()
	defer context.AfterFunc(desk, func() { _ = conn.SetDeadline(time.Now().Add(stopWithin)) })()
	out := &frames{w: conn}
	_ = conn.SetDeadline(time.Now().Add(askedWithin))
	from := bufio.NewReader(conn)
	asked, t, err := i.read(from)
	if err != nil {
		_ = out.send(frameExit, []byte{byte(ending(err, out.kind(frameErr)))})
		return
	}
	if desk.Err() == nil {
		_ = conn.SetDeadline(time.Time{})
	}
	input := &wantedInput{want: out, chunks: make(chan []byte), gone: ctx.Done()}
	go func() {
		defer cancel() // the caller went away
		input.feed(from)
	}()
	began := time.Now()
	err = safely(ctx, i.at, t, streams{in: input, out: out.kind(frameOut), err: out.kind(frameErr), columns: asked.Columns})
	if err != nil && desk.Err() != nil {
		err = fmt.Errorf("the desk was stopped before this was through: %w", err)
	}
	status := ending(err, out.kind(frameErr))
	_ = out.send(frameExit, []byte{byte(status)})
	i.at.log.InfoContext(desk, "command performed", "command", asked.Task, "status", status, "took", time.Since(began).Round(time.Millisecond).String())
}

// read reads a request and finds its task.
func (i inside) read(from *bufio.Reader) (asked request, t task, err error) {
	line, err := from.ReadSlice('\n')
	text := bytes.Clone(line)
	for errors.Is(err, bufio.ErrBufferFull) && len(text) < longestAsk {
		line, err = from.ReadSlice('\n')
		text = append(text, line...)
	}
	if err != nil || json.Unmarshal(text, &asked) != nil {
		return asked, nil, errors.New("the running desk cannot read what it was asked")
	}
	make, known := i.tasks[asked.Task]
	if known {
		t = make()
		fields := json.NewDecoder(bytes.NewReader(asked.With))
		fields.DisallowUnknownFields()
		known = fields.Decode(t) == nil
	}
	if !known {
		return asked, nil, fmt.Errorf("the running desk, which is version %s, does not know what version %s asks of it; restart the desk with this version", version(), asked.Version)
	}
	return asked, t, nil
}

// safely performs a task, and makes an error of its breaking down.
func safely(ctx context.Context, at place, t task, s streams) (err error) {
	defer func() {
		if p := recover(); p != nil {
			at.log.ErrorContext(ctx, "command panicked", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = errors.New("the command broke down inside the desk; the desk's log tells more, and the desk goes on")
		}
	}()
	return t.perform(ctx, at, s)
}

// wantedInput is a caller's standard input, which is sent as it is wanted: so nothing that is not read stands in the way
// of finding out that the caller went away.
type wantedInput struct {
	want   *frames
	chunks chan []byte
	gone   <-chan struct{}
	left   []byte
	ended  bool
}

// Read implements io.Reader.
func (w *wantedInput) Read(p []byte) (int, error) {
	if len(w.left) == 0 && !w.ended {
		if err := w.want.send(frameWant, nil); err != nil {
			return 0, err
		}
		select {
		case w.left = <-w.chunks:
			w.ended = len(w.left) == 0
		case <-w.gone:
			return 0, context.Canceled
		}
	}
	if w.ended {
		return 0, io.EOF
	}
	n := copy(p, w.left)
	w.left = w.left[n:]
	return n, nil
}

// feed hands on what the caller sends until they go away.
func (w *wantedInput) feed(from io.Reader) {
	for {
		kind, data, err := receive(from)
		if err != nil || kind != frameInput {
			return
		}
		select {
		case w.chunks <- data:
		case <-w.gone:
			return
		}
	}
}

// errNoDesk says that no desk runs on the store.
var errNoDesk = errors.New("no desk runs on the store")

// ask has the desk that runs on the store perform a task; errNoDesk if there is none. What goes wrong with the task itself
// was told by the desk, and comes back as a toldError.
func ask(ctx context.Context, f storeFlags, name string, t task, s streams) error {
	path := socketPath(f.Store)
	if path == "" {
		return errNoDesk
	}
	conn, err := dialBeside(ctx, path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, errLongPath):
		return errNoDesk
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("the desk that runs on the store is another user's: %w; run this as that user", err)
	case err != nil:
		return fmt.Errorf("asking the running desk: %w", err)
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	with, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("asking the running desk: %w", err)
	}
	line, err := json.Marshal(request{Task: name, With: with, Version: version(), Columns: s.columns})
	if err != nil {
		return fmt.Errorf("asking the running desk: %w", err)
	}
	if _, err := conn.Write(append(line, '\n')); err != nil && ctx.Err() != nil {
		return ctx.Err() // else what the desk said before it hung up tells more
	}
	err = follow(conn, s)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// follow hands on what the desk sends until the task is through.
func follow(conn net.Conn, s streams) error {
	out, from := &frames{w: conn}, bufio.NewReaderSize(conn, longestFrame)
	for {
		kind, data, err := receive(from)
		if err != nil {
			return fmt.Errorf("the desk went away before this was through: %w", err)
		}
		switch kind {
		case frameOut:
			_, err = s.out.Write(data)
		case frameErr:
			_, err = s.err.Write(data)
		case frameWant:
			err = sendInput(out, s.in)
		case frameExit:
			if len(data) == 1 && data[0] == exitOK {
				return nil
			}
			if len(data) == 1 {
				return toldError{int(data[0])}
			}
			return errors.New("the desk did not say how it ended")
		default:
			err = fmt.Errorf("the desk is of another version: it sends what this one (%s) does not know", version())
		}
		if err != nil {
			return err
		}
	}
}

// sendInput sends some of the standard input, or its end.
func sendInput(out *frames, in io.Reader) error {
	chunk, n := make([]byte, 4<<10), 0
	for in != nil && n == 0 {
		var err error
		if n, err = in.Read(chunk); err != nil && n == 0 {
			break // its end, or as good as that: nothing more comes
		}
	}
	return out.send(frameInput, chunk[:n])
}
