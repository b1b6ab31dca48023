//! The page as a browser shows it: Chromium lays it out, and `measure.js` looks at what has come of it.
//!
//! No driver stands between: Chromium prints a document after its scripts have run, and the document is one that loads
//! the pages into frames and measures them. So all that a test needs is the browser, as Debian packs it.

mod sample;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use chainrule_explain::render::html::render;
use chainrule_explain::{Derivation, Example, Options, example, explain_step};
use serde::Deserialize;

/// What was seen of one page at one width in one colour scheme.
#[derive(Debug, Deserialize)]
struct Look {
    page: String,
    width: u32,
    scheme: String,
    problems: Vec<String>,
    counts: BTreeMap<String, usize>,
}

#[derive(Debug, Deserialize)]
struct Measured {
    #[serde(default)]
    looks: Vec<Look>,
    error: Option<String>,
}

/// The browser under one of the names that Debian, others and Google give it.
fn browser() -> Option<&'static str> {
    ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success()))
}

/// Looks at pages, given by name and content; none where there is no browser.
fn looks(pages: &[(String, String)]) -> Option<Vec<Look>> {
    let browser = browser()?;
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in pages {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    let names: Vec<_> = pages.iter().map(|(name, _)| name).collect();
    let names = serde_json::to_string(&names).unwrap();
    let measure = include_str!("measure.js");
    let start = "<!DOCTYPE html><meta charset=\"utf-8\"><body><pre id=\"result\"></pre>";
    let document = format!("{start}<script>const pages = {names};\n{measure}</script>");
    std::fs::write(folder.path().join("measure.html"), document).unwrap();
    let printed = run(browser, folder.path());
    let (_, result) = printed.split_once("<pre id=\"result\">").expect("the document is printed");
    let (result, _) = result.split_once("</pre>").expect("the result has an end");
    assert!(!result.is_empty(), "the measurement did not end:\n{printed}");
    let measured: Measured = serde_json::from_str(result).unwrap();
    assert_eq!(measured.error, None);
    Some(measured.looks)
}

/// The document `measure.html` of a folder after its scripts have run.
fn run(browser: &str, folder: &Path) -> String {
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        .arg("--allow-file-access-from-files") // or the document may not look into its frames
        .arg("--virtual-time-budget=600000") // waits cost nothing: the browser's clock runs ahead
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg("--dump-dom")
        .arg(format!("file://{}", folder.join("measure.html").display()))
        .output()
        .unwrap();
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{browser} ended with {}:\n{talk}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

const SKIPPED: &str = "SKIPPED: needs chromium, Debian's package of that name";

const EVERYTHING: &str = "everything";

/// What is looked at, by name.
fn derivations() -> Vec<(&'static str, Derivation)> {
    let examples = example::NAMES.into_iter().map(|name| {
        let example = Example::named(name).expect("an example of that name");
        let options = Options { conventions: example.conventions, ..Options::default() };
        (name, explain_step(&example.step, &options).expect("a derivation"))
    });
    std::iter::once((EVERYTHING, sample::derivation())).chain(examples).collect()
}

#[test]
fn formulas_are_visible_links_work_and_nothing_overflows() {
    let mut pages: Vec<(String, String)> = derivations()
        .iter()
        .flat_map(|(name, derivation)| {
            let digits: &[usize] = if *name == EVERYTHING { &[6, 17] } else { &[6] };
            digits.iter().map(move |&digits| (format!("{name}-{digits}.html"), render(derivation, digits)))
        })
        .collect();
    // Where no mathematical font is installed.
    let plain = pages[0].1.replace("</style>", ":root { --formula: sans-serif; }</style>");
    pages.push((format!("{EVERYTHING}-plain.html"), plain));
    let Some(looks) = looks(&pages) else { return println!("{SKIPPED}") };
    assert_eq!(looks.len(), 4 * pages.len(), "two widths, two colour schemes");
    let problems: Vec<_> = looks
        .iter()
        .flat_map(|look| {
            look.problems.iter().map(move |problem| (&look.page, look.width, &look.scheme, problem))
        })
        .collect();
    assert!(problems.is_empty(), "{problems:#?}");
    for look in looks.iter().filter(|look| look.page.starts_with(EVERYTHING)) {
        for (what, least) in
            [("formulas", 60), ("fractions", 10), ("scripts", 40), ("matrices", 8), ("links", 20)]
        {
            assert!(
                look.counts[what] >= least,
                "{what} on {} at {}: {:?}",
                look.page,
                look.width,
                look.counts
            );
        }
        assert!(look.width > 400 || look.counts["scrolling"] > 0, "the wide matrix does not fit 400 pixels");
    }
}

/// Each kind of problem is planted once, and must be found.
#[test]
fn a_page_with_faults_does_not_pass() {
    let page = render(&sample::derivation(), 6);
    let planted = |from: &str, to: &str| {
        assert!(page.contains(from), "nothing to replace: {from}");
        page.replace(from, to)
    };
    let cases = [
        ("a fraction is not stacked", planted("</style>", "mfrac { display: flex; }</style>")),
        ("a formula has no size", planted("</style>", "math { display: none !important; }</style>")),
        ("sideways", planted("</style>", ".scroll { overflow: visible; max-width: none; }</style>")),
        ("a box that scrolls cannot be reached", planted(" tabindex=\"0\"", "")),
        ("a link leads nowhere", planted("id=\"z-1_1\"", "id=\"elsewhere\"")),
        ("does not lead there", planted("</style>", ".line { position: fixed; top: 90000px; }</style>")),
        ("a contrast of", planted("</style>", ".zero { color: #aaa !important; }</style>")),
        ("the ground is not dark", planted("</style>", "body { background: #fff; color: #000; }</style>")),
        ("exactly one <h1>", planted("h1>", "h2>")),
        ("a heading skips", planted("h3>", "h4>")),
        ("a th without scope", planted(" scope=\"row\"", "")),
        ("has no text to be read", planted(" alttext=", " title=")),
    ];
    let pages: Vec<(String, String)> =
        cases.iter().enumerate().map(|(case, (_, page))| (format!("{case}.html"), page.clone())).collect();
    let Some(looks) = looks(&pages) else { return println!("{SKIPPED}") };
    for ((name, _), (expected, _)) in pages.iter().zip(&cases) {
        let found: Vec<_> =
            looks.iter().filter(|look| look.page == *name).flat_map(|look| &look.problems).collect();
        assert!(found.iter().any(|problem| problem.contains(expected)), "{expected}: found only {found:#?}");
    }
}

#[test]
fn the_page_needs_no_network_and_no_script() {
    let page = render(&sample::derivation(), 6);
    for sign in ["http:", "https:", "<script", "<link", "@import", "url(", "<img", " src="] {
        assert!(!page.contains(sign), "the page contains {sign}");
    }
}

#[test]
fn what_users_write_is_text_and_nothing_else() {
    let page = render(&sample::derivation(), 6);
    assert!(
        page.contains(&format!("<h1>{}</h1>", "One step &lt;b&gt;&amp;&quot;3-2-1&quot;&lt;/b&gt;, mse"))
    );
    for harm in ["<b>", "<i>", "onclick=\"", "<evil"] {
        assert!(!page.contains(harm), "the page contains {harm}");
    }
}
