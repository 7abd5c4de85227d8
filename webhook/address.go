package webhook

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
)

// ErrForbidden is wrapped by the error of a connection to an address that is not for other systems.
var ErrForbidden = errors.New("the address is a private one, or reserved")

// reserved are the addresses that are nobody's on the internet, beyond those that netip knows: RFC 6890 and its successors.
var reserved = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
)

func prefixes(all ...string) (list []netip.Prefix) {
	for _, p := range all {
		list = append(list, netip.MustParsePrefix(p))
	}
	return list
}

// permitted reports whether other systems may be at an address.
func permitted(address netip.Addr, allowed []netip.Prefix) bool {
	address = address.Unmap().WithZone("")
	for _, p := range allowed {
		if p.Contains(address) {
			return true
		}
	}
	if !address.IsGlobalUnicast() || address.IsPrivate() {
		return false
	}
	for _, p := range reserved {
		if p.Contains(address) {
			return false
		}
	}
	return true
}

// control is what a dialler asks about the address that it is about to connect to, once the name is resolved.
func control(allowed []netip.Prefix) func(network, address string, _ syscall.RawConn) error {
	return func(network, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil || network != "tcp4" && network != "tcp6" || !permitted(to.Addr(), allowed) {
			return ErrForbidden
		}
		return nil
	}
}

// ParseAllowed reads which addresses an operator allows besides: addresses, or prefixes such as 10.1.0.0/16.
func ParseAllowed(all []string) (list []netip.Prefix, err error) {
	for _, text := range all {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			a, alone := netip.ParseAddr(text)
			if alone != nil {
				return nil, fmt.Errorf("%q is neither an address nor a prefix such as 10.1.0.0/16", text)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		list = append(list, p.Masked())
	}
	return list, nil
}

// unreached tells, without a word of the address, why a connection did not come about.
func unreached(err error) string {
	dns, isDNS := errors.AsType[*net.DNSError](err)
	timeout, isNet := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, ErrForbidden):
		return "the address leads to this machine or into a private network, and only whoever runs Sample Desk can allow that (SAMPLEDESK_WEBHOOK_ALLOW)"
	case isDNS && dns.IsNotFound:
		return "there is no host of that name"
	case isNet && timeout.Timeout():
		return "it did not answer in time"
	case isDNS:
		return "the name of the host could not be looked up"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing answers at that address"
	case isCertificate(err):
		return "its certificate is not valid for that address"
	default:
		return "there was no answer"
	}
}
