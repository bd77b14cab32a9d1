//! What a user agent says about browser, system and device.
//!
//! Only the names that browsers are known by today: since they froze the rest of
//! the string, a table of tokens tells what a large database would.

/// What lists show of a user agent. Empty where it does not say.
#[derive(Debug, PartialEq, Eq)]
pub struct Browser {
    /// Its name.
    pub name: &'static str,
    /// Its name and major version.
    pub browser: String,
    /// The operating system.
    pub os: &'static str,
    /// Desktop, Phone or Tablet.
    pub device: &'static str,
}

/// Tokens in the order they decide: most browsers also name those they descend from.
const BROWSERS: [(&str, &str); 13] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("YaBrowser/", "Yandex"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
];

const SYSTEMS: [(&str, &str); 8] = [
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
];

/// Reads a user agent.
pub fn read(user_agent: &str) -> Browser {
    let found = BROWSERS.iter().find_map(|(token, name)| {
        let version = user_agent.split_once(token)?.1;
        let major: String = version.chars().take_while(char::is_ascii_digit).collect();
        Some((*name, format!("{name} {major}").trim_end().to_owned()))
    });
    let (name, browser) = found.unwrap_or_default();
    let os = SYSTEMS.iter().find(|(token, _)| user_agent.contains(token)).map_or("", |(_, name)| name);
    Browser { name, browser, os, device: device(user_agent, os) }
}

/// As little of a user agent as tells what lists show: `Chrome/156 Android Mobile`. Builds,
/// models and minor versions tell people apart, and are left out. Reduced again it stays.
pub fn reduced(user_agent: &str) -> String {
    let browser = BROWSERS.iter().find_map(|(token, _)| {
        let version = user_agent.split_once(token)?.1;
        let major: String = version.chars().take_while(char::is_ascii_digit).collect();
        Some(format!("{token}{major}"))
    });
    let system = SYSTEMS.iter().map(|(token, _)| *token).find(|token| user_agent.contains(token));
    let is_phone = system == Some("Android") && user_agent.contains("Mobile");
    let parts = [browser.as_deref(), system, is_phone.then_some("Mobile")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn device(user_agent: &str, os: &str) -> &'static str {
    match os {
        "iOS" => "Phone",
        "iPadOS" => "Tablet",
        // Android tablets leave the word out, by Google's own advice.
        "Android" if user_agent.contains("Mobile") => "Phone",
        "Android" => "Tablet",
        "" => "",
        _ => "Desktop",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_browsers_are_told_apart() {
        let like_chrome = "(KHTML, like Gecko) Chrome/156.0.0.0";
        for (user_agent, browser, os, device) in [
            (
                format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 {like_chrome} Safari/537.36"),
                "Chrome 156", "Windows", "Desktop",
            ),
            (
                format!("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 {like_chrome} Safari/537.36 Edg/156.0.1"),
                "Edge 156", "Windows", "Desktop",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1".to_owned(),
                "Safari 18", "iOS", "Phone",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0".to_owned(),
                "Firefox 140", "macOS", "Desktop",
            ),
            (
                format!("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 {like_chrome} Mobile Safari/537.36"),
                "Chrome 156", "Android", "Phone",
            ),
            (
                format!("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 {like_chrome} Safari/537.36"),
                "Chrome 156", "Android", "Tablet",
            ),
            ("curl/8.0".to_owned(), "", "", ""),
            (String::new(), "", "", ""),
        ] {
            let read = read(&user_agent);
            assert_eq!((&*read.browser, read.os, read.device), (browser, os, device), "{user_agent}");
            let less = reduced(&user_agent);
            assert_eq!(super::read(&less), read, "{less}");
            assert_eq!(reduced(&less), less);
            assert_eq!(read.name, browser.split(' ').next().unwrap_or_default());
        }
    }
}
