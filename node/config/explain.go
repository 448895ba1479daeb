package config

import "time"

// Row is one effective value, for people and as JSON.
type Row struct {
	Key    string `json:"key"`
	Value  any    `json:"value"` // string, []string, int or bool; a duration is a string such as "10m"
	Origin Origin `json:"origin"`
	Help   string `json:"help"`
}

// Explain returns a row for every setting, in the order of Settings, without passwords.
func (c *Config) Explain() []Row {
	rows := make([]Row, len(c.settings))
	for i, s := range c.settings {
		value := c.merged.Get(s.Key)
		if d, ok := value.(time.Duration); ok {
			value = formatDuration(d)
		}
		if list, ok := value.([]string); ok && s.Secret {
			shown := make([]string, len(list))
			for i, item := range list {
				shown[i] = s.form.shown(item)
			}
			value = shown
		}
		rows[i] = Row{Key: s.Key, Value: value, Origin: c.origins[s.Key], Help: s.Help}
	}
	return rows
}
