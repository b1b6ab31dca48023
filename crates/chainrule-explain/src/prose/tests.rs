//! What is picked out of texts, and what is reported as skipped.

use std::fmt::Write as _;

use super::*;
use crate::claim::Quantity;
use chainrule::ErrorKind;

const TOML: &str = "x = [[0, 1, 2]]
y = [[1]]
[[layers]]
activation = \"sigmoid\"
weights = [[0.4, 0.5, 0.3], [0.2, 0.7, 0.1]]
[[layers]]
activation = \"sigmoid\"
weights = [[0.1, 0.2]]
";

fn markdown(text: &str) -> Prose {
    Prose::from_markdown(&format!("{text}\n```toml\n{TOML}```\n"), "notes.md").unwrap()
}

fn latex(text: &str) -> Prose {
    Prose::from_latex(&format!("{text}\n\\iffalse\n{TOML}\\fi\n"), "notes.tex").unwrap()
}

/// Each claim as `symbol = numbers as printed`, rows between semicolons.
fn claims(prose: &Prose) -> Vec<String> {
    let row = |row: &Vec<crate::claim::Printed>| {
        row.iter().map(|number| number.text.as_str()).collect::<Vec<_>>().join(" ")
    };
    let value = |claim: &Claim| claim.value.iter().map(row).collect::<Vec<_>>().join("; ");
    prose.worked.claims.iter().map(|claim| format!("{} = {}", claim.quantity.name(), value(claim))).collect()
}

fn assert_claims(text: &str, expected: &[&str]) {
    let found = markdown(text);
    assert_eq!(claims(&found), expected, "{text}: {:?}", found.skipped);
}

#[test]
fn a_number_behind_a_symbol_is_a_claim_with_its_line() {
    let found = markdown("# Forward\n\nFirst z_2 = 0.217, as we see.\n");
    assert_eq!(claims(&found), ["z2 = 0.217"]);
    assert_eq!(found.worked.claims[0].place, "line 3");
    assert_eq!(found.worked.claims[0].quantity, Quantity::parse("z2", 2).unwrap());
    assert_eq!(found.skipped, []);
}

#[test]
fn symbols_and_values_may_be_written_in_latex() {
    assert_claims("$z^{(1)} = (1.1, 0.9)$", &["z1 = 1.1 0.9"]);
    assert_claims(r"$$\hat{y} = \sigma(z_2) = 0.554$$", &["yhat = 0.554"]);
    assert_claims(r"$\frac{\partial L}{\partial W_2} = (-0.165, -0.156)$", &["dW2 = -0.165 -0.156"]);
    assert_claims(
        r"$\dfrac{\partial E}{\partial \hat y} = 2(\hat y - y) \approx -0{,}892$",
        &["dloss_dyhat = -0,892"],
    );
    assert_claims(
        r"\(\delta_2 = -0.22\) and \(\sigma'(z_2) = 0.092\)",
        &["delta2 = -0.22", "sigma'(z2) = 0.092"],
    );
    assert_claims(
        r"$\mathbf{W}_2' = \mathbf{W}_2 - \eta \nabla = [[0.1165, 0.2156]]$",
        &["W2' = 0.1165 0.2156"],
    );
    assert_claims(r"$\boldsymbol{\delta}^{(2)} = 1.2 \cdot 10^{-3}$", &["delta2 = 1.2e-3"]);
}

#[test]
fn matrices_of_latex_may_span_lines() {
    let found = latex(
        "\\begin{align*}\n z_1 &= W_1 x\\\\\n  &= \\begin{pmatrix} 1.1 \\\\\n 0.9 \\end{pmatrix}\\\\[2pt]\n\
         \\frac{\\partial L}{\\partial W_1} &=\n \\begin{bmatrix}\n 0 & 0.0015 & 0.0031 \\\\ % a comment = 5\n \
         0 & 0.0034 & 0.0068 \\\\\n\\end{bmatrix}\n\\end{align*}",
    );
    assert_eq!(claims(&found), ["z1 = 1.1 0.9", "dW1 = 0 0.0015 0.0031; 0 0.0034 0.0068"]);
    assert!(found.worked.claims[0].written.transposed);
    let places: Vec<&str> = found.worked.claims.iter().map(|claim| claim.place.as_str()).collect();
    assert_eq!(places, ["line 2", "line 5"]);
    assert_eq!(found.skipped, []);
}

#[test]
fn the_last_number_of_a_chain_counts() {
    assert_claims("z2 = 0.1·0.75 + 0.2·0.71 = 0.217", &["z2 = 0.217"]);
    assert_claims("yhat = a2 = 1/(1 + e^{-0.217}) = 0.554", &["yhat = 0.554"]);
    assert_claims("loss = (0.554 - 1)^2\n  = 0.199", &["loss = 0.199"]);
    assert_claims("δ2 = -0.2203 ≈ -0.22", &["delta2 = -0.22"]);
    assert_claims("z2 = 0.217 = w·a", &["z2 = 0.217"]);
}

#[test]
fn several_statements_may_share_a_line() {
    let expected = ["z2 = 0.217", "yhat = 0.554"];
    assert_claims("z2 = 0.217, yhat = 0.554", &expected);
    assert_claims("z2 = 0.217; ŷ = 0.554", &expected);
    assert_claims("With z2 = 0.217 we get ŷ = 0.554 (rounded).", &expected);
    assert_claims("- `z2 = 0.217`\n- **yhat = 0.554**", &expected);
    assert_claims("(a) z2 = 0.217\n(b) yhat = 0.554", &expected);
    assert_claims("$z_2$ = 0.217\n\n\\[ \\hat y =\n0.554 \\]", &expected);
    assert_claims("1. z2 = 0.217. Then yhat = 0.554.", &expected);
}

#[test]
fn a_statement_ends_with_its_paragraph() {
    let found = markdown("z2 =\n\n0.217\n\nz1 = (1.1, 0.9)\n\n= 3");
    assert_eq!(claims(&found), ["z1 = 1.1 0.9"]);
    assert_eq!(found.skipped.iter().map(|skipped| skipped.line).collect::<Vec<_>>(), [1, 7]);
}

#[test]
fn vectors_and_matrices_have_many_brackets() {
    let vector = ["z1 = 1.1 0.9"];
    for text in ["z1 = 1.1, 0.9", "z1 = (1.1, 0.9)", "z1 = [1.1 0.9]", "z1 = [1.1; 0.9]", "z1 = [1.1, 0.9]^T"]
    {
        assert_claims(text, &vector);
    }
    let matrix = ["dW1 = 0 1 2; 3 4 5"];
    for text in [
        "dW1 = [[0, 1, 2], [3, 4, 5]]",
        "dW1 = [0 1 2; 3 4 5]",
        "dW1 = ((0, 1, 2), (3, 4, 5))",
        "dW1 = [[0, 1, 2],\n       [3, 4, 5]]",
        "dW1 = [[0, 3], [1, 4], [2, 5]]ᵀ",
    ] {
        assert_claims(text, &matrix);
    }
}

#[test]
fn a_comma_is_decimal_where_the_shape_asks_for_it() {
    assert_claims("z1 = (1,1; 0,9)", &["z1 = 1,1 0,9"]);
    assert_claims("z1 = (1,1, 0,9)", &["z1 = 1,1 0,9"]);
    assert_claims("z1 = (1,2)", &["z1 = 1 2"]);
    assert_claims("z2 = (1,2)", &["z2 = 1,2"]);
    assert_claims(r"$a_1 = \begin{pmatrix} 0,75 & 0,71 \end{pmatrix}$", &["a1 = 0,75 0,71"]);
}

#[test]
fn a_matrix_may_have_brackets_of_its_own_around_it() {
    let cells = r"\begin{array}{ccc} 0 & 1 & 2 \\ 3 & 4 & 5 \end{array}";
    let turned = r"\begin{array}{cc} 0 & 3 \\ 1 & 4 \\ 2 & 5 \end{array}";
    for text in [
        format!(r"$dW_1 = \left[{cells}\right]$"),
        format!(r"$dW_1 = \left({cells}\right)$"),
        format!("$dW_1 = [{cells}]$"),
        format!("$dW_1 = {cells}.$"),
        format!(r"$$dW_1 = \left[{turned}\right]^T$$"),
    ] {
        for found in [markdown(&text), latex(&text)] {
            assert_eq!(claims(&found), ["dW1 = 0 1 2; 3 4 5"], "{text}: {:?}", found.skipped);
        }
    }
    assert_claims("dW1 = ( [[0, 1, 2], [3, 4, 5]] )", &["dW1 = 0 1 2; 3 4 5"]);
}

#[test]
fn a_single_entry_is_skipped_with_what_to_write_instead() {
    for text in [
        "z1_1 = 1.1",
        "$z^{(1)}_1 = 1.1$",
        "$z_2^{(1)} = 0.9$",
        "z₁² = 1",
        "$w_{1,2} = 0.5$",
        "dW1[0,1] = 2",
        r"$\frac{\partial L}{\partial w^{(1)}_{21}} = 0.5$",
    ] {
        let found = markdown(text);
        assert_eq!(claims(&found), Vec::<String>::new(), "{text}");
        assert!(found.skipped[0].reason.contains("is a single entry"), "{text}: {:?}", found.skipped);
    }
}

#[test]
fn a_row_of_a_table_is_read_with_an_equals_sign_and_skipped_without() {
    let found = markdown(
        "| what | value |\n|---|---|\n| delta1 | [0.1, 0.2] |\n| $\\delta_2$ | 0.3 |\n| loss | unknown |\n\n\
         | first | z_2 = 0.217 |\n|---|---|",
    );
    assert_eq!(claims(&found), ["z2 = 0.217"]);
    let told: Vec<_> = found.skipped.iter().map(|s| (s.line, s.reason.as_str())).collect();
    let reason = |symbol: &str| format!("rows of tables are not read: write '{symbol} = …'");
    assert_eq!(told, [(3, reason("delta1").as_str()), (4, reason("δ_2").as_str())]);
}

#[test]
fn what_is_no_claim_is_skipped_with_its_line_and_reason() {
    let found = markdown(
        "η = 0.1\n\nz2 = W_2 a_1\n\n2 z_2 = 0.434\n\ny - ŷ = 0.446\n\nw_{21} = 0.7\n\nz1 = 1.1\n\n\
         z_2 = 0.1 a_1 + 0.2 a_2\n\nδ1 = 0.5 x\n\nz7 = 1\n\n= 3\n\nHeading\n=====\n\nA text without an equals sign.",
    );
    assert_eq!(claims(&found), Vec::<String>::new());
    let told: Vec<String> =
        found.skipped.iter().map(|s| format!("{}: {} -- {}\n", s.line, s.text, s.reason)).collect();
    insta::assert_snapshot!(told.concat());
}

#[test]
fn claims_of_the_block_come_first_and_its_mistakes_have_lines_of_the_text() {
    let block = format!("{TOML}[[claims]]\nsymbol = \"z2\"\nvalue = 0.2\n");
    let text = format!("z1 = (1.1, 0.9)\n\n```toml\n{block}```\n");
    assert_eq!(claims(&Prose::from_markdown(&text, "n").unwrap()), ["z2 = 0.2", "z1 = 1.1 0.9"]);
    let error = Prose::from_markdown(&text.replace("\"z2\"", "\"z3\""), "n").unwrap_err();
    assert!(error.to_string().starts_with("n, line 13, column 10: 'z3' is of layer 3"), "{error}");
}

#[test]
fn latex_may_hide_the_network_in_four_ways() {
    let commented: String = format!("% {}\n", TOML.trim_end().replace('\n', "\n% "));
    for text in [
        format!("$z_2 = 0.217$\n\\iffalse\n{TOML}\\fi\n"),
        format!("\\begin{{verbatim}}\nz_2 = 7\n\\end{{verbatim}}\n$z_2 = 0.217$\n\\begin{{verbatim}}\n{TOML}\\end{{verbatim}}\n")
            .replace("z_2 = 7\n", "an aside\n"),
        format!("\\begin{{lstlisting}}[language=toml]\n{TOML}\\end{{lstlisting}}\n$z_2 = 0.217$"),
        format!("% chainrule:\n{commented}$z_2 = 0.217$\n"),
    ] {
        let found = Prose::from_latex(&text, "notes.tex").unwrap();
        assert_eq!((claims(&found), found.skipped), (vec!["z2 = 0.217".to_owned()], vec![]), "{text}");
    }
    let wrong = format!("% chainrule:\n{}", commented.replace("0.7,", "o.7,"));
    let error = Prose::from_latex(&wrong, "notes.tex").unwrap_err();
    assert!(error.to_string().starts_with("notes.tex, line 6, column "), "{error}");
}

#[test]
fn a_text_without_a_network_is_refused_with_what_to_do() {
    for (error, hint) in [
        (Prose::from_markdown("z1 = 2\n```toml\na = 1\n```", "notes.md").unwrap_err(), "```toml"),
        (Prose::from_latex("$z_1 = 2$", "notes.tex").unwrap_err(), "\\iffalse"),
    ] {
        assert_eq!(error.kind(), ErrorKind::Data);
        assert!(
            error.to_string().contains("the text has no network in it") && error.message().contains(hint)
        );
    }
}

#[test]
fn the_printed_table_of_example_a_is_picked_up_whole() {
    let worked = Worked::named("a").unwrap();
    let mut text = String::new();
    for claim in &worked.claims {
        let rows: Vec<String> = claim
            .value
            .iter()
            .map(|row| row.iter().map(|number| number.text.clone()).collect::<Vec<_>>().join(" & "))
            .collect();
        let _ = write!(
            text,
            "We find $${} = \\begin{{pmatrix}} {} \\end{{pmatrix}}.$$\n\n",
            claim.symbol,
            rows.join(" \\\\ ")
        );
    }
    let found = latex(&text);
    assert_eq!(found.skipped, []);
    let numbers = |claims: &[Claim]| {
        claims.iter().map(|claim| (claim.quantity, claim.value.clone())).collect::<Vec<_>>()
    };
    assert_eq!(numbers(&found.worked.claims), numbers(&worked.claims));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "(z1|W_2'|δ2|ŷ|=|≈|[0-9.,;(\\[\\])/&^{}$ \n−·-]|\\\\(frac|hat|begin|end|\\\\)|\\{pmatrix\\}|\\PC){0,40}") {
        let found = (markdown(&text), latex(&text));
        proptest::prop_assert!(found.0.skipped.iter().all(|skipped| skipped.line >= 1));
        proptest::prop_assert!(found.1.worked.claims.iter().all(|claim| !claim.place.is_empty()));
    }
}
