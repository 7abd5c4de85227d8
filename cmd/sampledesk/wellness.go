package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// healthTime bounds the question whether a desk is well.
const healthTime = 5 * time.Second

// healthCmd asks the desk that runs on this machine whether it is well. A container without a shell or curl has it as
// its health check.
type healthCmd struct {
	Listen string `env:"SAMPLEDESK_LISTEN" default:"127.0.0.1:8080" help:"Where the desk listens."`
	Ready  bool   `env:"SAMPLEDESK_HEALTH_READY" help:"Ask whether it does its work (/readyz) in place of whether the process lives (/healthz)."`
}

// Run prints what the desk answers. An answer other than 200, or none within five seconds, is a failure.
func (c healthCmd) Run(ctx context.Context, out streams) error {
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return usagef("SAMPLEDESK_LISTEN: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1" // who listens on every address listens here too
	}
	path := "/healthz"
	if c.Ready {
		path = "/readyz"
	}
	ctx, cancel := context.WithTimeout(ctx, healthTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+path, nil)
	if err != nil {
		return usagef("SAMPLEDESK_LISTEN: %w", err)
	}
	answer, err := (&http.Client{Transport: &http.Transport{}}).Do(request) // no proxy: this machine asks itself
	if err != nil {
		return fmt.Errorf("no desk answers at %s: %w", c.Listen, err)
	}
	defer func() { _ = answer.Body.Close() }()
	if _, err := io.Copy(out.out, io.LimitReader(answer.Body, 1<<20)); err != nil {
		return fmt.Errorf("reading the answer of %s: %w", c.Listen, err)
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the desk at %s answers %s to %s", c.Listen, answer.Status, path)
	}
	return nil
}
