// Package keyword normalises text, splits it into words and hashes the words.
//
// File names and queries meet only as words: the index stores the words of
// names, a match compares them with those of a query, and a query-routing
// table (QRP) holds their hashes. All three must cut and fold text alike, and
// alike on both ends of a link, so this is the only implementation. The package
// keeps no state, does no I/O and knows neither files nor messages.
//
// The rule is that of today's ultrapeers: decompose (NFKD), strip marks,
// lower-case with full folding, turn what is neither letter nor digit into a
// space, compose (NFC), split where the Unicode block changes. The hash is that
// of the Query Routing Protocol 0.1.
//
// Where the rule leaves a choice:
//
//   - Nonspacing marks that change meaning, and are kept, are those of the
//     canonical combining classes nukta (7), kana voicing (8) and virama (9).
//     U+0345 becomes the letter iota, as the full foldings of its compounds do.
//   - "Full folding" adds the foldings to several letters (ß to ss) to plain
//     lower-casing. A final sigma stays one, as in other servents: folding it
//     would give Greek words another hash than theirs.
//   - Decomposition comes before lower-casing, so U+2122 (trade mark sign)
//     becomes "tm"; a servent that lower-cases first loses both letters.
//   - All Latin blocks count as one, so that "søren" stays a word; the plane of
//     historic scripts (U+10000 to U+1FFFF) counts as one too. Every other
//     block is its own: Hiragana, Katakana and Han split from one another.
//   - A newline separates; other control characters vanish without a trace.
//     Format, private-use and noncharacter code points separate, and so do
//     bytes that are not UTF-8. A byte order mark, a format character, thus
//     needs no case of its own.
//   - A code point that our Unicode version does not know is kept.
package keyword
