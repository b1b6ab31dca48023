//! `chainrule check`.

use super::given::read_text;
use crate::args::CheckArguments;
use crate::errors::{Failure, code};
use crate::output;
use chainrule_explain::check::{Judgement, Verdict, check, report};
use chainrule_explain::prose::Prose;
use chainrule_explain::worked::Worked;

/// Judges what the author of a step wrote down.
pub(crate) fn run(arguments: &CheckArguments) -> Result<(), Failure> {
    let worked = worked(arguments)?;
    let judgements = check(&worked.example.step, &worked.claims);
    let mut document = match arguments.format.as_str() {
        "json" => report::json(&judgements)?,
        _ => report::text(&judgements),
    };
    if !document.ends_with('\n') {
        document.push('\n');
    }
    output::result(document.as_bytes())?;
    verdict(&judgements)
}

/// What was written down. Without a number in it there is nothing to judge, which must not look like praise.
fn worked(arguments: &CheckArguments) -> Result<Worked, Failure> {
    let CheckArguments { worked, from_markdown, from_latex, .. } = arguments;
    let files = [worked, from_markdown, from_latex].map(Option::as_ref);
    // Cannot fail: the arguments are refused without any of the three.
    let Some(path) = files.into_iter().flatten().next() else {
        return Err(Failure::usage("give a WORKED.toml, --from-markdown FILE or --from-latex FILE"));
    };
    let (name, text) = (path.display().to_string(), read_text(path)?);
    let (worked, hint) = if from_markdown.is_some() {
        (picked(Prose::from_markdown(&text, &name)?, &name), "write z_1 = 0.5 or $z_1 = 0.5$")
    } else if from_latex.is_some() {
        (picked(Prose::from_latex(&text, &name)?, &name), "write $z_1 = 0.5$")
    } else {
        let hint =
            "write [[claims]] with symbol = \"z1\" and value = [[\"0.5\"]], one for each thing written down";
        (Worked::parse(&text, &name)?, hint)
    };
    if worked.claims.is_empty() {
        return Err(Failure::new(code::DATA, format!("{name}: there is no claim to judge\n{hint}")));
    }
    Ok(worked)
}

/// The claims of a text; what was not understood in it is said.
fn picked(prose: Prose, name: &str) -> Worked {
    let skipped = prose.skipped.iter().map(|skipped| {
        format!("{name}, line {}: '{}' is not judged: {}", skipped.line, skipped.text, skipped.reason)
    });
    output::warn(&skipped.collect::<Vec<_>>());
    prose.worked
}

/// Scripts are told by the exit code that a number is wrong, people by a line besides.
fn verdict(judgements: &[Judgement]) -> Result<(), Failure> {
    let wrong = judgements.iter().filter(|judgement| judgement.verdict == Verdict::Wrong).count();
    if wrong == 0 {
        return Ok(());
    }
    let are = if wrong == 1 { "is" } else { "are" };
    Err(Failure::new(code::WRONG, format!("{wrong} of {} numbers {are} wrong", judgements.len())))
}
