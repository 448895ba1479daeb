package config

import (
	"strings"
	"testing"
)

func TestForms(t *testing.T) {
	long := strings.Repeat("a", 63)
	for _, tt := range []struct {
		form form
		text string
		ok   bool
	}{
		{formFree, "anything", true},
		{formListen, ":0", true},
		{formListen, "0.0.0.0:65535", true},
		{formListen, "[::]:1", true},
		{formListen, "[fe80::1%eth0]:1", true},
		{formListen, "::1:1", false},
		{formListen, "224.0.0.1:1", false},
		{formListen, "localhost:1", false},
		{formListen, "0.0.0.0:+1", false},
		{formListen, "0.0.0.0:http", false},
		{formPeer, "192.0.2.7:1", true},
		{formPeer, "servent.example.:65535", true},
		{formPeer, "my_host-1:6346", true},
		{formPeer, long + ".example:1", true},
		{formPeer, long + "a.example:1", false},
		{formPeer, strings.Repeat(long+".", 4) + "example:1", false},
		{formPeer, "a..example:1", false},
		{formPeer, "a b:1", false},
		{formPeer, "höst:1", false},
		{formPeer, "[ff02::1]:1", false},
		{formServer, "192.0.2.7:3478", true},
		{formServer, "[2001:db8::7]:1", true},
		{formServer, "stun.example:3478", false},
		{formServer, "192.0.2.7", false},
		{formServer, "192.0.2.7:0", false},
		{formServer, "0.0.0.0:3478", false},
		{formServer, "[ff02::1]:3478", false},
		{formTURN, "turn:anna:secret@turn.example:3478", true},
		{formTURN, "turn:turn.example:3478", false},
		{formLoopback, "", true},
		{formLoopback, "127.9.9.9:0", true},
		{formLoopback, "[::1]:1", true},
		{formLoopback, "[::ffff:127.0.0.1]:1", true},
		{formLoopback, "localhost:1", true},
		{formLoopback, "localhost", false},
		{formLoopback, "localhost.example:1", false},
		{formLoopback, "[::]:1", false},
		{formIP, "", true},
		{formIP, "10.0.0.1", true},
		{formIP, "fe80::1%eth0", false},
		{formIP, "host.example", false},
		{formFolder, "~", true},
		{formFolder, "~/x", true},
		{formFolder, "~x", false},
		{formWebCache, "http://cache.example/gwc.php?x=1", true},
		{formWebCache, "http://" + strings.Repeat("a", maxWebCache-len("http:///")) + "/", true},
		{formWebCache, "http://" + strings.Repeat("a", maxWebCache-len("http:///")+1) + "/", false},
		{formWebCache, "https://cache.example/", false},
		{formWebCache, "http://user@cache.example/", false},
		{formWebCache, "cache.example", false},
		{formWebCache, "http://", false},
		{formLevel, "disabled", true},
		{formLevel, "INFO", false},
	} {
		if err := tt.form.check(tt.text); (err == nil) != tt.ok {
			t.Errorf("form %d, %q: %v", tt.form, tt.text, err)
		} else if err != nil && !strings.Contains(err.Error(), ": ") {
			t.Errorf("form %d, %q: %v says not what to do", tt.form, tt.text, err)
		}
	}
}
