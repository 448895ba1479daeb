package flood

import (
	"bytes"
	"html/template"
	"net/http"
	"strconv"

	"filbert/transfer"
	"filbert/transfer/urn"
)

// pageTemplate is the page for people. What it is given is escaped by it, and
// names went through transfer.Display before.
var pageTemplate = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{{.Agent}}</title></head>
<body><h1>{{.Agent}}</h1>
<p>{{.All}} files are shared here.{{if .Left}} {{.Left}} of them are not listed.{{end}}</p>
<table>
{{range .Files}}<tr><td>{{if .URN}}<a href="/uri-res/N2R?{{.URN}}">{{.Name}}</a>{{else}}{{.Name}}{{end}}</td><td>{{.Size}}</td></tr>
{{end}}</table></body></html>
`))

type pageFile struct{ Name, Size, URN string }

// page sends the page.
func (b *Browse) page(w http.ResponseWriter, r *http.Request) {
	data := struct {
		Agent     string
		All, Left int
		Files     []pageFile
	}{Agent: b.cfg.Agent, All: b.cfg.Index.Len()}
	for e := range b.cfg.Index.Entries() {
		if len(data.Files) == maxPageFiles {
			break
		}
		if e.Partial {
			continue
		}
		f := pageFile{Name: transfer.Display(e.Name), Size: transfer.ByteCount(e.Size).String()}
		if sum := urn.SHA1(e.SHA1); sum != (urn.SHA1{}) {
			f.URN = sum.URN()
		}
		data.Files = append(data.Files, f)
	}
	data.Left = max(data.All-len(data.Files), 0)
	var body bytes.Buffer
	if err := pageTemplate.Execute(&body, data); err != nil {
		panic(err) // a template of ours that does not fit its data
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(body.Len()))
	h.Set("Content-Security-Policy", "default-src 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	b.count(func(s *BrowseStats) { s.Listed, s.Files = s.Listed+1, s.Files+uint64(len(data.Files)) })
	w.Write(body.Bytes()) // an error shows at the next request
}
