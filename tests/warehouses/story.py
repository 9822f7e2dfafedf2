"""The story that is published on every warehouse: a shop, what happens in it day by day, and what is done with what is published."""
import copy
import datetime
import os
from dataclasses import dataclass, field
from decimal import Decimal

# Before the names of schemas, where other people have theirs.
PREFIX = os.environ.get("SEGC_STORY_PREFIX", "")
SCHEMA, RAW = f"{PREFIX}segments", f"{PREFIX}raw"
UTC = datetime.timezone.utc
FIRST = datetime.datetime(2026, 2, 1, tzinfo=UTC)

CUSTOMERS = {"customer_id": "string", "email": "string", "country": "string", "order": "int", "born_on": "date", "opted_in": "boolean",
             "mobile": "string", "is_deleted": "boolean"}
ORDERS = {"order_id": "int", "customer_id": "string", "ordered_at": "timestamp", "total": "decimal(12,2)", "weight": "float",
          "channel": "string", "gift": "boolean", "shipped_on": "date", "wanted_at": "datetime"}
OPT_OUTS = {"customer_id": "string", "recorded_at": "timestamp", "revoked_at": "timestamp"}
ACCOUNTS = {"account_id": "int", "plan": "string", "seats": "int"}
# Keys that must be quoted, escaped, or sorted by code point.
KEYS = ["O'Neil", 'Zoë "z"', "back\\slash", "東京", "Ünïcode", "a b", "-- no comment", "'; drop table x"] + [f"c{n:02}" for n in range(1, 25)]


@dataclass
class Step:
    """What changes, what is run, and what must come of it."""
    name: str
    command: list
    status: int = 0
    # Whether it may change what is published.
    changes: bool = True
    # Whether `doctor` finds something afterwards.
    ill: bool = False
    # What it says then.
    says: list = field(default_factory=list)
    by_hand: list = field(default_factory=list)
    # The command of the build that is quicker.
    overtaken: list | None = None
    files: dict = field(default_factory=dict)
    tables: dict = field(default_factory=dict)


def at(day, *args):
    """`--as-of` of the n-th day of the story."""
    return [*args, "--as-of", (FIRST + datetime.timedelta(days=day - 1)).strftime("%Y-%m-%dT%H:%MZ"), "--format", "json"]


def customers():
    rows = []
    for n, key in enumerate(KEYS):
        rows.append([key, None if n % 7 == 3 else f"{n}@example.com", ["DE", "US", None][n % 3], n % 5,
                     None if n % 4 == 1 else datetime.date(1980 + n, 1 + n % 12, 1 + n % 28), [True, False, None, True][n % 4],
                     f"+49 {n}" if n % 3 == 0 else None, n == 9])
    return rows


def orders():
    rows = []
    for n, key in enumerate(KEYS):
        if n % 6 == 5:
            continue
        for k in range(1 + n % 4):
            ago = datetime.timedelta(days=3 * n + 11 * k, hours=n)
            day = FIRST - ago
            rows.append([100 * n + k, key, day, Decimal(1990 + 731 * n + 13 * k) / 100, 0.25 * (n + k), [None, "web", "shop", "app"][(n + k) % 4],
                         [True, False, None][(n + k) % 3], None if k == 1 else day.date(), day.replace(tzinfo=None)])
    # Of nobody, and of somebody unknown.
    rows.append([90001, None, FIRST - datetime.timedelta(days=1), Decimal("5.00"), 1.0, "web", True, None, None])
    rows.append([90002, "nobody", FIRST - datetime.timedelta(days=1), Decimal("5.00"), 1.0, "web", True, None, None])
    return rows


def order(number, key, day, total):
    when = FIRST + datetime.timedelta(days=day - 1, hours=-2)
    return [number, key, when, Decimal(total), 0.5, "web", True, when.date(), when.replace(tzinfo=None)]


def project():
    """The project as it begins: its settings and its specs."""
    shop = {
        "name": "shop", "version": 1, "time_zone": "UTC",
        "outputs": {"schema": SCHEMA, "history": True, "wide": True},
        "guards": {"max_change": "30%", "min_change": 5},
        "holdout": {"share": "12%", "salt": "story", "entity": "customer"},
    }
    entities = [
        {"name": "customer", "table": f"{RAW}.customers", "key": "customer_id", "columns": CUSTOMERS,
         "suppress": ["is_deleted", {"name": "opt_outs", "table": f"{RAW}.opt_outs", "key": "customer_id", "columns": OPT_OUTS,
                                     "where": "revoked_at is null", "time": "recorded_at", "min_rows": 1, "max_shrink": "50%"}],
         "channels": {"email": "opted_in and email is not null", "sms": "mobile is not null"},
         "relations": [{"name": "orders", "table": f"{RAW}.orders", "on": "customer_id", "key": "order_id", "time": "ordered_at", "columns": ORDERS}]},
        {"name": "account", "table": f"{RAW}.accounts", "key": "account_id", "columns": ACCOUNTS},
    ]
    traits = [
        {"name": "bought", "entity": "customer", "count": "orders"},
        {"name": "revenue", "entity": "customer", "sum": "orders.total"},
        {"name": "dearest", "entity": "customer", "max": "orders.total"},
        {"name": "weight", "entity": "customer", "max": "orders.weight"},
        {"name": "usual", "entity": "customer", "most_frequent": "orders.channel"},
        {"name": "shipped", "entity": "customer", "max": "orders.shipped_on"},
        {"name": "last_at", "entity": "customer", "max": "orders.ordered_at"},
        {"name": "wanted", "entity": "customer", "max": "orders.wanted_at"},
        {"name": "gave", "entity": "customer", "exists": "orders", "where": "gift"},
        {"name": "ways", "entity": "customer", "list_distinct": "orders.channel"},
        {"name": "size", "entity": "account", "sql": "seats * 2"},
    ]
    segments = [
        {"name": "big", "entity": "customer", "title": "It's the big ones", "description": "100 % \\ \"large\"", "owner": "crm", "tags": ["a", "b"],
         "where": ["revenue >= 90"], "expose": ["email", "order", "revenue", "born_on"], "channels": ["email", "sms"], "action": "Call", "kpi": "more",
         "expires_on": "2027-01-01"},
        {"name": "recent", "entity": "customer", "where": [{"did": "orders", "within": "30 days"}],
         "expose": ["bought", "dearest", "weight", "usual", "shipped", "last_at", "wanted", "gave", "ways"]},
        {"name": "quiet", "entity": "customer", "where": [{"did": "orders"}, {"did_not": "orders", "within": "20 days"}]},
        {"name": "all_of_them", "entity": "customer", "suppress": False, "suppress_reason": "they must know", "where": ["country is not null or true"]},
        {"name": "grown", "entity": "customer", "where": [{"entered": "big", "within": "2 days"}], "size": {"min": 0}},
        {"name": "paying", "entity": "account", "where": ["plan <> 'free' and plan is not null"], "expose": ["plan", "size"]},
    ]
    groups = [{"name": "life", "entity": "customer", "cases": [
        {"name": "new", "where": [{"first_time": "orders", "within": "30 days"}]},
        {"name": "active", "where": [{"did": "orders", "within": "40 days"}]},
        {"name": "lapsed", "where": [{"did": "orders"}]}], "otherwise": "prospect"}]
    splits = [{"name": "trial", "of": "recent", "salt": "story-1", "arms": {"one": "50%", "two": "50%"}}]
    return {"shop": shop, "entities": entities, "traits": traits, "segments": segments, "groups": groups, "splits": splits}


class World:
    """The project and the tables as they are."""

    def __init__(self):
        self.project = project()
        self.customers, self.orders = customers(), orders()
        self.opt_outs = [["c03", FIRST - datetime.timedelta(days=9), None], ["c04", FIRST - datetime.timedelta(days=8), FIRST],
                         ["elsewhere", FIRST - datetime.timedelta(days=7), None], ["O'Neil", FIRST - datetime.timedelta(days=6), None]]
        self.accounts = [[1, "free", 1], [2, "team", 5], [3, "team", None], [-4, "firm", 100]]
        self.loaded = {}
        self.more = {}

    def segment(self, name):
        return next(s for s in self.project["segments"] if s["name"] == name)

    def without(self, name):
        self.project["segments"] = [s for s in self.project["segments"] if s["name"] != name]

    def customer(self, key):
        return next(row for row in self.customers if row[0] == key)

    def step(self, name, command, **more):
        """A step with everything that has changed since the last one."""
        p = copy.deepcopy(self.project)
        files = {"segc.yml": p.pop("shop"), "segments/shop.yml": {key: value for key, value in p.items() if value}, **self.more}
        self.more = {}
        tables = {f"{RAW}.customers": (CUSTOMERS, self.customers), f"{RAW}.orders": (ORDERS, self.orders),
                  f"{RAW}.opt_outs": (OPT_OUTS, self.opt_outs), f"{RAW}.accounts": (ACCOUNTS, self.accounts)}
        changed = {table: copy.deepcopy(rows) for table, rows in tables.items() if self.loaded.get(table) != rows}
        self.loaded.update(copy.deepcopy(changed))
        return Step(name, command, files=files, tables=changed, **more)


def story():
    """Every step, in order."""
    w = World()
    broad = {"max_change": "100%", "allow_broad": True}
    w.project["shop"]["guards"].update(broad)
    yield w.step("a first build", at(1, "build"))
    yield w.step("the same instant again: nothing to do", at(1, "build"), changes=False)
    yield w.step("rows are counted, for the planner", ["pull-schema", "--statistics"], changes=False)
    yield w.step("the same data a day later: nobody comes or goes", at(2, "build"))

    w.orders += [order(95001, "c23", 2, "99.90"), order(95002, "a b", 3, "500.01")]
    w.customers = [row for row in w.customers if row[0] != "c20"]
    yield w.step("people enter and leave, seen beforehand", at(3, "plan"), changes=False)
    yield w.step("people enter and leave", at(3, "build"))

    w.segment("big")["where"] = ["revenue >= 120"]
    w.project["segments"].append({"name": "givers", "entity": "customer", "where": ["gave"], "expose": ["nicely"]})
    w.project["traits"].append({"name": "nicely", "entity": "customer", "sql": "case when gave then 'yes' end"})
    yield w.step("a segment and a trait come, a definition changes: the plan", at(4, "plan"), changes=False)
    yield w.step("a segment and a trait come, a definition changes", at(4, "build"))

    w.orders.append(order(95003, "c10", 5, "800"))
    yield w.step("a selection", at(5, "build", "--select", "big"))

    w.customer("c10")[7] = True
    w.opt_outs.append(["東京", FIRST + datetime.timedelta(days=4), None])
    yield w.step("who is suppressed leaves what is not selected: the plan", at(6, "plan", "--select", "recent"), changes=False)
    yield w.step("who is suppressed leaves what is not selected", at(6, "build", "--select", "recent"))

    w.segment("quiet").update(name="silent", renamed_from="quiet")
    w.without("givers")
    w.segment("big")["channels"] = ["email"]
    yield w.step("one is renamed, one retired, a channel is gone", at(7, "build"))
    del w.segment("silent")["renamed_from"]

    w.opt_outs.append(["c11", FIRST + datetime.timedelta(days=6), None])
    yield w.step("who is suppressed leaves what nothing is selected of", at(7.25, "build", "--select", "paying"))
    w.segment("silent").update(name="quiet", renamed_from="silent")
    yield w.step("one is called again what it was called before: the plan", at(7.5, "plan"), changes=False)
    yield w.step("one is called again what it was called before", at(7.5, "build"))
    del w.segment("quiet")["renamed_from"]

    w.project["shop"]["guards"].update(max_change="10%", min_change=1)
    w.orders += [order(95010 + n, f"c{n:02}", 8, "300") for n in (6, 12, 18, 21)]
    yield w.step("guards refuse: the plan", at(8, "plan"), status=1, changes=False)
    yield w.step("guards refuse", at(8, "build"), status=1)
    w.project["shop"]["guards"].update(max_change="100%")
    w.segment("recent")["size"] = {"max": 3}
    yield w.step("a segment is too large", at(9, "build"), status=1)
    yield w.step("another number is accepted", at(10, "build", "--accept", "recent@4711"), status=1)
    yield w.step("the very number is accepted", at(10, "build", "--accept", "recent@10"))
    del w.segment("recent")["size"]

    for n, row in enumerate(w.customers):
        row[5] = n % 2 == 0
    yield w.step("channels open and close", at(11, "build"))

    w.customers.append(list(w.customer("c01")))
    yield w.step("a key is there twice", at(12, "build"), status=1)
    w.customers.pop()
    few, w.opt_outs = w.opt_outs, w.opt_outs[:1]
    yield w.step("most objections are gone", at(12, "build"), status=1)
    w.opt_outs = few

    w.project["traits"].append({"name": "broken", "entity": "customer", "sql": "cast(usual as int)"})
    w.segment("recent")["expose"].append("broken")
    yield w.step("a trait that fails on the data", at(13, "build"), status=1)
    w.segment("recent")["expose"].remove("broken")
    w.project["traits"].pop()

    w.orders.append(order(95030, "back\\slash", 12, "1000"))
    yield w.step("another build is quicker", at(13, "build"), status=3, overtaken=at(13, "build", "--select", "big"))
    yield w.step("and then again", at(14, "build"))

    w.project["traits"] = [t for t in w.project["traits"] if t["name"] != "usual"]
    w.segment("recent")["expose"].remove("usual")
    next(t for t in w.project["traits"] if t["name"] == "nicely")["sql"] = "case when gave then 1.5 end"
    w.segment("recent")["expose"].append("nicely")
    yield w.step("a trait gets another type, one is gone", at(15, "build"))

    w.project["segments"].append({"name": "early", "entity": "customer", "where": [{"did": "orders", "within": "15 days"}]})
    yield w.step("a past is built", ["backfill", "--select", "early", "--from", "2026-02-10", "--to", "2026-02-13", "--every", "day", "--format", "json"])
    yield w.step("and the present", at(16, "build"))

    yield w.step("what the retired have left: no history", ["prune", "--yes"])
    yield w.step("what the retired have left: the history, too", ["prune", "--history", "--yes"])
    yield w.step("nothing is left", ["prune", "--history", "--yes"], changes=False)

    w.more = {"keys.txt": "O'Neil\nc05\nnobody at all\nZoë \"z\"\nback\\slash\n"}
    yield w.step("people are forgotten", ["forget", "--keys-from", "keys.txt", "--entity", "customer"])
    w.more = {"keys.txt": "2\nno number\n"}
    yield w.step("a line is no key", ["forget", "--keys-from", "keys.txt", "--entity", "account"], status=2, changes=False)
    w.more = {"keys.txt": "-4\n77\n"}
    yield w.step("an account is forgotten", ["forget", "--keys-from", "keys.txt", "--entity", "account"])
    w.customers = [row for row in w.customers if row[0] not in ("O'Neil", "c05", 'Zoë "z"', "back\\slash")]
    w.accounts = [row for row in w.accounts if row[0] != -4]
    yield w.step("and stay so", at(17, "build"))

    yield w.step("somebody deletes members", at(17, "build"), ill=True, says=["S0902", "S0903"],
                 by_hand=[f"delete from {SCHEMA}.customer_members where segment = 'all_of_them' and entity_key < 'c12'"])
    yield w.step("which a build notices", at(18, "build"), status=2, ill=True)
    yield w.step("and a repair mends", ["doctor", "--repair"])
    yield w.step("somebody adds a stay and a run", at(17, "build"), ill=True, says=["S0901", "S0904", "S0906"], by_hand=[
        f"insert into {SCHEMA}.customer_history (segment, entity_key, valid_from, valid_to, entered_run, exited_run) "
        f"select segment, entity_key, valid_from, valid_from, 'x', 'y' from {SCHEMA}.customer_history where segment = 'all_of_them' and entity_key = 'c12'",
        f"insert into {SCHEMA}.segc_runs (run_id, epoch, status) values ('z', 1, 'published')"])
    yield w.step("who takes that away again", at(17, "build"), by_hand=[
        f"delete from {SCHEMA}.customer_history where entered_run = 'x'", f"delete from {SCHEMA}.segc_runs where run_id = 'z'"])
    yield w.step("somebody replaces a view", at(17, "build"), ill=True, says=["S0907"],
                 by_hand=[f"create or replace view {SCHEMA}.seg_big as select 1 as one", f"drop view {SCHEMA}.account_wide"])
    yield w.step("which a repair makes again", ["doctor", "--repair"])

    stray = f"{SCHEMA}.segc_stage_01arz3ndektsv4rrffq69g5fav_e_customer"
    yield w.step("staging was left by a run of long ago", ["doctor"], status=1, ill=True, says=["S0909"], by_hand=[f"create table {stray} as select 1 as n"])
    yield w.step("a repair drops it", ["doctor", "--repair"])

    w.project["entities"].pop()
    w.project["traits"] = [t for t in w.project["traits"] if t["entity"] == "customer"]
    w.without("paying")
    yield w.step("an entity leaves the project", at(19, "build"))
    yield w.step("and what it had", ["prune", "--yes"])
    w.project["shop"]["outputs"]["wide"] = False
    yield w.step("no history of it is left: the last build", at(20, "build"))

