//! Everything a Google account's exports hold, product by product.

pub(crate) mod activity;
pub(crate) mod activity_file;
pub(crate) mod calendar;
pub(crate) mod chrome;
pub(crate) mod contacts;
pub(crate) mod device;
pub(crate) mod keep;
pub(crate) mod location;
pub(crate) mod mail;
pub(crate) mod maps;
pub(crate) mod moment;
pub(crate) mod odds;
pub(crate) mod record;
pub(crate) mod semantic;
pub(crate) mod tasks;
pub(crate) mod text;
pub(crate) mod youtube;
