//! Answers as tables: what a route found comes in, with the media types the client takes; CSV (RFC 4180) or JSON
//! goes out. Text that a spreadsheet would take for a formula is set off; numbers are left as they are.

use super::{
    app::App,
    problem::{Code, Problem},
};
use crate::Principal;
use axum::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use dp_cortex::engine::Engine;
use http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts};
use serde::Serialize;

/// Where the cursor of the next page stands: a table has no place for it.
const NEXT: HeaderName = HeaderName::from_static("x-next-cursor");
/// Media types of an `Accept` header that are looked at. More than any client sends.
const ACCEPTED_MAX: usize = 64;

/// In which form an answer is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AskedAs {
    /// `application/json`
    Json,
    /// `text/csv`
    Csv,
}

impl<S: Send + Sync> FromRequestParts<S> for AskedAs {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::accepted(&parts.headers)
    }
}

impl AskedAs {
    /// The form that the client likes best (RFC 9110, section 12.5.1); of equal ones JSON.
    fn accepted(headers: &HeaderMap) -> Result<Self, Problem> {
        let accepts = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let accepted = accepts.flat_map(|value| value.split(',')).map(str::trim);
        let accepted = accepted.filter(|one| !one.is_empty()).take(ACCEPTED_MAX).collect::<Vec<_>>();
        if accepted.is_empty() {
            return Ok(Self::Json);
        }
        let json = quality(&accepted, "application", "json");
        let csv = quality(&accepted, "text", "csv");
        match (json > 0.0, csv > 0.0) {
            (_, true) if csv > json => Ok(Self::Csv),
            (true, _) => Ok(Self::Json),
            _ => {
                let detail = format!("{} is not given here; there are JSON and CSV", accepted.join(", "));
                Err(Problem::new(Code::NotAcceptable, detail))
            }
        }
    }
}

/// How much a media type is liked, 0 to 1: as the most exact range says that it falls into.
fn quality(accepted: &[&str], kind: &str, name: &str) -> f32 {
    let mut best = (0, 0.0);
    for range in accepted {
        let mut parts = range.split(';').map(str::trim);
        let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
        let exactness = match essence.split_once('/') {
            Some(("*", "*")) => 1,
            Some((one, "*")) if one == kind => 2,
            Some((one, other)) if one == kind && other == name => 3,
            _ => continue,
        };
        let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
        let weight = weight.map_or(1.0, |text| text.trim().parse::<f32>().unwrap_or(0.0));
        if exactness > best.0 {
            best = (exactness, if weight.is_finite() { weight } else { 0.0 });
        }
    }
    best.1
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    /// Text, of which anybody may be the author.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// A number.
    Number(f64),
    /// Nothing.
    Empty,
}

impl From<u64> for Cell {
    fn from(number: u64) -> Self {
        Self::Whole(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Option<&str>> for Cell {
    fn from(text: Option<&str>) -> Self {
        text.map_or(Self::Empty, Self::from)
    }
}

impl From<Option<f64>> for Cell {
    fn from(number: Option<f64>) -> Self {
        number.map_or(Self::Empty, Self::Number)
    }
}

impl Cell {
    /// As it is written. Spreadsheets run text that begins like a formula, so an apostrophe is put before it:
    /// see "CSV Injection" of the OWASP Foundation.
    fn written(self) -> String {
        match self {
            Self::Text(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => format!("'{text}"),
            Self::Text(text) => text,
            Self::Whole(number) => number.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Empty => String::new(),
        }
    }
}

/// What can be written as a table.
pub(super) trait Table {
    /// Name of the file, without its ending.
    const NAME: &'static str;

    /// Names of the columns.
    fn columns(&self) -> Vec<&str>;

    /// The rows, each with a cell for every column.
    fn rows(&self) -> Vec<Vec<Cell>>;

    /// `cursor` of the next page, if there is one.
    fn next(&self) -> Option<&str>;
}

/// An answer, written in one of the forms.
#[derive(Debug, Clone)]
pub(super) struct Formed {
    form: AskedAs,
    name: &'static str,
    next: Option<String>,
    bytes: Vec<u8>,
}

impl Formed {
    /// Writes a value.
    pub(super) fn of<T: Serialize + Table>(form: AskedAs, value: &T) -> Result<Self, Problem> {
        let bytes = match form {
            AskedAs::Json => serde_json::to_vec(value).map_err(Problem::internal)?,
            AskedAs::Csv => written(value)?,
        };
        let next = value.next().filter(|_| form == AskedAs::Csv).map(str::to_owned);
        Ok(Self { form, name: T::NAME, next, bytes })
    }
}

fn written(table: &impl Table) -> Result<Vec<u8>, Problem> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let columns = table.columns().into_iter().map(|name| Cell::from(name).written());
    writer.write_record(columns).map_err(Problem::internal)?;
    for row in table.rows() {
        writer.write_record(row.into_iter().map(Cell::written)).map_err(Problem::internal)?;
    }
    writer.into_inner().map_err(|error| Problem::internal(error.error()))
}

impl IntoResponse for Formed {
    fn into_response(self) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert(header::VARY, HeaderValue::from_static("accept"));
        let media_type = match self.form {
            AskedAs::Json => "application/json",
            AskedAs::Csv => "text/csv; charset=utf-8; header=present",
        };
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        if self.form == AskedAs::Csv {
            let disposition = format!("attachment; filename=\"{}.csv\"", self.name);
            headers.extend(
                HeaderValue::try_from(disposition).ok().map(|value| (header::CONTENT_DISPOSITION, value)),
            );
            let next = self.next.and_then(|next| HeaderValue::try_from(next).ok());
            headers.extend(next.map(|next| (NEXT, next)));
        }
        (headers, self.bytes).into_response()
    }
}

impl App {
    /// Asks the vault of an account, and writes what it says in the form that is wanted.
    pub(super) async fn ask_formed<T, F>(
        &self,
        principal: &Principal,
        form: AskedAs,
        question: F,
    ) -> Result<Formed, Problem>
    where
        T: Serialize + Table,
        F: FnOnce(&Engine) -> Result<T, Problem> + Send + 'static,
    {
        self.ask(principal, move |engine| Formed::of(form, &question(engine)?)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(accept: &str) -> Result<AskedAs, Code> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_str(accept).unwrap());
        AskedAs::accepted(&headers).map_err(|problem| problem.code())
    }

    #[test]
    fn the_form_is_the_one_that_is_liked_best() {
        for json in
            ["", "*/*", "application/json", "text/html, */*;q=0.8", "text/*;q=0.5, */*", "text/csv;q=0, */*"]
        {
            assert_eq!(accepted(json), Ok(AskedAs::Json), "{json}");
        }
        for csv in [
            "text/csv",
            "TEXT/CSV",
            "text/csv, */*;q=0.1",
            "application/json;q=0.5, text/*",
            "text/csv;q=0.2",
        ] {
            assert_eq!(accepted(csv), Ok(AskedAs::Csv), "{csv}");
        }
        for neither in ["text/html", "image/*", "application/json;q=0", "text/csv;q=nan", "nonsense"] {
            assert_eq!(accepted(neither), Err(Code::NotAcceptable), "{neither}");
        }
        assert_eq!(AskedAs::accepted(&HeaderMap::new()).map_err(|problem| problem.code()), Ok(AskedAs::Json));
    }

    #[test]
    fn text_that_begins_like_a_formula_is_set_off_and_numbers_are_not() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"] {
            assert_eq!(Cell::from(text).written(), format!("'{text}"));
        }
        assert_eq!(Cell::from("a=b").written(), "a=b");
        assert_eq!((Cell::Whole(-5).written(), Cell::Number(-0.5).written()), ("-5".into(), "-0.5".into()));
    }

    struct Odd;

    impl Table for Odd {
        const NAME: &'static str = "odd";

        fn columns(&self) -> Vec<&str> {
            vec!["a", "b"]
        }

        fn rows(&self) -> Vec<Vec<Cell>> {
            vec![vec!["say \"x\", y".into(), Cell::Empty], vec!["two\nlines".into(), Cell::from(7)]]
        }

        fn next(&self) -> Option<&str> {
            None
        }
    }

    #[test]
    fn cells_are_quoted_as_rfc_4180_says() {
        let text = String::from_utf8(written(&Odd).unwrap()).unwrap();
        assert_eq!(text, "a,b\r\n\"say \"\"x\"\", y\",\r\n\"two\nlines\",7\r\n");
    }
}
