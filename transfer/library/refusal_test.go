package library

import "testing"

func TestRefuse(t *testing.T) {
	homes := map[string][]string{
		"linux":   {"/home/anna", "/srv/people/ben", "/"},
		"darwin":  {"/Users/anna"},
		"windows": {`C:\Users\Anna`, `D:\Homes\Ben`},
	}
	for _, test := range []struct {
		goos, dir string
		want      Refusal
	}{
		{"linux", "", RefusedRelative},
		{"linux", "music", RefusedRelative},
		{"linux", "~/music", RefusedRelative},
		{"linux", "/", RefusedRoot},
		{"linux", "//.", RefusedRoot},
		{"linux", "/home/anna/../..", RefusedRoot},
		{"linux", "/home", RefusedHomes},
		{"linux", "/srv", RefusedHomes},
		{"linux", "/srv/people", RefusedHomes},
		{"linux", "/home/anna", RefusedHome},
		{"linux", "/home/anna/", RefusedHome},
		{"linux", "/home/other", RefusedHome},
		{"linux", "/var/home/anna", RefusedHome},
		{"linux", "/root", RefusedHome},
		{"linux", "/srv/people/ben", RefusedHome},
		{"linux", "/home/anna/Desktop", RefusedDesktop},
		{"linux", "/srv/people/ben/desktop", RefusedDesktop},
		{"linux", "/home/anna/Documents", RefusedDocuments},
		{"linux", "/home/anna/.config", RefusedHidden},
		{"linux", "/home/anna/.ssh/keys", RefusedHidden},
		{"linux", "/data/.private/music", RefusedHidden},
		{"linux", "/etc", RefusedSystem},
		{"linux", "/etc/ssl", RefusedSystem},
		{"linux", "/var/lib/mpd", RefusedSystem},
		{"linux", "/run/user/1000", RefusedSystem},
		{"linux", "/mnt", RefusedMount},
		{"linux", "/mnt/disk", RefusedMount},
		{"linux", "/media/stick", RefusedMount},
		{"linux", "/media/anna/stick", RefusedMount},
		{"linux", "/run/media/anna/stick", RefusedMount},
		{"linux", "/home/anna/Music", NotRefused},
		{"linux", "/home/anna/Documents/talks", NotRefused},
		{"linux", "/srv/people/ben/public", NotRefused},
		{"linux", "/srv/music", NotRefused},
		{"linux", "/mnt/disk/music", NotRefused},
		{"linux", "/media/anna/stick/music", NotRefused},
		{"linux", "/run/media/anna/stick/music", NotRefused},
		{"linux", "/root/share", NotRefused},
		{"linux", "/homework", NotRefused},
		{"freebsd", "/usr/home/anna", RefusedHome},

		{"darwin", "/", RefusedRoot},
		{"darwin", "/Users", RefusedHomes},
		{"darwin", "/users/Anna", RefusedHome},
		{"darwin", "/var/root", RefusedHome},
		{"darwin", "/Users/anna/DESKTOP", RefusedDesktop},
		{"darwin", "/Users/anna/Documents", RefusedDocuments},
		{"darwin", "/Users/anna/Library/Mail", RefusedConfig},
		{"darwin", "/Library/Audio", RefusedSystem},
		{"darwin", "/private/etc", RefusedSystem},
		{"darwin", "/Volumes", RefusedMount},
		{"darwin", "/Volumes/Backup", RefusedMount},
		{"darwin", "/Volumes/Backup/Music", NotRefused},
		{"darwin", "/Users/anna/Music", NotRefused},

		{"windows", `C:\`, RefusedMount},
		{"windows", `D:/`, RefusedMount},
		{"windows", `\\nas\music`, RefusedMount},
		{"windows", `\\?\C:\`, RefusedMount},
		{"windows", `\\?\UNC\nas\music`, RefusedMount},
		{"windows", `C:music`, RefusedRelative},
		{"windows", `\music`, RefusedRelative},
		{"windows", `\\nas`, RefusedRelative},
		{"windows", `c:\users`, RefusedHomes},
		{"windows", `D:\HOMES`, RefusedHomes},
		{"windows", `C:\Users\Other`, RefusedHome},
		{"windows", `d:\homes\ben`, RefusedHome},
		{"windows", `C:\Documents and Settings\Anna\My Documents`, RefusedDocuments},
		{"windows", `C:\Users\Anna\Desktop`, RefusedDesktop},
		{"windows", `C:\Users\Anna\OneDrive\Desktop`, RefusedDesktop},
		{"windows", `C:\Users\Anna\OneDrive - Firm\Documents`, RefusedDocuments},
		{"windows", `C:\Users\Anna\AppData\Roaming\x`, RefusedConfig},
		{"windows", `C:\Users\Anna\.ssh`, RefusedHidden},
		{"windows", `C:\Windows\Fonts`, RefusedSystem},
		{"windows", `C:\Program Files\x`, RefusedSystem},
		{"windows", `C:\Users\Anna\Music`, NotRefused},
		{"windows", `D:\Music`, NotRefused},
		{"windows", `\\nas\music\albums`, NotRefused},
	} {
		if got := refuse(test.goos, test.dir, homes[test.goos]); got != test.want {
			t.Errorf("%s %q: %v, want %v", test.goos, test.dir, got, test.want)
		}
	}
}

func TestRefusalNames(t *testing.T) {
	for r := NotRefused; r <= RefusedSystem; r++ {
		if r.String() == "" {
			t.Errorf("reason %d has no name", r)
		}
	}
	if got := Refusal(0x42).String(); got != "Refusal(0x42)" {
		t.Errorf("an unknown reason prints %q", got)
	}
}
