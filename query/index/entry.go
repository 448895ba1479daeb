package index

// Entry is one shared file. The index keeps the string of Name, not a copy.
type Entry struct {
	Name    string   // file name without folders, as shown in a query hit
	Size    int64    // bytes
	ModTime int64    // seconds since 1970
	SHA1    [20]byte // zero as long as it is not known: then no URN finds the file
	ID      uint32   // file index of query hits, unique in an Index
	Media   Media    // set by Apply from Name's extension
	Partial bool     // still being downloaded: found only by queries that want such files
}

func (e *Entry) hashed() bool { return e.SHA1 != [20]byte{} }
