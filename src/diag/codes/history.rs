//! S09xx: what is published, looked at between builds; its history, built, pruned and erased.

use crate::diag::Code;

pub static ALL: &[&Code] = &[
    &LEDGER_BROKEN,
    &MEMBERS_CHANGED,
    &STAYS_DIFFER,
    &STAYS_WRONG,
    &ROWS_TWICE,
    &UNKNOWN_RUN,
    &VIEW_DIFFERS,
    &ORPHAN,
    &STAGING_LEFT,
    &CATALOG_DIFFERS,
    &TABLE_GONE,
    &NO_MEMBERS_OF,
    &NOT_A_KEY,
    &KEYS_UNREADABLE,
    &HISTORY_EXISTS,
    &BACKFILL_DATES,
];

pub static LEDGER_BROKEN: Code = Code {
    id: "S0901",
    title: "ledger not one chain of runs",
    explain: "\
Every publication takes the next epoch, 1, 2, 3 and so on, in the same transaction as what it publishes, and `segc_state` has \
the last one. So a missing epoch, one that two runs have, or a state that is not the last run's cannot come from segc: \
somebody has edited `segc_state` or `segc_runs`, or restored one of them without the other.

    segc_state: epoch 12      segc_runs: 1 … 10, 12

Restore the output schema as a whole from one backup. Nothing repairs this by itself, because nobody can tell which of the two \
is right.",
};

pub static MEMBERS_CHANGED: Code = Code {
    id: "S0902",
    title: "members not those of the last run",
    explain: "\
With every publication the ledger keeps a checksum over all members: segment, key, since when, by which run. The tables of \
members have another one now, so their rows were changed by something else than segc: an edit by hand, or a partly restored backup.

    delete from segments.customer_members where segment = 'vip';     -- by hand

`segc doctor --repair` writes the members again from the open stays of the history, if those have the checksum of the \
ledger. Otherwise restore the output schema from a backup.",
};

pub static STAYS_DIFFER: Code = Code {
    id: "S0903",
    title: "open stays not the members",
    explain: "\
Everybody who is a member of a segment has one stay in the history that has not ended, begun at `since` by the run that the \
member's row names; nobody else has one. Every build asserts this before it commits. Where it is not so, one of the two tables \
was edited by hand, and the next build refuses to publish.

    customer_members: vip, 17, since 2026-01-03      customer_history: nothing open for vip, 17

If the members are at fault (S0902) `segc doctor --repair` restores them. If the history is, restore it from a backup.",
};

pub static STAYS_WRONG: Code = Code {
    id: "S0904",
    title: "stays that overlap, are empty or half closed",
    explain: "\
A stay holds from `valid_from` until before `valid_to`; the stays of one key in one segment follow one another. Two that \
overlap, one that ends when it begins or earlier, or one that has an end but no run that ended it, count somebody twice or \
never. No build writes such rows: they were edited by hand or restored twice.

    vip, 17: 2026-01-01 to 2026-01-20, and 2026-01-15 to (open)

Correct the rows, or restore the history from a backup. segc leaves them alone: it cannot know which of the two is true.",
};

pub static ROWS_TWICE: Code = Code {
    id: "S0905",
    title: "published row twice, or without a key",
    explain: "\
Members have one row per segment and key, traits one per key, channels one per key and channel. A row that is there twice \
makes whoever reads the table send the same message twice; a row without a key is nobody. Builds check both before they \
publish, so something else has written to the table.

    insert into segments.customer_members select * from backup_of_members;     -- some are there already

Delete the rows that are too many. For members, `segc doctor --repair` does it where the history is intact.",
};

pub static UNKNOWN_RUN: Code = Code {
    id: "S0906",
    title: "rows of an unknown run",
    explain: "\
Every published row names the run that wrote it, and the ledger has a row for every run that published, written in the same \
transaction. Rows of a run that the ledger does not have were put there by something else than segc, or the ledger was \
shortened by hand.

    customer_history: 120 rows of run 01J9…, which segc_runs does not have

Restore the ledger from the backup that the rows are from, or delete the rows.",
};

pub static VIEW_DIFFERS: Code = Code {
    id: "S0907",
    title: "view missing or changed",
    explain: "\
A published view carries a fingerprint of its text in its comment. A view that is missing, or has not the fingerprint that \
this project's definition of it gives, was dropped or replaced by something else than segc, and whoever reads it may see \
other people than the segment's members.

    create or replace view segments.seg_vip as select …;     -- by hand

`segc doctor --repair` makes the view again, and so does the next build. If the change was meant, write it into the project (`expose:`) \
or give the other view a name of its own.",
};

pub static ORPHAN: Code = Code {
    id: "S0908",
    title: "relation that nothing owns",
    explain: "\
In the output schema there is a table or a view with a name of the kind that segc gives, but no segment, channel or entity of this \
project or of its ledger has that name. It may be left from a project that had this schema before, or made by hand; readers \
cannot tell it from the project's own.

    segments.seg_vip_old      no segment `vip_old` was ever published here

segc never drops what it cannot prove to be its own: look at it, then drop or rename it yourself. What retired segments have left is no \
orphan; `segc prune` removes that.",
};

pub static STAGING_LEFT: Code = Code {
    id: "S0909",
    title: "staging tables left",
    explain: "\
A run keeps what it computes in tables of its own, `segc_stage_<run>_…`, and drops them at its end. A run that was killed leaves \
them. They are in nobody's way, but they take room and may hold keys of people. Only those older than a day are reported: \
a younger one may belong to a build that is running.

    segments.segc_stage_01j9…_e_customer      three days old

`segc doctor --repair` drops them.",
};

pub static CATALOG_DIFFERS: Code = Code {
    id: "S0910",
    title: "catalog not what is published",
    explain: "\
`segc_segments` says how many members every segment has, and the tables of members say the same. Where the numbers differ, or \
members belong to a segment that the catalog does not have, one of the tables was changed by something else than segc.

    segc_segments: vip, 1200 members      customer_members: 1184 rows of vip

Find out which one is right: if S0902 is reported too, the members were changed. The next build writes the catalog anew.",
};

pub static TABLE_GONE: Code = Code {
    id: "S0911",
    title: "published table missing or unreadable",
    explain: "\
The ledger says that a table was published, but it is not there, or it has lost a column that the contract promises. It was dropped or \
altered by something else than segc. With `history` on, builds refuse until it is back; without, one would make it anew and take everybody for new.

    segc_run_segments: vip of customer, 1200 members      there is no table customer_members

Restore it from a backup before the next build. If it is only the members that are gone, `segc doctor` cannot put them \
back: restore the schema as a whole.",
};

pub static NO_MEMBERS_OF: Code = Code {
    id: "S0912",
    title: "entity without published members",
    explain: "\
`segc forget` erases people of one entity from what is published of it. Nothing is published of an entity of this name: it is \
misspelt, no build has published it yet, or the target is another one.

    segc forget --keys-from erase.txt --entity custmer      # the entity is customer

Correct the name, or the `--target`.",
};

pub static NOT_A_KEY: Code = Code {
    id: "S0913",
    title: "line that is no key",
    explain: "\
The file of `--keys-from` has one key a line and nothing else. A line that is no key of the entity's type (a word where keys are numbers, \
a number with a leading zero, a header) would erase nobody, or somebody else, so nothing is erased at all. Lines are named by \
their numbers; keys are never printed.

    customer_id          # a header is no number
    17850

Take headers and other columns out: `tail -n +2 export.csv | cut -d, -f1 > keys.txt`.",
};

pub static KEYS_UNREADABLE: Code = Code {
    id: "S0914",
    title: "keys that cannot be read",
    explain: "\
`--keys-from` names a text file in UTF-8 with one key a line; `-` is the standard input. The file is not there, may not be read, is no text, or \
has no key. Or it cannot be told which key a line means: it begins with a quote that is not closed at a line's end, or some lines \
end with CR LF and others with LF alone, so that the CR may be of a key.

    a-17
    \"\"               # the empty key
    \"say \"\"hi\"\"\"     # the key: say \"hi\"

Check the path: it is relative to the current folder. Write keys that are empty, have line breaks in them or begin with a quote in quotes, \
and their own quotes twice.",
};

pub static HISTORY_EXISTS: Code = Code {
    id: "S0915",
    title: "history there already",
    explain: "\
A backfill builds the past of segments that have none. This one has one: it was built or backfilled before, with other dates or \
another definition. Stays follow one another, and nothing is ever inserted before them, so its past cannot be built again. A backfill \
that was stopped is no such case: the same dates again go on where it was.

    segc build                                                            # vip is published as of today
    segc backfill --from 2025-01-01 --every month --select vip            # too late

Leave the segment out, or give the question a new name and backfill that before its first build.",
};

pub static BACKFILL_DATES: Code = Code {
    id: "S0916",
    title: "dates that cannot be backfilled",
    explain: "\
`segc backfill` builds one date after another: `--from`, then every day, week or month, as far as `--to` (today, if it is left out). The first \
must not be after the last, none may lie in the future, and `--as-of` has no meaning here, because every date is one. The project must \
keep a history (`outputs: {history: true}`).

    segc backfill --from 2026-01-01 --to 2025-01-01 --every month         # the wrong way round

Give dates of the past in their order.",
};
