package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"filbert/node/hook"
)

// parse makes a value of the texts that a variable, a flag or a file gives: a
// list has any number of them, all others one. An error says what is wrong and,
// after a colon, what to do.
func (s *Setting) parse(texts []string) (any, error) {
	for _, text := range texts {
		if len(text) > maxText {
			return nil, fmt.Errorf("a text of %d bytes is too long: give %d at most", len(text), maxText)
		}
		if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
			shown := strconv.Quote(text)
			if s.Secret {
				shown = "a text"
			}
			return nil, fmt.Errorf("%s has a control character or is no UTF-8: give a printable text", shown)
		}
	}
	if s.Kind == KindList {
		return s.parseList(texts)
	}
	if len(texts) != 1 {
		return nil, fmt.Errorf("given %d times: give it once", len(texts))
	}
	text := texts[0]
	switch s.Kind {
	case KindText:
		return text, s.form.check(text)
	case KindInt:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < s.Min || n > s.Max {
			return nil, fmt.Errorf("%q is not from %d to %d: give a whole number in these bounds", text, s.Min, s.Max)
		}
		return int(n), nil
	case KindDuration:
		d, err := time.ParseDuration(text)
		if off := s.Off && d == 0; err != nil || !off && (int64(d) < s.Min || int64(d) > s.Max) {
			hint := ""
			if s.Off {
				hint = ", or 0 for never"
			}
			return nil, fmt.Errorf("%q is not from %s to %s: give a time such as \"90s\" or \"10m\"%s",
				text, formatDuration(time.Duration(s.Min)), formatDuration(time.Duration(s.Max)), hint)
		}
		return d, nil
	case KindBool:
		on, err := strconv.ParseBool(text)
		if err != nil {
			return nil, fmt.Errorf("%q is neither true nor false: give one of them", text)
		}
		return on, nil
	}
	panic("config: setting " + s.Key + " is of " + s.Kind.String())
}

func (s *Setting) parseList(items []string) (any, error) {
	if len(items) > maxItems {
		return nil, fmt.Errorf("%d items are too many: give %d at most", len(items), maxItems)
	}
	list := make([]string, 0, len(items))
	for _, item := range items {
		if item == "" {
			return nil, errEmptyItem
		}
		if err := s.form.check(item); err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	if s.form == formCommand {
		return list, hook.Check(list)
	}
	return list, nil
}

// eachText applies f to a text or to every item of a list.
func eachText(value any, f func(string) (string, error)) (any, error) {
	list, ok := value.([]string)
	if !ok {
		return f(value.(string))
	}
	out := make([]string, len(list))
	for i, item := range list {
		var err error
		if out[i], err = f(item); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// texts turns a value of a TOML file into what parse takes. The error is as that
// of parse.
func (s *Setting) texts(v any) ([]string, error) {
	switch v := v.(type) {
	case string:
		if s.Kind == KindText || s.Kind == KindDuration {
			return []string{v}, nil
		}
	case int64:
		if s.Kind == KindInt || s.Kind == KindDuration && v == 0 {
			return []string{strconv.FormatInt(v, 10)}, nil
		}
	case bool:
		if s.Kind == KindBool {
			return []string{strconv.FormatBool(v)}, nil
		}
	case []any:
		if s.Kind != KindList {
			break
		}
		items := make([]string, 0, len(v))
		for _, item := range v {
			text, ok := item.(string)
			if !ok {
				return nil, fmt.Errorf("an item is %s: write %s", tomlType(item), s.example())
			}
			items = append(items, text)
		}
		return items, nil
	}
	return nil, fmt.Errorf("is %s: write %s", tomlType(v), s.example())
}

// example shows how the setting is written in TOML.
func (s *Setting) example() string {
	switch s.Kind {
	case KindList:
		return "a list of texts, " + s.Key + ` = ["...", "..."]`
	case KindInt:
		return fmt.Sprintf("a whole number without quotes, %s = %v", s.Key, s.Default)
	case KindDuration:
		return fmt.Sprintf("a time in quotes, %s = %q", s.Key, formatDuration(s.Default.(time.Duration)))
	case KindBool:
		return s.Key + " = true or " + s.Key + " = false, without quotes"
	}
	return "a text in quotes, " + s.Key + ` = "..."`
}

// tomlType names the type of a decoded TOML value.
func tomlType(v any) string {
	switch v.(type) {
	case string:
		return "a text"
	case int64:
		return "a whole number"
	case float64:
		return "a number with a fraction"
	case bool:
		return "true or false"
	case []any:
		return "a list"
	case map[string]any:
		return "a table"
	}
	return "a date or time"
}

// formatDuration writes 10m instead of 10m0s.
func formatDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}
