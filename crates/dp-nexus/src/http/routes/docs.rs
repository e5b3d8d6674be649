//! `GET /api/openapi.json` and the page at `/api/docs` that shows it, all from the program itself

use crate::http::openapi;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, header};

const PAGE: &str = include_str!("../docs/index.html");
const SCRIPT: &str = include_str!("../docs/docs.js");
const STYLE: &str = include_str!("../docs/docs.css");

pub(super) async fn openapi() -> Response {
    served(openapi::text(), "application/json")
}

pub(super) async fn page() -> Response {
    served(PAGE, "text/html; charset=utf-8")
}

pub(super) async fn script() -> Response {
    served(SCRIPT, "text/javascript; charset=utf-8")
}

pub(super) async fn style() -> Response {
    served(STYLE, "text/css; charset=utf-8")
}

fn served(text: &'static str, media_type: &'static str) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(media_type))], text).into_response()
}
