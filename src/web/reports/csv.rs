//! A table of a report as CSV.

use super::links::{self, Links};
use crate::model::{Cell, Table};
use crate::web::csv::{line, text};

/// The table. A column with moments is followed by one with their addresses.
pub fn write(table: &Table, links: &Links) -> String {
    let has_links: Vec<bool> = (0..table.columns.len()).map(|column| has_moments(table, column)).collect();
    let mut out = String::new();
    let mut header = Vec::new();
    for (column, linked) in table.columns.iter().zip(&has_links) {
        header.push(text(&column.title));
        if *linked {
            header.push(text(&format!("{} (link)", column.title)));
        }
    }
    line(&mut out, &header);
    for row in &table.rows {
        let mut fields = Vec::new();
        for (place, linked) in has_links.iter().enumerate() {
            let (value, address) = field(row.get(place), links);
            fields.push(value);
            if *linked {
                fields.push(address);
            }
        }
        line(&mut out, &fields);
    }
    out
}

fn has_moments(table: &Table, column: usize) -> bool {
    table.rows.iter().any(|row| matches!(row.get(column), Some(Cell::Moment(_))))
}

/// A cell, and the address that it leads to.
fn field(cell: Option<&Cell>, links: &Links) -> (String, String) {
    match cell {
        None => (String::new(), String::new()),
        Some(Cell::Number(value)) => (value.to_string(), String::new()),
        Some(Cell::Text(value)) => (text(value), String::new()),
        Some(Cell::Moment(moment)) => {
            (text(&links::label(moment)), text(&links.absolute(moment).unwrap_or_default()))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::links::tests::links;
    use super::*;
    use crate::model::{Column, Moment};
    use crate::web::csv::is_formula;

    fn table(columns: usize, rows: Vec<Vec<Cell>>) -> Table {
        let column = |place| Column { title: format!("column {place}"), numeric: false };
        Table { title: String::new(), columns: (0..columns).map(column).collect(), rows }
    }

    /// Reads CSV as RFC 4180 has it.
    fn read(csv: &str) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        let (mut row, mut field, mut quoted) = (Vec::new(), String::new(), false);
        let mut chars = csv.chars().peekable();
        while let Some(char) = chars.next() {
            match char {
                '"' if quoted && chars.peek() == Some(&'"') => {
                    chars.next();
                    field.push('"');
                }
                '"' => quoted = !quoted,
                ',' if !quoted => row.push(std::mem::take(&mut field)),
                '\n' if !quoted => {
                    row.push(std::mem::take(&mut field));
                    rows.push(std::mem::take(&mut row));
                }
                '\r' if !quoted => {}
                char => field.push(char),
            }
        }
        rows
    }

    #[test]
    fn a_table_is_written_with_the_addresses_of_its_moments() {
        let moment = Moment { session: "session-0000000001".to_owned(), at: 1500, label: "look".to_owned() };
        let rows = vec![
            vec![Cell::Text("a \"quoted\", word".to_owned()), Cell::Number(-2.5), Cell::Moment(moment)],
            vec![Cell::Text("=1+1".to_owned())],
        ];
        assert_eq!(
            write(&table(3, rows), &links()),
            "\"column 0\",\"column 1\",\"column 2\",\"column 2 (link)\"\r\n\
             \"a \"\"quoted\"\", word\",-2.5,\"look\",\"https://replay.example/connections/1/sessions/session-0000000001?moment=1500\"\r\n\
             \"'=1+1\",,,\r\n"
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again_and_is_no_formula(
            rows in prop::collection::vec(prop::collection::vec("[-+=@\t\r\n\",a']{0,6}|\\PC{0,8}", 1..4), 0..6),
        ) {
            let cells = rows.iter().map(|row| row.iter().cloned().map(Cell::Text).collect()).collect();
            let read = read(&write(&table(3, cells), &links()));
            prop_assert_eq!(read.len(), rows.len() + 1);
            for (read, written) in read[1..].iter().zip(&rows) {
                prop_assert_eq!(read.len(), 3);
                for (place, field) in read.iter().enumerate() {
                    let original = written.get(place).map_or("", String::as_str);
                    prop_assert!(!is_formula(field), "{:?}", field);
                    let back = if is_formula(original) { &field[1..] } else { field.as_str() };
                    prop_assert_eq!(back, original);
                }
            }
        }
    }
}
