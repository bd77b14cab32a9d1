//! The results that a script may give, field by field.

use crate::shape::{Case, Field, Record, Shape};

const SEVERITIES: Shape = Shape::OneOf(&["info", "low", "medium", "high"]);

/// What `analyze` returns.
pub const ANALYSIS: Shape = Shape::Record(&Record {
    name: "a result of analyze",
    fields: &[
        Field::optional("findings", &Shape::List(&Shape::Record(&FINDING))),
        Field::optional("facts", &Shape::List(&Shape::Record(&FACT))),
        Field::optional("score", &Shape::Record(&SCORE)),
    ],
});

const FINDING: Record = Record {
    name: "a finding",
    fields: &[
        Field::required("kind", &Shape::Text),
        Field::required("at", &Shape::MILLIS),
        Field::optional("until", &Shape::MILLIS),
        Field::optional("severity", &SEVERITIES),
        Field::optional("title", &Shape::Text),
        Field::optional("detail", &Shape::Text),
        Field::optional("selector", &Shape::Text),
        Field::optional("fields", &Shape::Fields),
    ],
};

const FACT: Record = Record {
    name: "a fact",
    fields: &[
        Field::required("kind", &Shape::Text),
        Field::required("at", &Shape::MILLIS),
        Field::optional("fields", &Shape::Fields),
    ],
};

const SCORE: Record = Record {
    name: "a score",
    fields: &[Field::required("points", &Shape::Whole { most: 100 }), Field::required("why", &Shape::Text)],
};

/// What `mask` returns.
pub const CHANGES: Shape = Shape::List(&Shape::Case(&Case {
    by: "edit",
    name: "a change",
    before: &[Field::required("index", &Shape::Whole { most: u32::MAX })],
    records: &[
        ("hide", &[Field::required("secrets", &Shape::List(&Shape::Record(&SECRET)))]),
        ("cover", &[]),
        ("block", &[]),
    ],
}));

const SECRET: Record = Record {
    name: "a secret",
    fields: &[Field::required("value", &Shape::Text), Field::text("with"), Field::text("kind")],
};

/// What `summarize` returns.
pub const REPORT: Shape = Shape::Record(&Record {
    name: "a report",
    fields: &[
        Field::required("title", &Shape::Text),
        Field::text("summary"),
        Field::required("sections", &Shape::List(&Shape::Case(&SECTION))),
    ],
});

const SECTION: Case = Case {
    by: "section",
    name: "a section",
    before: &[],
    records: &[
        ("markdown", &[Field::required("text", &Shape::Text)]),
        ("metrics", &[Field::required("metrics", &Shape::List(&Shape::Record(&METRIC)))]),
        (
            "table",
            &[
                Field::required("title", &Shape::Text),
                Field::required("columns", &Shape::List(&Shape::Record(&COLUMN))),
                Field::required("rows", &Shape::List(&Shape::List(&Shape::Cell(&MOMENT)))),
            ],
        ),
        (
            "chart",
            &[
                Field::required("title", &Shape::Text),
                Field::required("chart", &Shape::OneOf(&["bar", "line"])),
                Field::required("series", &Shape::List(&Shape::Record(&SERIES))),
            ],
        ),
    ],
};

const METRIC: Record = Record {
    name: "a metric",
    fields: &[
        Field::required("name", &Shape::Text),
        Field::required("value", &Shape::Number),
        Field::text("unit"),
    ],
};

const COLUMN: Record =
    Record { name: "a column", fields: &[Field::required("title", &Shape::Text), Field::flag("numeric")] };

const MOMENT: Record = Record {
    name: "a moment",
    fields: &[
        Field::required("session", &Shape::Text),
        Field::required("at", &Shape::MILLIS),
        Field::required("label", &Shape::Text),
    ],
};

const SERIES: Record = Record {
    name: "a series",
    fields: &[
        Field::required("name", &Shape::Text),
        Field::required("points", &Shape::List(&Shape::Record(&POINT))),
    ],
};

const POINT: Record = Record {
    name: "a point",
    fields: &[Field::required("x", &Shape::Text), Field::required("y", &Shape::Number)],
};
