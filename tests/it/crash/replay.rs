//! What tables must hold after runs whose changes are known, from set differences alone.

use std::collections::{BTreeMap, BTreeSet};

use super::scene::{Build, Change};

/// Entity, segment, key.
pub(super) type Whose = (String, String, String);

/// A stay, with the runs of its begin and end.
pub(super) struct Stay {
    pub(super) of: Whose,
    pub(super) from: String,
    pub(super) to: Option<String>,
    pub(super) entered: String,
    pub(super) exited: Option<String>,
}

/// What is published after some runs.
#[derive(Default)]
pub(super) struct Replayed {
    /// Since when, and by which run.
    pub(super) members: BTreeMap<Whose, (String, String)>,
    pub(super) stays: Vec<Stay>,
    /// Live segments: entity, name.
    pub(super) live: BTreeSet<(String, String)>,
    /// Run, segment, members, entered, exited: what the ledger must have counted.
    pub(super) counts: BTreeSet<(String, String, usize, usize, usize)>,
    /// Customers and their e-mails, and the run that wrote them.
    pub(super) people: BTreeMap<String, (Option<String>, String)>,
}

impl Replayed {
    pub(super) fn change(&mut self, change: &Change, run: &str) {
        match change {
            Change::Build(build) => self.build(build, run),
            Change::Forget(keys) => {
                let stays = |(entity, _, key): &Whose| entity != "customer" || !keys.contains(key);
                self.members.retain(|whose, _| stays(whose));
                self.stays.retain(|stay| stays(&stay.of));
                self.people.retain(|key, _| !keys.contains(key));
            }
            Change::Prune(segment) => self.stays.retain(|stay| stay.of.1 != *segment),
            Change::Repair => {}
        }
    }

    fn build(&mut self, build: &Build, run: &str) {
        if let Some((old, new)) = build.renamed {
            self.rename(old, new, run);
        }
        let at = build.as_of.strftime("%Y-%m-%d %H:%M:%S+00").to_string();
        for (entity, segment) in &build.segments {
            let of = |key: &String| ((*entity).to_owned(), (*segment).to_owned(), key.clone());
            let now = (build.members.iter()).filter(|(e, s, _)| e == entity && s == segment);
            let now: BTreeSet<Whose> = now.map(|(_, _, key)| of(key)).collect();
            self.publish(entity, segment, &now, &at, run);
            self.live
                .insert(((*entity).to_owned(), (*segment).to_owned()));
        }
        for segment in &build.retired {
            // Once: then it is not published any more.
            if self
                .live
                .remove(&("customer".to_owned(), (*segment).to_owned()))
            {
                self.publish("customer", segment, &BTreeSet::new(), &at, run);
            }
        }
        if let Some(people) = &build.people {
            let row = |(key, email): (&String, &Option<String>)| {
                (key.clone(), (email.clone(), run.to_owned()))
            };
            self.people = people.iter().map(row).collect();
        }
    }

    fn publish(&mut self, entity: &str, segment: &str, now: &BTreeSet<Whose>, at: &str, run: &str) {
        let before = self
            .members
            .keys()
            .filter(|(e, s, _)| e == entity && s == segment);
        let before: BTreeSet<Whose> = before.cloned().collect();
        let (mut entered, mut exited) = (0, 0);
        for whose in before.difference(now) {
            let open = |stay: &&mut Stay| stay.of == *whose && stay.to.is_none();
            if let Some(stay) = self.stays.iter_mut().find(open) {
                stay.to = Some(at.to_owned());
                stay.exited = Some(run.to_owned());
            }
            self.members.remove(whose);
            exited += 1;
        }
        for whose in now.difference(&before) {
            self.stays.push(Stay {
                of: whose.clone(),
                from: at.to_owned(),
                to: None,
                entered: run.to_owned(),
                exited: None,
            });
            let since = (at.to_owned(), run.to_owned());
            self.members.insert(whose.clone(), since);
            entered += 1;
        }
        let counts = (
            run.to_owned(),
            segment.to_owned(),
            now.len(),
            entered,
            exited,
        );
        self.counts.insert(counts);
    }

    /// Of customers. The old name is retired, with nobody left in it to exit.
    fn rename(&mut self, old: &str, new: &str, run: &str) {
        let members = std::mem::take(&mut self.members).into_iter();
        self.members = members
            .map(|((e, s, k), since)| ((e, if s == old { new.to_owned() } else { s }, k), since))
            .collect();
        for stay in self.stays.iter_mut().filter(|stay| stay.of.1 == old) {
            new.clone_into(&mut stay.of.1);
        }
        if self.live.remove(&("customer".to_owned(), old.to_owned())) {
            let retired = (run.to_owned(), old.to_owned(), 0, 0, 0);
            self.counts.insert(retired);
        }
    }
}
