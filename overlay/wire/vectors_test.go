package wire

import (
	"encoding/hex"
	"net/netip"
	"time"

	"filbert/overlay/wire/ggep"
)

// GUIDs of the vectors.
const (
	pingMUID  = "a1a2a3a4a5a6a7a8ffaaabacadaeaf00"
	queryMUID = "b1b2b3b4b5b6b7b8ffbabbbcbdbebf00"
	pushMUID  = "d1d2d3d4d5d6d7d8ffdadbdcdddedf00"
	oobMUID   = "c0000211b5b6b7b8ffbabbbcbdca1800" // queryMUID answering at 192.0.2.17:6346
	routeMUID = "0001020304050607ff090a0b0c0d0e00"
	noGUID    = "00000000000000000000000000000000"
	servent   = "c1c2c3c4c5c6c7c8ffcacbcccdcecf00"
)

// sha1Hello is the SHA-1 of "hello world\n".
const sha1Hello = "22596363b3de40b06f981fb85d82312e8c0ed511"

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

func guid(s string) GUID { return GUID(unhex(s)) }

func addr(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

func ext(id string, data ...byte) ggep.Extension { return ggep.Extension{ID: id, Data: data} }

func messageVectors() []vector {
	hashH := ext(ggep.Hash, append([]byte{hashSHA1}, unhex(sha1Hello)...)...)
	pong := func(h HostInfo) *Pong {
		return &Pong{Addr: addr("192.0.2.17:6346"), Files: 12, KiB: 34567, Ext: h.AppendTo(nil)}
	}
	hit := func(trailer Trailer) *QueryHit {
		return &QueryHit{
			Addr: addr("192.0.2.17:6346"), Speed: 1000, Servent: guid(servent), Trailer: trailer,
			Records: []Record{{Index: 1, Size: 12, Name: "blue sky.txt", Ext: AppendSHA1(nil, [20]byte(unhex(sha1Hello)))}},
		}
	}
	return []vector{
		{"ping", "nothing but a header", pingMUID, 1, 0, &Ping{}},
		{"ping-scp", "asks for ultrapeers and TLS, from TEST 1.0", pingMUID, 1, 0,
			&Ping{Ext: ggep.Append(nil, ext(ggep.SCP, byte(SCPUltrapeers|SCPTLS)), ext(ggep.VC, 'T', 'E', 'S', 'T', 0x10))}},
		{"pong", "192.0.2.17:6346, 12 files, 34567 KiB, up 86400 s, GUESS 0.2, UP 1/10/3, TEST 1.0, TLS", pingMUID, 1, 0,
			pong(HostInfo{Uptime: 24 * time.Hour, GUESS: 2, Ultrapeer: true, Leaves: 10, Ultras: 3,
				Vendor: VendorCode{'T', 'E', 'S', 'T'}, Major: 1, TLS: true})},
		{"pong-cache", "three packed hosts, the second with TLS, from a UDP host cache", pingMUID, 1, 0,
			pong(HostInfo{HostCache: true, Hosts: []PackedHost{
				{Addr: addr("198.51.100.7:6346")},
				{Addr: addr("203.0.113.9:23456"), TLS: true},
				{Addr: addr("192.0.2.200:6347")},
			}})},
		{"query", `9800 "blue sky"`, queryMUID, 4, 0,
			&Query{Flags: FlagMark | FlagGuided | FlagHash, Text: "blue sky"}},
		{"query-firewalled", "mark, firewalled, firewall-to-firewall and hash: ca00", queryMUID, 4, 0,
			&Query{Flags: FlagMark | FlagFirewalled | FlagFWT | FlagHash, Text: "blue sky"}},
		{"query-sha1", `"\" and GGEP H with a SHA-1`, queryMUID, 4, 0,
			&Query{Flags: 0x9800, Text: `\`, Ext: AppendGGEP(nil, hashH)}},
		{"query-oob", `hits wanted out of band at 192.0.2.17:6346, SO, "urn:" from of old`,
			guid(queryMUID).WithOOBAddr(addr("192.0.2.17:6346")).String(), 4, 0,
			&Query{Flags: 0x9800 | FlagOOB, Text: "blue sky", Ext: AppendGGEP([]byte("urn:"), ext(ggep.SecureOOB))}},
		{"push", "file 1 to 192.0.2.17:6346", pushMUID, 5, 0,
			&Push{Servent: guid(servent), Index: 1, Addr: addr("192.0.2.17:6346")}},
		{"bye", "200 without headers", pingMUID, 1, 0, &Bye{Code: ByeShutdown, Text: "Servent shutdown"}},
		{"bye-server", "405 with a Server header", pingMUID, 1, 0,
			&Bye{Code: ByeIdle, Text: "Activity timeout", Rest: []byte("\r\nServer: Example/1.0\r\n\r\n\x00")}},
		{"hit", "one record of 12 bytes with a SHA-1, trailer TEST: uploaded before", queryMUID, 5, 0,
			hit(NewTrailer(VendorCode{'T', 'E', 'S', 'T'}, HitUploaded))},
		{"hit-bare", "the same without a trailer", queryMUID, 5, 0, hit(Trailer{})},
		{"hit-large", "5 GiB by LF, busy, push, a push proxy 198.51.100.7:6346, TLS", queryMUID, 5, 0, &QueryHit{
			Addr: addr("10.0.0.5:6346"), Speed: 1000, Servent: guid(servent),
			Records: []Record{{Index: 1, Size: 5 << 30, Name: "big.iso", Ext: AppendGGEP(nil, hashH, LargeFile(5<<30))}},
			Trailer: NewTrailer(VendorCode{'T', 'E', 'S', 'T'}, HitPush|HitBusy,
				ext(ggep.PushProxy, 198, 51, 100, 7, 0xca, 0x18), ext(ggep.TLS)),
		}},
		{"hsep", "one host, 12 files, 34567 KiB", pingMUID, 1, 0,
			&HSEP{Levels: []HSEPLevel{{Nodes: 1, Files: 12, KiB: 34567}}}},
	}
}

func routeVectors() []vector {
	patch := func(name, note string, p RoutePatch) vector {
		p.Seq, p.Count = 1, 1
		return vector{name, note, routeMUID, 1, 0, &p}
	}
	return []vector{
		{"reset-8", "8 slots, infinity 7", routeMUID, 1, 0, &RouteReset{Slots: 8, Infinity: 7}},
		{"reset-65536", "65,536 slots, infinity 2", routeMUID, 1, 0, &RouteReset{Slots: 65536, Infinity: 2}},
		{"reset-131072", "131,072 slots, infinity 7", routeMUID, 1, 0, &RouteReset{Slots: 131072, Infinity: 7}},
		patch("patch-set-clear", "4 bits: slot 2 set, slot 4 cleared", RoutePatch{Bits: 4, Data: unhex("00a06000")}),
		patch("patch-4-bit", "4 bits, infinity 7: slots 2 and 5 set (-6)", RoutePatch{Bits: 4, Data: unhex("00a00a00")}),
		patch("patch-4-bit-inf-2", "4 bits, infinity 2: slots 2 and 5 set (-1)", RoutePatch{Bits: 4, Data: unhex("00f00f00")}),
		patch("patch-8-bit", "8 bits, infinity 7", RoutePatch{Bits: 8, Data: unhex("0000fa0000fa0000")}),
		patch("patch-1-bit", "1 bit: slots 2 and 5 flipped", RoutePatch{Bits: 1, Data: unhex("24")}),
		patch("patch-clear", "4 bits, infinity 7: slot 5 cleared (+6)", RoutePatch{Bits: 4, Data: unhex("00000600")}),
		patch("patch-zlib", "patch-4-bit, deflated", RoutePatch{Compressor: 1, Bits: 4, Data: unhex("789c6358c0c5000001f800ab")}),
	}
}

func vendorVectors() []vector {
	plain := func(name, note, muid string, id VendorID, data ...byte) vector {
		return vector{name, note, muid, 1, 0, &Vendor{ID: id, Data: data}}
	}
	return []vector{
		{"messages-supported", "BEAR/4v1, LIME/11v2, LIME/21v1", noGUID, 1, 0,
			NewMessagesSupported(VendorHopsFlow, VendorOOBClaim2, VendorProxyRequest)},
		{"features", "WHAT 1, TLS! 1", noGUID, 1, 0,
			NewFeatures(Feature{VendorCode{'W', 'H', 'A', 'T'}, 1}, Feature{VendorCode{'T', 'L', 'S', '!'}, 1})},
		{"hops-flow", "5", noGUID, 1, 0, NewHopsFlow(5)},
		{"tcp-connect-back", "port 6346", noGUID, 1, 0, NewTCPConnectBack(6346)},
		plain("status-request", "of a leaf query", queryMUID, VendorStatusRequest),
		{"status-response", "42 hits kept", queryMUID, 1, 0, NewStatusResponse(42)},
		{"udp-connect-back", "port 6346, GUID of the ping in the data", noGUID, 1, 0,
			NewUDPConnectBack(VendorUDPConnectBack, 6346, guid(servent))},
		{"udp-connect-back-2", "port 6346, GUID of the ping in the header", pingMUID, 1, 0,
			NewUDPConnectBack(VendorUDPConnectBack2, 6346, guid(pingMUID))},
		plain("time-request", "at 1700000000.25", "6553f1000003d0900000000000000000", VendorTimeRequest, 0),
		plain("time-reply", "asked 1700000000.25, received 1700000001.1, sent 1700000001.1005",
			"6553f1000003d0906553f10100018894", VendorTimeReply, unhex("016553f101000186a0")...),
		plain("oob-offer-2", "3 hits, takes unsolicited UDP", oobMUID, VendorOOBOffer2, 3, 1),
		plain("oob-offer-3", "3 hits, takes unsolicited UDP", oobMUID, VendorOOBOffer3, 3, 1),
		plain("oob-offer-17", "17 hits, takes unsolicited UDP", oobMUID, VendorOOBOffer2, 17, 1),
		plain("oob-claim-2", "3 hits wanted", oobMUID, VendorOOBClaim2, 3),
		plain("oob-claim-17", "17 hits wanted", oobMUID, VendorOOBClaim2, 17),
		plain("oob-claim-3", "3 hits wanted, token 11223344", oobMUID, VendorOOBClaim3,
			ggep.Append([]byte{3}, ext(ggep.SecureOOB, 0x11, 0x22, 0x33, 0x44))...),
		plain("oob-proxy-veto", "never", noGUID, VendorOOBProxyVeto),
		plain("push-proxy-request", "by the servent of the GUID", servent, VendorProxyRequest),
		{"push-proxy-answer-2", "192.0.2.17:6346", servent, 1, 0, NewProxyAnswer(addr("192.0.2.17:6346"))},
		plain("head-ping", "ranges and alternates of a SHA-1", queryMUID, VendorHeadPing,
			unhex("0375726e3a736861313a454a4d5747593554335a414c4133345944363446334152524632474135564952")...),
		plain("head-ping-2", "alternates of a SHA-1 from a firewalled servent (GGEP PUSH)", queryMUID, VendorHeadPing2,
			unhex("1275726e3a736861313a454a4d5747593554335a414c4133345944363446334152524632474135564952c3845055534850"+servent)...),
		plain("head-pong", "partial, 2 free slots, two ranges, one alternate", queryMUID, VendorHeadPong,
			unhex("030254455354fe0010000000000003ffff001000000013ffff0006c6336407ca18")...),
		{"head-pong-none", "not found", queryMUID, 1, 0, NewHeadPong(VendorHeadPing, HeadPong{})},
		plain("head-pong-2", "complete, 3 free slots, TLS, one address", queryMUID, VendorHeadPong2,
			ggep.Append(nil, ext("C", 1), ext("V", []byte("TEST")...), ext("Q", 0xfd), ext("F", 1), ext("A", 198, 51, 100, 7, 0xca, 0x18))...),
		plain("crawler-ping", "all neighbors, features 0b", pingMUID, VendorCrawlerPing, 0xff, 0xff, 0x0b),
		plain("crawler-pong", "an ultrapeer and a leaf", pingMUID, VendorCrawlerPong, unhex("010100c6336407ca18cb007109a05b")...),
		plain("connect-back-redirect", "to 192.0.2.17:6346", noGUID, VendorRedirect, 192, 0, 2, 17, 0xca, 0x18),
		plain("node-info-request", "flags 3", noGUID, gtkg<<32|22<<16|1, 0, 0, 0, 3),
		plain("push-proxy-cancel", "no data", noGUID, VendorProxyCancel),
		plain("punch-word", "the shortest, of an Offer", pingMUID, VendorPunchWord, 1),
	}
}
