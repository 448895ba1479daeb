package library

import "sync/atomic"

// Progress tells how far hashing is.
type Progress struct {
	FilesSeen   int    // files to share that were found
	FilesHashed int    // those whose hash is known
	BytesTotal  int64  // sizes of the files that were found
	BytesHashed int64  // bytes of them that are hashed
	Current     string // path of a file being hashed, below its share, or ""
}

// progress is where a Progress is counted: files and totals by the loop, bytes
// as they are hashed by the workers.
type progress struct {
	filesSeen, filesHashed  atomic.Int64
	bytesTotal, bytesHashed atomic.Int64
	current                 atomic.Pointer[string]
}

func (p *progress) load() Progress {
	out := Progress{
		FilesSeen:   int(p.filesSeen.Load()),
		FilesHashed: int(p.filesHashed.Load()),
		BytesTotal:  p.bytesTotal.Load(),
		BytesHashed: p.bytesHashed.Load(),
	}
	if current := p.current.Load(); current != nil {
		out.Current = *current
	}
	return out
}
