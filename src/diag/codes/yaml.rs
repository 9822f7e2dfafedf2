//! S00xx: what a YAML file may be.

use crate::diag::Code;

pub static ALL: &[&Code] = &[
    &NOT_UTF8,
    &INVALID,
    &TAB,
    &DUPLICATE_KEY,
    &SEVERAL_DOCUMENTS,
    &TAG,
    &REFUSED_CHARACTER,
    &FILE_TOO_LARGE,
    &TOO_DEEP,
    &TOO_MANY_NODES,
    &SCALAR_TOO_LONG,
    &KEY_NOT_TEXT,
    &BAD_ALIAS,
    &MERGE_KEY,
];

pub static NOT_UTF8: Code = Code {
    id: "S0001",
    title: "not UTF-8",
    explain: "\
Files of a project are UTF-8 text. This one has bytes that are no character in UTF-8: mostly it was
saved as Latin-1, Windows-1252 or UTF-16, or is no text at all. Save it anew as UTF-8; a byte order
mark at its start does no harm. From a terminal:

    iconv -f windows-1252 -t utf-8 old.yml > new.yml",
};

pub static INVALID: Code = Code {
    id: "S0002",
    title: "invalid YAML",
    explain: "\
The file is not YAML 1.2, and reading stopped at the place shown. Most often the indentation does not
fit, a quote or bracket is not closed, or an expression needs quotes because YAML gives some of its
characters a meaning: `: ` makes a map, ` #` begins a comment, and a text cannot start with one of
`[ { * & ! % @ | >` or a back-quote. Quote it, or use a block:

    where: \"status = 'open: new'\"
    where: |
      status = 'open: new'",
};

pub static TAB: Code = Code {
    id: "S0003",
    title: "tab as indentation",
    explain: "\
YAML is indented with spaces only; a tab is as wide as each program likes, so YAML refuses it. Replace
the tab by spaces. Inside a text or an expression tabs are fine:

    segments:
      - name: vip        # two spaces, not a tab",
};

pub static DUPLICATE_KEY: Code = Code {
    id: "S0004",
    title: "duplicate key",
    explain: "\
A map has the same key twice, and only one of the values could be obeyed. Both places are shown: delete
one, or combine the two.

    - name: vip
      where: country = 'US'
      where: revenue > 500      # make it one list: [country = 'US', revenue > 500]",
};

pub static SEVERAL_DOCUMENTS: Code = Code {
    id: "S0005",
    title: "several documents in a file",
    explain: "\
A line with `---` begins a new YAML document, and a file may hold only one: what stands after it would
be easy to overlook. Move the second part into a file of its own (all files under `spec_paths` are read
as one), or delete the line. One `---` at the very top is fine.

    segments: [...]
    ---                # everything below belongs into another file
    traits: [...]",
};

pub static TAG: Code = Code {
    id: "S0006",
    title: "YAML tag",
    explain: "\
`!include`, `!!binary`, `!!str` and the like are tags: they ask the reader of YAML to do something or to
make some type. segc takes values as they are written, and never reads another file because a spec says
so. Delete the tag. A text that is meant to start with `!` needs quotes:

    where: !!str is_active       # wrong
    where: is_active             # right",
};

pub static REFUSED_CHARACTER: Code = Code {
    id: "S0007",
    title: "invisible character",
    explain: "\
The text holds a character that is not to be seen: a control character, NUL, or one that turns the
direction of writing, so that a reviewer would read something other than what is run. An escape such as
`\"\\u202e\"` in double quotes counts too. Delete it; tabs and line breaks are fine. It often comes with
text pasted from a chat, a PDF or a word processor. Where data really holds such a character, clean it
in the warehouse.

    where: country = 'US<U+202E>'      # delete the U+202E",
};

pub static FILE_TOO_LARGE: Code = Code {
    id: "S0008",
    title: "file too large",
    explain: "\
A spec file may have 1 MiB. That is some 20,000 lines; a larger one is mostly data that ended up in a
spec. Split the file (all files under `spec_paths` are one namespace, in any order), and keep long lists
of keys in a table or a file of their own.

    segments/lifecycle.yml  segments/value.yml    # instead of one segments/all.yml",
};

pub static TOO_DEEP: Code = Code {
    id: "S0009",
    title: "nested too deep",
    explain: "\
Lists and maps may be nested 32 deep. No condition that a person can read comes near that; a generator
may. Give a part a name and refer to it:

    segments:
      - {name: reachable, where: [ ... ]}
      - {name: winback, where: [ {in: reachable}, {did_not: orders, within: 180 days} ]}",
};

pub static TOO_MANY_NODES: Code = Code {
    id: "S0010",
    title: "too many values",
    explain: "\
A file may hold 50,000 values (keys count, and an alias counts as all that it repeats). A few aliases of
aliases can stand for billions of values, which is why they are counted before they are copied. Split a
file that is honestly that large; write less with aliases, or name what repeats as a trait or segment.

    a: &a [x, x, x, x]
    b: &b [*a, *a, *a, *a]      # 4 x 4, and so on: each line multiplies",
};

pub static SCALAR_TOO_LONG: Code = Code {
    id: "S0011",
    title: "text too long",
    explain: "\
One text may have 64 KiB. An expression of that length has a list of keys in it, or was made by a
program: put the keys into a table and join them with a relation or lookup, or split the expression
into traits.

    where: customer_id in (1, 2, 3, ... 20000 more)     # a table of keys is the better place",
};

pub static KEY_NOT_TEXT: Code = Code {
    id: "S0012",
    title: "key that is no text",
    explain: "\
A key is missing, or is a list or map. Mostly braces or brackets at the start of a value were meant as
text, but YAML reads `{{` and `[` as the start of a map or list. Quotes make it text:

    within: {{ var('days') }} days          # wrong: a map as the key of a map
    within: \"{{ var('days') }} days\"        # right",
};

pub static BAD_ALIAS: Code = Code {
    id: "S0013",
    title: "alias without anchor",
    explain: "\
`*name` repeats an earlier value that was marked `&name`. Here there is no such value above, or the alias
stands inside the value that it would repeat. Write the anchor first, or quote a text that is meant to
start with `*`:

    - {name: a, where: [&reachable email is not null, country = 'US']}
    - {name: b, where: [*reachable, country = 'CA']}",
};

pub static MERGE_KEY: Code = Code {
    id: "S0014",
    title: "merge key",
    explain: "\
`<<: *defaults` merged one map into another in YAML 1.1. YAML 1.2 has no such key, and segc does not
bring it back: what a segment says is written where the segment is. Aliases repeat whole values:

    - name: b
      <<: *defaults            # wrong
      owner: *owner            # right",
};
