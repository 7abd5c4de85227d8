package webhook

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOnlyAddressesOfTheInternetAreCalled(t *testing.T) {
	for _, address := range []string{"1.1.1.1", "8.8.8.8", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "192.0.1.1", "2606:4700::1111", "2a00:1450::1"} {
		require.True(t, permitted(netip.MustParseAddr(address), nil), address)
	}
	for _, address := range []string{
		"127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200",
		"192.0.0.192", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "203.0.113.9",
		"::", "::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "64:ff9b::a00:1",
		"64:ff9b:1::1", "2001:0:1::1", "2002:a00:1::1", "2001:db8::1",
	} {
		require.False(t, permitted(netip.MustParseAddr(address), nil), address)
		require.ErrorIs(t, control(nil)("tcp4", netip.AddrPortFrom(netip.MustParseAddr(address), 443).String(), nil), ErrForbidden, address)
	}
	require.ErrorIs(t, control(nil)("tcp4", "hooks.example:443", nil), ErrForbidden, "a name was not resolved")
	require.ErrorIs(t, control(nil)("udp4", "1.1.1.1:443", nil), ErrForbidden)

	allowed, err := ParseAllowed([]string{"10.1.2.3/16", "127.0.0.1", "fd00::/8"})
	require.NoError(t, err)
	for address, is := range map[string]bool{"10.1.255.1": true, "10.2.0.1": false, "127.0.0.1": true, "127.0.0.2": false, "::ffff:127.0.0.1": true, "fd12::1": true, "::1": false} {
		require.Equal(t, is, permitted(netip.MustParseAddr(address), allowed), address)
	}
	for _, wrong := range []string{"localhost", "10.0.0.0/33", "10.0.0", ""} {
		_, err := ParseAllowed([]string{wrong})
		require.Error(t, err, wrong)
	}
}
