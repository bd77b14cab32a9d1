//! An address of the internet without encryption is not served by accident.

use crate::command_line::{Process, folder, hindsight, stderr};

const OPEN: (&str, &str) = ("HINDSIGHT_SERVER__PUBLIC_URL", "http://203.0.113.5");

#[test]
fn clear_text_over_the_internet_is_refused_unless_it_is_meant() {
    let data = folder();
    let mut command = hindsight(data.path());
    let output = command.args(["serve", "--listen", "127.0.0.1:0"]).envs([OPEN]).output();
    let output = output.expect("the program starts");
    assert_eq!(output.status.code(), Some(78));
    let said = stderr(&output);
    assert!(
        said.contains("`server.public_url` is http://203.0.113.5") && said.contains("--insecure"),
        "{said}"
    );
    Process::start_with(data.path(), &["--insecure"], &[OPEN]).stop();
    let local = ("HINDSIGHT_SERVER__PUBLIC_URL", "http://192.168.1.5:7700");
    Process::start_with(data.path(), &[], &[local]).stop();
}
