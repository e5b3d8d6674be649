//! What `[server]` of the configuration limits, as the front door takes it. Numbers only; nothing is read.

use dp_config::Server;
use dp_nexus::{
    http::{Allowance, Limits, Settings},
    uploads::StagingOptions,
};
use std::time::Duration;

pub(super) fn of_requests(server: &Server) -> Settings {
    Settings {
        body_bytes_max: server.body_bytes_max,
        request_timeout: Duration::from_secs(server.request_timeout_s),
        per_account: allowance(server.account_requests_per_s, server.account_requests_burst),
        per_address: allowance(server.address_requests_per_s, server.address_requests_burst),
        ..Settings::default()
    }
}

pub(super) fn of_connections(server: &Server) -> Limits {
    Limits { connections: server.connections, ..Limits::default() }
}

pub(super) fn of_uploads(server: &Server) -> StagingOptions {
    StagingOptions {
        upload_bytes_max: server.upload_bytes_max,
        account_bytes_max: server.account_upload_bytes_max,
        reserve_bytes: server.reserve_bytes,
        ..StagingOptions::default()
    }
}

fn allowance(per_second: u32, burst: u32) -> Allowance {
    Allowance { per_second: per_second.into(), burst: burst.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_configured_is_as_the_front_door_has_it() {
        let server = Server::default();
        assert_eq!(of_requests(&server), Settings::default());
        assert_eq!(of_connections(&server), Limits::default());
        assert_eq!(of_uploads(&server), StagingOptions::default());
    }

    #[test]
    fn what_is_configured_counts() {
        let server = Server { account_requests_per_s: 100_000, connections: 4, ..Server::default() };
        assert_eq!(of_requests(&server).per_account, Allowance { per_second: 100_000.0, burst: 100.0 });
        assert_eq!(of_connections(&server).connections, 4);
    }
}
