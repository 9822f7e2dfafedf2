//! Many builds one after another, while people come, go and change, segments are added, changed, renamed and removed, and opt-outs
//! grow and shrink. What must be published is computed here, in sets, and compared after every build; every membership that was ever
//! published must be told by the history; nothing may grow that should not.
//!
//! `SEGC_SOAK=500` runs five hundred builds and says what the process used.

use std::collections::{BTreeMap, BTreeSet};

use segc::build::run::Ended;
use segc::engine::duckdb::{DuckDb, Options};

use super::shop::{Seg, at, seg};
use super::world::World;
use crate::random::Dice;

type Keys = BTreeSet<i64>;

/// A segment of those whose number leaves this rest.
#[derive(Clone)]
struct Wanted {
    /// It is the same segment under every name.
    id: usize,
    name: String,
    modulus: i64,
    rest: i64,
    suppressed: bool,
    former: Option<String>,
}

impl Wanted {
    fn seg(&self) -> Seg {
        let sql = format!("n % {} = {}", self.modulus, self.rest);
        let mut seg = seg(&self.name).flag(&sql).expose("email");
        if !self.suppressed {
            seg = seg.unsuppressed();
        }
        match &self.former {
            Some(former) => seg.renamed_from(former),
            None => seg,
        }
    }
}

struct Soak {
    d: Dice,
    w: World,
    day: i64,
    /// Customer → number.
    people: BTreeMap<i64, i64>,
    opted_out: Keys,
    segments: Vec<Wanted>,
    named: usize,
    /// What must be published now: segment → its name, its members.
    published: BTreeMap<usize, (String, Keys)>,
    /// Names of segments that have left.
    retired: BTreeMap<usize, String>,
    /// Day of every build → what was published.
    past: BTreeMap<i64, BTreeMap<usize, Keys>>,
}

impl Soak {
    fn new(db: DuckDb) -> Self {
        let mut w = World::on(db, "(0, 'e0', true)");
        w.sql("alter table customers add column n integer");
        w.sql("update customers set n = 0");
        w.sql("create table opted_out (k integer)");
        w.shop.suppressed = Some("customer_id in (select k from opted_out)");
        // Whoever is no customer any more is known by the source alone.
        w.shop.suppressor = Some("select k as entity_key from opted_out");
        let mut soak = Self {
            d: Dice::new(4),
            w,
            day: 1,
            people: BTreeMap::from([(0, 0)]),
            opted_out: Keys::new(),
            segments: Vec::new(),
            named: 0,
            published: BTreeMap::new(),
            retired: BTreeMap::new(),
            past: BTreeMap::new(),
        };
        soak.add();
        soak.add();
        soak
    }

    fn fresh_name(&mut self) -> String {
        self.named += 1;
        format!("s{}", self.named)
    }

    fn add(&mut self) {
        let name = self.fresh_name();
        let modulus = self.d.from(1, 5);
        let wanted = Wanted {
            id: self.named,
            name,
            modulus,
            rest: self.d.from(0, modulus - 1),
            suppressed: self.d.percent(75),
            former: None,
        };
        self.segments.push(wanted);
    }

    fn people_change(&mut self) {
        for _ in 0..self.d.below(12) {
            let (k, n) = (self.d.from(0, 150), self.d.from(0, 60));
            self.w
                .sql(&format!("delete from customers where customer_id = {k}"));
            if self.people.remove(&k).is_none() || self.d.percent(60) {
                self.people.insert(k, n);
                let row = format!("({k}, 'e{n}', true, {n})");
                self.w.sql(&format!("insert into customers values {row}"));
            }
        }
        for _ in 0..self.d.below(3) {
            let k = self.d.from(0, 150);
            if self.opted_out.insert(k) {
                self.w.sql(&format!("insert into opted_out values ({k})"));
            } else {
                self.opted_out.remove(&k);
                self.w.sql(&format!("delete from opted_out where k = {k}"));
            }
        }
    }

    fn definitions_change(&mut self) {
        if self.d.percent(15) && self.segments.len() < 8 {
            self.add();
        }
        if self.d.percent(10) && self.segments.len() > 1 {
            let n = self.d.below(self.segments.len());
            self.segments.remove(n);
        }
        if self.d.percent(15) {
            let n = self.d.below(self.segments.len());
            let modulus = self.d.from(1, 5);
            let rest = self.d.from(0, modulus - 1);
            let wanted = &mut self.segments[n];
            (wanted.modulus, wanted.rest) = (modulus, rest);
        }
        if self.d.percent(15) {
            let n = self.d.below(self.segments.len());
            let name = self.fresh_name();
            let wanted = &mut self.segments[n];
            wanted.former = self.published.get(&wanted.id).map(|p| p.0.clone());
            wanted.name = name;
        }
    }

    fn members(&self, wanted: &Wanted) -> Keys {
        let numbered = |n: i64| n % wanted.modulus == wanted.rest;
        let out = |k: &i64| wanted.suppressed && self.opted_out.contains(k);
        let found = self.people.iter();
        found
            .filter(|(k, n)| numbered(**n) && !out(k))
            .map(|(k, _)| *k)
            .collect()
    }

    /// Builds everything, or some; what must be published then.
    fn build(&mut self, whole: bool) {
        self.day += 1;
        let all: Vec<Seg> = self.segments.iter().map(Wanted::seg).collect();
        let mut chosen = self.segments.clone();
        if !whole {
            let d = &mut self.d;
            chosen.retain(|_| d.percent(50));
            if chosen.is_empty() {
                chosen.push(self.segments[0].clone());
            }
        }
        let names: Vec<&str> = chosen.iter().map(|s| s.name.as_str()).collect();
        let planned = self.w.plan(&all, &names, whole, at(self.day));
        assert_eq!(planned.ended, Ended::Planned, "{:?}", self.w.diags);
        let outcome = if whole {
            self.w.build(&all, at(self.day))
        } else {
            self.w.select(&all, &names, at(self.day))
        };
        for counts in &planned.segments {
            assert!(
                outcome.segments.contains(counts),
                "{counts:?} is not in {:?}",
                outcome.segments
            );
        }
        assert!(
            matches!(outcome.ended, Ended::Published { .. }),
            "day {}: {outcome:?} {:?}",
            self.day,
            self.w.diags
        );
        let is_chosen = |id: usize| chosen.iter().any(|s| s.id == id);
        let mut next = BTreeMap::new();
        for (id, (name, keys)) in &self.published {
            let living = self.segments.iter().find(|s| s.name == *name);
            if is_chosen(*id) {
                continue;
            } else if whole {
                self.retired.insert(*id, name.clone());
            } else if living.is_some_and(|s| !s.suppressed) {
                next.insert(*id, (name.clone(), keys.clone()));
            } else {
                // Not asked for: only those who are suppressed now leave.
                next.insert(*id, (name.clone(), keys - &self.opted_out));
            }
        }
        for wanted in &chosen {
            next.insert(wanted.id, (wanted.name.clone(), self.members(wanted)));
        }
        for wanted in &mut self.segments {
            if is_chosen(wanted.id) {
                wanted.former = None;
            }
        }
        let snapshot = next.iter().map(|(id, (_, keys))| (*id, keys.clone()));
        self.past.insert(self.day, snapshot.collect());
        self.published = next;
        if self.d.percent(15) {
            self.again(whole, &all, &names);
        }
        if whole {
            let traits = "select entity_key || ' ' || email from segments.customer_traits order by entity_key";
            let rows = self.people.iter().map(|(k, n)| format!("{k} e{n}"));
            assert_eq!(self.w.rows(traits), rows.collect::<Vec<_>>().join("\n"));
        }
    }

    /// The same question once more.
    fn again(&mut self, whole: bool, all: &[Seg], names: &[&str]) {
        let outcome = if whole {
            self.w.build(all, at(self.day))
        } else {
            self.w.select(all, names, at(self.day))
        };
        assert!(
            matches!(outcome.ended, Ended::Unchanged { .. }),
            "day {}: {outcome:?}",
            self.day
        );
    }

    fn forget(&mut self) {
        let all: Vec<Seg> = self.segments.iter().map(Wanted::seg).collect();
        let keys: Keys = (0..3).map(|_| self.d.from(0, 150)).collect();
        let texts: Vec<String> = keys.iter().map(i64::to_string).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let (ended, said) = self.w.forget(&all, &texts);
        assert!(matches!(ended, Ended::Published { .. }), "{ended:?} {said}");
        for (_, members) in self.published.values_mut() {
            members.retain(|k| !keys.contains(k));
        }
        for members in self.past.values_mut().flat_map(BTreeMap::values_mut) {
            members.retain(|k| !keys.contains(k));
        }
    }

    fn prune(&mut self) {
        let all: Vec<Seg> = self.segments.iter().map(Wanted::seg).collect();
        let history = self.d.percent(50);
        let (words, ended) = self.w.prune(&all, history);
        let published = matches!(ended, Some(Ended::Published { .. }));
        assert!(published || words.is_empty(), "{words:?} {ended:?}");
        if history {
            for id in std::mem::take(&mut self.retired).keys() {
                for snapshot in self.past.values_mut() {
                    snapshot.remove(id);
                }
            }
        }
    }

    fn verify(&mut self, all_days: bool) {
        let lines = |rows: &str| -> BTreeSet<String> { rows.lines().map(str::to_owned).collect() };
        let told = |names: &dyn Fn(usize) -> String, of: &BTreeMap<usize, Keys>| {
            let each = of.iter().flat_map(|(id, keys)| {
                let name = names(*id);
                keys.iter().map(move |k| format!("{name} {k}"))
            });
            each.collect::<BTreeSet<_>>()
        };
        let name = |id: usize| match self.published.get(&id) {
            Some((name, _)) => name.clone(),
            None => self.retired[&id].clone(),
        };
        let now = self.published.iter().map(|(id, p)| (*id, p.1.clone()));
        let now = told(&name, &now.collect());
        let days: Vec<i64> = self.past.keys().rev().copied().collect();
        let days = days.iter().take(if all_days { usize::MAX } else { 3 });
        let past: Vec<_> = days.map(|d| (*d, told(&name, &self.past[d]))).collect();

        let members = "select segment || ' ' || entity_key from segments.customer_members";
        let rows = self.w.rows(members);
        assert_eq!(rows.lines().count(), now.len(), "nobody is there twice");
        assert_eq!(lines(&rows), now, "day {}", self.day);
        let replayed = "select segment || ' ' || entity_key from segments.customer_changes group by segment, entity_key \
             having sum(case change when 'entered' then 1 else -1 end) = 1";
        assert_eq!(
            lines(&self.w.rows(replayed)),
            now,
            "replayed, day {}",
            self.day
        );
        for (day, members) in past {
            let then = format!(
                "select segment || ' ' || entity_key from segments.customer_history \
                 where valid_from <= timestamptz '{0}' and (valid_to is null or timestamptz '{0}' < valid_to)",
                at(day)
            );
            assert_eq!(
                lines(&self.w.rows(&then)),
                members,
                "day {day}, seen on day {}",
                self.day
            );
        }
        self.w.invariants();
        let all: Vec<Seg> = self.segments.iter().map(Wanted::seg).collect();
        assert_eq!(self.w.wrong(&all), "", "day {}", self.day);
        let tables = "select string_agg(table_name, ' ' order by table_name) from duckdb_tables() \
             where database_name = 'temp' or schema_name = 'segments'";
        assert_eq!(
            self.w.rows(tables),
            "customer_history customer_members customer_traits segc_catalog segc_run_segments segc_run_sources segc_runs segc_state"
        );
    }
}

/// MiB that the process has in memory; 0 where nobody says.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmRSS:"));
    let kib = line.and_then(|l| l.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}

#[test]
fn build_after_build_what_is_published_is_right_and_the_past_stays_as_it_was() {
    let asked = std::env::var("SEGC_SOAK").ok();
    let alone = asked.is_some();
    let builds = asked.map_or(40, |n| n.parse().expect("SEGC_SOAK is a number of builds"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("soak.duckdb");
    let options = Options {
        path: Some(file.clone()),
        ..Options::default()
    };
    let mut soak = Soak::new(DuckDb::open(&options).unwrap());
    let size = |suffix: &str| {
        let path = format!("{}{suffix}", file.display());
        std::fs::metadata(path).map_or(0, |m| m.len()) / 1024
    };
    let (mut log, mut early) = (0, 0);
    for n in 0..builds {
        soak.people_change();
        if n > 0 {
            soak.definitions_change();
        }
        let whole = n == 0 || soak.d.percent(80);
        soak.build(whole);
        let last = n + 1 == builds;
        soak.verify(n % 25 == 24 || last);
        if soak.d.percent(6) {
            soak.forget();
            soak.verify(true);
        }
        if soak.d.percent(6) {
            soak.prune();
            soak.verify(true);
        }
        log = log.max(size(".wal"));
        if n + 1 == builds / 5 {
            early = resident();
        }
        if alone && (n % 50 == 49 || last) {
            println!(
                "{} builds: file {} KiB, WAL at most {log} KiB, {} MiB in memory, history of {} rows",
                n + 1,
                size(""),
                resident(),
                soak.w
                    .rows("select count(*) from segments.customer_history")
            );
        }
    }
    assert!(log < 32 * 1024, "the WAL had {log} KiB");
    assert!(size("") < 64 * 1024, "the file has {} KiB", size(""));
    if alone {
        let late = resident();
        assert!(late <= early + early / 4 + 32, "{early} MiB, then {late}");
    }
}
