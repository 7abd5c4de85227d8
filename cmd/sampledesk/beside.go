package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// socketPath returns where the socket of a desk on that store is; empty for a store that is not a file of this machine.
func socketPath(store string) string {
	path, isFile := strings.CutPrefix(store, "bolt:")
	if !isFile {
		return ""
	}
	return path + ".sock"
}

// longestSocket is how many bytes the path of a socket may have.
func longestSocket() int {
	if runtime.GOOS == "linux" {
		return 107
	}
	return 103
}

// errLongPath says that the path of a socket is too long for the machine.
var errLongPath = errors.New("the path is too long for a socket")

// short returns a path by which the machine takes that of a socket, and what has to be called when it is needed no more.
// On Linux a long one is named from its folder, which is open meanwhile.
func short(path string) (string, func(), error) {
	if len(path) <= longestSocket() {
		return path, func() {}, nil
	}
	if runtime.GOOS == "linux" {
		dir, err := os.Open(filepath.Dir(path))
		if err != nil {
			return "", nil, err
		}
		if name := fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), filepath.Base(path)); len(name) <= longestSocket() {
			return name, func() { _ = dir.Close() }, nil
		}
		_ = dir.Close()
	}
	return "", nil, fmt.Errorf("%w: %s has %d bytes of at most %d; give the store a shorter name", errLongPath, path, len(path), longestSocket())
}

// dialBeside connects to the socket at a path.
func dialBeside(ctx context.Context, path string) (net.Conn, error) {
	name, done, err := short(path)
	if err != nil {
		return nil, err
	}
	defer done()
	var dialer net.Dialer
	return dialer.DialContext(ctx, "unix", name)
}

// listenBeside listens on a socket at a path, for this user alone. It is called by whoever has the store to itself, so a
// socket that is there is nobody's any more and is taken away; anything else that is there is left alone and an error.
func (n network) listenBeside(ctx context.Context, path string) (net.Listener, error) {
	if n.listen != nil {
		return n.listen(ctx, path)
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case info.Mode().Type() != fs.ModeSocket:
		return nil, fmt.Errorf("%s is there and is no socket; take it away", path)
	default:
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	name, done, err := short(path)
	if err != nil {
		return nil, err
	}
	config := net.ListenConfig{Control: forOwner}
	l, err := config.Listen(ctx, "unix", name)
	if err != nil {
		done()
		return nil, err
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	b := &besideListener{Listener: l, path: path, done: done}
	if err = os.Chmod(path, 0o600); err == nil { // where the system does not take the mode beforehand
		b.made, err = os.Lstat(path)
	}
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// besideListener takes its socket away when it is closed, if it is still its own.
type besideListener struct {
	net.Listener
	path string
	made fs.FileInfo
	done func()
	once sync.Once
}

// Close implements net.Listener.
func (b *besideListener) Close() error {
	err := b.Listener.Close()
	b.once.Do(func() {
		defer b.done()
		if info, err := os.Lstat(b.path); err == nil && (b.made == nil || os.SameFile(info, b.made)) {
			_ = os.Remove(b.path)
		}
	})
	return err
}
