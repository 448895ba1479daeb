package conform

// Schema is the version of Report as a JSON document.
const Schema = 1

// Outcome is how a case ended.
type Outcome string

// The outcomes.
const (
	Pass       Outcome = "pass"
	Fail       Outcome = "fail"
	NotOffered Outcome = "not offered"
)

// Result is one case as it ended. What the servent said is escaped.
type Result struct {
	Case    string  `json:"case"`
	Area    string  `json:"area"`
	Checks  string  `json:"checks"`
	Source  string  `json:"source"`
	Outcome Outcome `json:"outcome"`
	Want    string  `json:"want,omitempty"`   // of a failure: what was expected
	Got     string  `json:"got,omitempty"`    // of a failure: what came
	Reason  string  `json:"reason,omitempty"` // why it is not offered
	Seconds float64 `json:"seconds"`
}

// Report is a whole run.
type Report struct {
	Schema     int      `json:"schema"`
	Addr       string   `json:"addr"`
	Agent      string   `json:"agent"` // User-Agent of the servent, escaped
	Passed     int      `json:"passed"`
	Failed     int      `json:"failed"`
	NotOffered int      `json:"not_offered"`
	Broken     bool     `json:"broken"` // the servent could not be reached any more, cases are missing
	Results    []Result `json:"results"`
}

// Held reports whether nothing failed and no case is missing.
func (r *Report) Held() bool { return r.Failed == 0 && !r.Broken }

func (r *Report) add(one Result) {
	r.Results = append(r.Results, one)
	switch one.Outcome {
	case Pass:
		r.Passed++
	case Fail:
		r.Failed++
	case NotOffered:
		r.NotOffered++
	}
}
