package library

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Skip is why a file or folder inside a share is left out. No setting turns
// that off: who wants to share such a file can rename it.
type Skip uint8

// The reasons. NotSkipped is the zero value.
const (
	NotSkipped  Skip = iota
	SkipHidden       // a dot file or dot folder
	SkipKey          // keys, passwords, wallets
	SkipMail         // a mail store
	SkipEditor       // swap, lock and backup files
	SkipPartial      // a download that is not complete
	SkipJunk         // what systems leave in folders
	SkipLink         // a symbolic link
	SkipSpecial      // neither a regular file nor a folder
	SkipEmpty        // no bytes
	SkipDepth        // too deep
	numSkips
)

var skipNames = [numSkips]string{
	NotSkipped:  "not skipped",
	SkipHidden:  "hidden",
	SkipKey:     "keys and passwords",
	SkipMail:    "mail",
	SkipEditor:  "temporary",
	SkipPartial: "incomplete download",
	SkipJunk:    "system junk",
	SkipLink:    "symbolic link",
	SkipSpecial: "not a regular file",
	SkipEmpty:   "empty",
	SkipDepth:   "too deep",
}

// String says the reason.
func (s Skip) String() string {
	if s < numSkips {
		return skipNames[s]
	}
	return fmt.Sprintf("Skip(%#02x)", uint8(s))
}

// What names tell, in lower case. Extensions come with their dot.
var (
	keyExts = []string{
		".pem", ".key", ".p12", ".pfx", ".ppk", ".jks", ".keystore", ".kdb", ".kdbx", ".asc", ".gpg", ".pgp", ".ovpn",
		".wallet", ".agilekeychain", ".keychain", ".keychain-db", ".opvault", ".psafe3",
	}
	keyNames = []string{
		"wallet.dat", "authorized_keys", "known_hosts", "shadow", "passwd", "htpasswd", "credentials", "secrets",
		"key3.db", "key4.db", "logins.json", "cookies.sqlite", "login data", "seed.txt", "passwords.txt",
	}
	keyPrefixes  = []string{"id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_xmss"}
	mailExts     = []string{".pst", ".ost", ".mbox", ".mbx", ".dbx", ".eml", ".emlx", ".msf", ".nsf"}
	mailNames    = []string{"maildir", "mbox"}
	editorExts   = []string{".swp", ".swo", ".swx", ".tmp", ".temp", ".bak", ".lock", ".lck"}
	partialExts  = []string{".part", ".partial", ".crdownload", ".download", ".opdownload", ".!ut", ".!qb", ".bc!", ".aria2", ".dl", ".dctmp", ".incomplete"}
	partialNames = []string{"incomplete"}
	junkNames    = []string{"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "lost+found", "$recycle.bin", "system volume information"}
)

// skipName judges a file or folder by its base name.
func skipName(name string) Skip {
	if strings.HasPrefix(name, ".") {
		return SkipHidden
	}
	name = strings.ToLower(name)
	ext := path.Ext(name)
	has := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
	switch {
	case slices.Contains(keyExts, ext), slices.Contains(keyNames, name), slices.ContainsFunc(keyPrefixes, has),
		has("id_") && (ext == "" || ext == ".pub"):
		return SkipKey
	case slices.Contains(mailExts, ext), slices.Contains(mailNames, name):
		return SkipMail
	case slices.Contains(editorExts, ext), strings.HasSuffix(name, "~"), has("~$"), has("#") && strings.HasSuffix(name, "#"):
		return SkipEditor
	case slices.Contains(partialExts, ext), slices.Contains(partialNames, name):
		return SkipPartial
	case slices.Contains(junkNames, name):
		return SkipJunk
	}
	return NotSkipped
}

// Private reports whether a file or folder has the name of one that holds keys, passwords
// or mail.
func Private(name string) bool {
	skip := skipName(name)
	return skip == SkipKey || skip == SkipMail
}

// skipEntry judges a file or folder by its name, what it is and its size in
// bytes.
func skipEntry(name string, mode fs.FileMode, size int64) Skip {
	switch skip := skipName(name); {
	case skip != NotSkipped:
		return skip
	case mode&fs.ModeSymlink != 0:
		return SkipLink
	case mode.IsDir():
		return NotSkipped
	case !mode.IsRegular():
		return SkipSpecial
	case size == 0:
		return SkipEmpty
	}
	return NotSkipped
}
