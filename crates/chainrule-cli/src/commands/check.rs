//! `chainrule check`.

use super::given::read_text;
use crate::args::CheckArguments;
use crate::errors::{Failure, code};
use crate::output;
use chainrule_explain::check::{Judgement, Verdict, check, report};
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
    let path = &arguments.worked;
    let name = path.display().to_string();
    let worked = Worked::parse(&read_text(path)?, &name)?;
    if worked.claims.is_empty() {
        return Err(Failure::new(
            code::DATA,
            format!(
                "{name}: there is no claim to judge\n\
                 write [[claims]] with symbol = \"z1\" and value = [[\"0.5\"]], one for each thing written down"
            ),
        ));
    }
    Ok(worked)
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
