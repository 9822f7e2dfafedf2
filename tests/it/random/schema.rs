//! Random schemas: one entity with lookups and relations of several kinds.

use super::dice::Dice;
use super::opt_outs::{self, OptOuts};
use jiff::tz::TimeZone;
use segc::spec::settings;
use serde_json::{Map, Value as Json, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Int,
    Decimal,
    Float,
    Text,
    Bool,
    Date,
    Instant,
    Local,
    Json,
    Tags,
    /// A list of anything else.
    List,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Decimal => "decimal(12,2)",
            Self::Float => "float",
            Self::Text => "string",
            Self::Bool => "boolean",
            Self::Date => "date",
            Self::Instant => "timestamp",
            Self::Local => "datetime",
            Self::Json => "json",
            Self::Tags | Self::List => "array<string>",
        }
    }

    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Decimal | Self::Float)
    }

    pub(super) fn is_moment(self) -> bool {
        matches!(self, Self::Date | Self::Instant | Self::Local)
    }

    pub(super) fn can_order(self) -> bool {
        !matches!(self, Self::Json | Self::Tags | Self::List)
    }
}

/// What an expression may name, with its kind; the names of lookups and parents are dotted.
pub(super) type Names = Vec<(String, Kind)>;

#[derive(Clone, Debug)]
pub(super) struct Relation {
    pub(super) name: String,
    pub(super) table: &'static str,
    /// Its table's columns.
    pub(super) columns: Names,
    /// Everything that its predicates may name.
    pub(super) names: Names,
    /// The column of its time, or its parent's kind of time.
    pub(super) time: Option<Kind>,
    pub(super) zone: TimeZone,
    /// Whether `next` may ask about rows that lie ahead.
    pub(super) future: bool,
    pub(super) parent: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Schema {
    pub(super) key: Kind,
    /// The entity's columns.
    pub(super) columns: Names,
    /// Columns, lookups' columns, and traits as they are made.
    pub(super) names: Names,
    pub(super) relations: Vec<Relation>,
    pub(super) lookups: Vec<(&'static str, Names)>,
    /// Whether people are compared with each other.
    pub(super) populations: bool,
    /// If the entity's table is versioned, the kind of its last columns `from_time` and `to_time`.
    pub(super) versioned: Option<Kind>,
    /// A source of keys to suppress.
    pub(super) opt_outs: Option<OptOuts>,
    /// The entity's place in the project, its name and its table.
    pub(super) entity: usize,
    pub(super) name: &'static str,
    pub(super) table: &'static str,
    /// Relations that lead to an entity.
    pub(super) ways: Vec<(&'static str, usize)>,
}

pub(super) const ZONES: [&str; 8] = [
    "UTC",
    "UTC",
    "America/New_York",
    "Europe/Berlin",
    "America/Santiago",
    "Asia/Kolkata",
    "Pacific/Auckland",
    "Australia/Lord_Howe",
];

pub(super) fn columns(names: &Names) -> Json {
    let entries = names.iter().map(|(n, k)| (n.clone(), json!(k.name())));
    Json::Object(entries.collect::<Map<_, _>>())
}

pub(super) fn named(columns: &[(&str, Kind)]) -> Names {
    columns.iter().map(|(n, k)| ((*n).to_owned(), *k)).collect()
}

fn prefixed(prefix: &str, names: &Names) -> Names {
    let with = |(name, kind): &(String, Kind)| (format!("{prefix}.{name}"), *kind);
    names.iter().map(with).collect()
}

/// A schema, and the entity that declares it.
pub(super) fn schema(d: &mut Dice, zone: &str, populations: bool) -> (Schema, Json) {
    let key = if d.percent(50) { Kind::Int } else { Kind::Text };
    let regions = named(&[("region_id", Kind::Int), ("zone", Kind::Text)]);
    let stores = named(&[
        ("store_id", Kind::Int),
        ("city", Kind::Text),
        ("size", Kind::Int),
        ("region_id", Kind::Int),
    ]);
    let products = named(&[
        ("product_id", Kind::Text),
        ("category", Kind::Text),
        ("price", Kind::Decimal),
    ]);
    let region = json!({"name": "region", "table": "regions", "on": "region_id", "columns": columns(&regions)});
    let store = json!({"name": "store", "table": "stores", "on": "store_id", "columns": columns(&stores), "lookups": [region]});
    let product = json!({"name": "product", "table": "products", "on": "product_id", "columns": columns(&products)});
    let mut store_names = prefixed("store", &stores);
    store_names.extend(prefixed("store.region", &regions));

    let mut entity_columns = [
        vec![("customer_id".to_owned(), key)],
        named(&[
            ("country", Kind::Text),
            ("age", Kind::Int),
            ("credit", Kind::Decimal),
            ("score", Kind::Float),
            ("vip", Kind::Bool),
            ("born", Kind::Date),
            ("joined", Kind::Instant),
            ("seen", Kind::Local),
            ("tags", Kind::Tags),
            ("profile", Kind::Json),
            ("store_id", Kind::Int),
        ]),
    ]
    .concat();
    let versioned = d.percent(25);
    let versioned =
        versioned.then(|| *d.choose(&[Kind::Instant, Kind::Instant, Kind::Date, Kind::Local]));
    let mut names = entity_columns.clone();
    if let Some(kind) = versioned {
        entity_columns.extend(named(&[("from_time", kind), ("to_time", kind)]));
    }
    names.extend(store_names.clone());

    let mut relations = Vec::new();
    let mut declared = Vec::new();
    let times = [Kind::Date, Kind::Instant, Kind::Instant, Kind::Local];

    // Orders: a key, a filter, a lookup.
    let time = *d.choose(&times);
    let own = [
        vec![
            ("order_id".to_owned(), Kind::Int),
            ("customer_id".to_owned(), key),
        ],
        named(&[
            ("at", time),
            ("status", Kind::Text),
            ("channel", Kind::Text),
            ("total", Kind::Decimal),
            ("n", Kind::Int),
            ("rate", Kind::Float),
            ("gift", Kind::Bool),
            ("due", Kind::Date),
            ("store_id", Kind::Int),
        ]),
    ]
    .concat();
    let mut order = json!({"name": "orders", "table": "orders", "on": "customer_id", "time": "at", "columns": columns(&own), "lookups": [store]});
    if d.percent(60) {
        order["key"] = json!("order_id");
    }
    if d.percent(50) {
        order["where"] = json!(d.pick(&[
            "status not in ('b', 'c')",
            "status = 'a' or n > 1",
            "total is not null",
            "not gift"
        ]));
    }
    let mut order_zone = zone;
    if time == Kind::Local && d.percent(50) {
        order_zone = d.pick(&ZONES);
        order["time_zone"] = json!(order_zone);
    }
    let future = d.percent(40);
    if future {
        order["future"] = json!(true);
    }
    let zone_of = |name: &str| settings::zone(name).unwrap();
    let mut order_names = own.clone();
    order_names.extend(store_names.clone());
    relations.push(Relation {
        name: "orders".to_owned(),
        table: "orders",
        columns: own,
        names: order_names.clone(),
        time: Some(time),
        zone: zone_of(order_zone),
        future,
        parent: None,
    });
    declared.push(order);

    // Items: a child of orders.
    let own = named(&[
        ("order_id", Kind::Int),
        ("product_id", Kind::Text),
        ("qty", Kind::Int),
        ("note", Kind::Text),
    ]);
    let mut item = json!({"name": "items", "table": "items", "via": "orders", "on": "order_id", "columns": columns(&own), "lookups": [product]});
    if d.percent(30) {
        item["where"] = json!(d.pick(&[
            "qty > 0",
            "product.category is not null",
            "note <> 'c' or orders.n > 0"
        ]));
    }
    let mut item_names = own.clone();
    item_names.extend(prefixed("product", &products));
    let of_parent = order_names.iter().filter(|(n, _)| !n.contains('.'));
    item_names.extend(prefixed("orders", &of_parent.cloned().collect()));
    relations.push(Relation {
        name: "items".to_owned(),
        table: "items",
        columns: own,
        names: item_names,
        time: Some(time),
        zone: zone_of(order_zone),
        future,
        parent: Some("orders".to_owned()),
    });
    declared.push(item);

    // Visits: no key.
    let time = *d.choose(&times);
    let own = [
        vec![("who".to_owned(), key)],
        named(&[("at", time), ("page", Kind::Text), ("seconds", Kind::Int)]),
    ]
    .concat();
    let mut visit = json!({"name": "visits", "table": "visits", "on": {"customer_id": "who"}, "time": "at", "columns": columns(&own)});
    let mut visit_zone = zone;
    if time == Kind::Local && d.percent(50) {
        visit_zone = d.pick(&ZONES);
        visit["time_zone"] = json!(visit_zone);
    }
    let future = d.percent(40);
    if future {
        visit["future"] = json!(true);
    }
    relations.push(Relation {
        name: "visits".to_owned(),
        table: "visits",
        columns: own.clone(),
        names: own,
        time: Some(time),
        zone: zone_of(visit_zone),
        future,
        parent: None,
    });
    declared.push(visit);

    // Notes: no time.
    let own = [
        vec![("customer_id".to_owned(), key)],
        named(&[
            ("kind", Kind::Text),
            ("weight", Kind::Float),
            ("labels", Kind::Tags),
            ("data", Kind::Json),
        ]),
    ]
    .concat();
    declared.push(
        json!({"name": "notes", "table": "notes", "on": "customer_id", "columns": columns(&own)}),
    );
    relations.push(Relation {
        name: "notes".to_owned(),
        table: "notes",
        columns: own.clone(),
        names: own,
        time: None,
        zone: zone_of(zone),
        future: false,
        parent: None,
    });

    let mut entity = json!({"name": "customer", "table": "customers", "key": "customer_id", "columns": columns(&entity_columns),
        "lookups": [store], "relations": declared});
    if versioned.is_some() {
        entity["valid"] = json!({"from": "from_time", "to": "to_time"});
    }
    let mut opt_outs = None;
    if d.percent(30) {
        let (source, declared) = opt_outs::source(d, key);
        entity["suppress"] = json!([declared]);
        opt_outs = Some(source);
    }
    let schema = Schema {
        key,
        columns: entity_columns,
        names,
        relations,
        populations,
        versioned,
        opt_outs,
        entity: 0,
        name: "customer",
        table: "customers",
        ways: Vec::new(),
        lookups: vec![
            ("stores", stores),
            ("regions", regions),
            ("products", products),
        ],
    };
    (schema, entity)
}
