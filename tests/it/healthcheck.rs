//! `hindsight healthcheck` says whether the server of these settings answers.

use std::net::TcpListener;
use std::path::Path;
use std::process::Output;

use crate::command_line::{Process, folder, hindsight, stderr, stdout};
use crate::network::secure::write_pair;

fn ask(data: &Path, address: &str, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    let mut command = hindsight(data);
    command.args(["healthcheck", "--listen", address]).args(arguments).envs(settings.iter().copied());
    command.output().expect("the program starts")
}

fn address_of(server: &Process) -> String {
    server.url.split_once("://").expect("an address").1.to_owned()
}

#[test]
fn a_server_that_answers_is_well_and_one_that_is_gone_is_not() {
    let data = folder();
    let server = Process::start(data.path());
    let address = address_of(&server);
    for arguments in [&[][..], &["--ready"]] {
        let asked = ask(data.path(), &address, arguments, &[]);
        assert!(asked.status.success(), "{}", stderr(&asked));
        assert!(stdout(&asked).contains("200 OK"), "{}", stdout(&asked));
    }
    server.stop();
    let asked = ask(data.path(), &address, &[], &[]);
    assert_eq!(asked.status.code(), Some(1));
    assert!(stderr(&asked).contains(&format!("answers on {address}")), "{}", stderr(&asked));
}

#[test]
fn a_server_that_only_reads_lives_and_is_not_ready() {
    let data = folder();
    Process::start(data.path()).stop();
    let server = Process::start_with(data.path(), &["--read-only"], &[]);
    let address = address_of(&server);
    assert!(ask(data.path(), &address, &[], &[]).status.success());
    let asked = ask(data.path(), &address, &["--ready"], &[]);
    assert_eq!(asked.status.code(), Some(1));
    assert!(stderr(&asked).contains("answers /readyz with 503"), "{}", stderr(&asked));
}

#[test]
fn a_server_that_encrypts_is_known_by_its_certificate() {
    let data = folder();
    let pair = write_pair(data.path());
    let settings = |certificate| {
        [
            ("HINDSIGHT_SERVER__TLS_CERTIFICATE", certificate),
            ("HINDSIGHT_SERVER__TLS_KEY", pair.key.to_str().expect("UTF-8")),
        ]
    };
    let own = settings(pair.certificate.to_str().expect("UTF-8"));
    let server = Process::start_with(data.path(), &[], &own);
    let address = address_of(&server);
    let asked = ask(data.path(), &address, &[], &own);
    assert!(asked.status.success(), "{}", stderr(&asked));

    let elsewhere = folder();
    let other = write_pair(elsewhere.path());
    let asked = ask(data.path(), &address, &[], &settings(other.certificate.to_str().expect("UTF-8")));
    assert_eq!(asked.status.code(), Some(1));
    assert!(stderr(&asked).contains("no server of these settings"), "{}", stderr(&asked));
}

#[test]
fn whoever_takes_connections_and_says_nothing_is_not_waited_for_long() {
    let data = folder();
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = silent.local_addr().expect("bound").to_string();
    let asked = ask(data.path(), &address, &["--timeout", "1"], &[]);
    assert_eq!(asked.status.code(), Some(1));
    assert!(stderr(&asked).contains("no answer within 1 s"), "{}", stderr(&asked));
}

#[test]
fn a_port_that_nobody_knows_cannot_be_asked() {
    let data = folder();
    let asked = ask(data.path(), "127.0.0.1:0", &[], &[]);
    assert_eq!(asked.status.code(), Some(1));
    assert!(stderr(&asked).contains("`server.listen`"), "{}", stderr(&asked));
}
