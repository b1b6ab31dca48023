// Measures pages as a browser has laid them out, and writes what it finds into the document as JSON.
//
// Each page is loaded into a frame of each width and colour scheme. A frame takes its colour scheme from the element it
// stands in, and its width is exact, while a window's is not. Every problem is a sentence; `counts` says what was looked
// at, so that a page on which there was nothing to see does not pass for a good one.
"use strict";

const WIDTHS = [400, 1200];
const HEIGHT = 800;
const READABLE = 4.5; // WCAG 2.2, 1.4.3, level AA

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function describe(element) {
  const math = element.closest("math");
  const text = (math && math.getAttribute("alttext")) || element.textContent.trim();
  const around = element.closest("[id]");
  const where = around ? ` in #${around.id}` : "";
  return `<${element.localName} class="${element.getAttribute("class") || ""}"> "${text.slice(0, 60)}"${where}`;
}

// Formulas are there, and are laid out as such: what is above is above, what is beside is beside.
function formulas(page, say, counts) {
  const box = (element) => element.getBoundingClientRect();
  for (const math of page.querySelectorAll("math")) {
    counts.formulas += 1;
    const { width, height } = box(math);
    if (!(width > 1 && height > 1)) say(`a formula has no size: ${describe(math)}`);
    if (!math.getAttribute("alttext")) say(`a formula has no text to be read: ${describe(math)}`);
  }
  for (const fraction of page.querySelectorAll("mfrac")) {
    counts.fractions += 1;
    const [over, under] = fraction.children;
    if (box(over).bottom > box(under).top + 1) say(`a fraction is not stacked: ${describe(fraction)}`);
  }
  for (const scripts of page.querySelectorAll("msubsup")) {
    counts.scripts += 1;
    const [base, below, above] = scripts.children;
    const beside = Math.min(box(below).left, box(above).left) >= box(base).left + box(base).width / 2;
    if (!beside || box(above).top >= box(below).top || box(above).bottom > box(below).bottom)
      say(`indices do not stand below and above: ${describe(scripts)}`);
  }
  for (const matrix of page.querySelectorAll("mtable")) {
    counts.matrices += 1;
    const rows = [...matrix.children];
    for (const [i, row] of rows.entries()) {
      if (i > 0 && box(row).top < box(rows[i - 1]).bottom - 1) say(`rows of a matrix overlap: ${describe(matrix)}`);
      const entries = [...row.children];
      for (const [j, entry] of entries.entries()) {
        if (j > 0 && box(entry).left < box(entries[j - 1]).right - 1)
          say(`entries of a matrix overlap: ${describe(matrix)}`);
        if (i > 0 && rows[0].children[j] && Math.abs(box(entry).left - box(rows[0].children[j]).left) > 1)
          say(`columns of a matrix are not lined up: ${describe(matrix)}`);
      }
    }
  }
  for (const root of page.querySelectorAll("msqrt")) {
    const inner = root.firstElementChild;
    if (box(inner).left <= box(root).left) say(`a root has no sign: ${describe(root)}`);
  }
}

// Nothing is wider than the page or than what it stands in, boxes that scroll apart; those can be reached by keyboard.
function overflow(page, view, say, counts) {
  const scroller = page.scrollingElement;
  if (scroller.scrollWidth > view.innerWidth) say(`the page scrolls sideways: ${scroller.scrollWidth} pixels wide`);
  for (const element of page.body.querySelectorAll("*")) {
    const style = view.getComputedStyle(element);
    if (style.overflowX === "auto") {
      if (element.scrollWidth > element.clientWidth) {
        counts.scrolling += 1;
        if (element.tabIndex < 0) say(`a box that scrolls cannot be reached by keyboard: ${describe(element)}`);
      }
    } else if (element instanceof view.HTMLElement && style.display !== "inline") {
      if (element.scrollWidth > element.clientWidth + 1) say(`something sticks out of ${describe(element)}`);
    }
    if (element.parentElement.closest(".scroll, mtable, .skip") || element.matches(".skip")) continue;
    const box = element.getBoundingClientRect();
    if (box.right > view.innerWidth + 0.5 || box.left < -0.5) say(`beyond the edge of the page: ${describe(element)}`);
    const block = element.parentElement.closest("p, dd, dt, td, th, li, .sides, .symbol, section");
    const outer = block && block.getBoundingClientRect();
    if (outer && (box.right > outer.right + 1 || box.left < outer.left - 1) && !block.closest("nav"))
      say(`wider than what it stands in: ${describe(element)}`);
  }
}

// The relative luminance of an sRGB colour, WCAG 2.2.
function luminance([red, green, blue]) {
  const linear = (c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function colour(text) {
  const [red, green, blue, alpha = 1] = text.match(/[\d.]+/g).map(Number);
  return { rgb: [red, green, blue], alpha };
}

function ground(element, view) {
  for (let at = element; at; at = at.parentElement) {
    const { rgb, alpha } = colour(view.getComputedStyle(at).backgroundColor);
    if (alpha === 1) return rgb;
  }
  return [255, 255, 255];
}

function contrast(page, view, scheme, say, counts) {
  const paper = luminance(ground(page.body, view));
  if (scheme === "dark" ? paper > 0.1 : paper < 0.8) say(`the ground is not ${scheme}`);
  for (const element of page.body.querySelectorAll("*")) {
    const speaks = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!speaks || element.matches("mo.bracket")) continue;
    counts.texts += 1;
    const [darker, lighter] = [
      luminance(colour(view.getComputedStyle(element).color).rgb),
      luminance(ground(element, view)),
    ].sort((a, b) => a - b);
    const ratio = (lighter + 0.05) / (darker + 0.05);
    if (ratio < READABLE) say(`a contrast of ${ratio.toFixed(2)} to 1: ${describe(element)}`);
  }
}

// What a screen reader walks along.
function structure(page, say) {
  if (!page.documentElement.lang) say("the page has no language");
  for (const one of ["h1", "main", "nav", "title"])
    if (page.querySelectorAll(one).length !== 1) say(`there must be exactly one <${one}>`);
  let level = 0;
  for (const heading of page.querySelectorAll("h1, h2, h3, h4")) {
    const next = Number(heading.localName[1]);
    if (next > level + 1) say(`a heading skips a level: ${describe(heading)}`);
    level = next;
  }
  for (const cell of page.querySelectorAll("th")) if (!cell.scope) say(`a th without scope: ${describe(cell)}`);
  for (const group of page.querySelectorAll("[tabindex], [role=group]"))
    if (!group.getAttribute("aria-label")) say(`a group without a name: ${describe(group)}`);
  const ids = [...page.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) say(`two elements have the id ${id}`);
}

// Every link has a target, and a click on it brings the target into view.
async function links(page, view, say, counts) {
  const seen = new Set();
  for (const link of page.querySelectorAll("a")) {
    const href = link.getAttribute("href");
    counts.links += 1;
    if (!href || !href.startsWith("#")) {
      say(`a link leaves the page: ${href}`);
      continue;
    }
    const target = page.getElementById(href.slice(1));
    if (!target) {
      say(`a link leads nowhere: ${href}`);
      continue;
    }
    const { width, height } = link.getBoundingClientRect();
    if (!(width > 1 && height > 1)) say(`a link cannot be seen: ${href}`);
    if (seen.has(href)) continue;
    seen.add(href);
    view.scrollTo(0, seen.size % 2 ? page.scrollingElement.scrollHeight : 0); // away from where it leads
    link.click();
    await wait(5);
    const { top, left } = target.getBoundingClientRect();
    if (view.location.hash !== href || top < -1 || top >= HEIGHT || left < 0 || left >= view.innerWidth)
      say(`a click on ${href} does not lead there: it is at ${Math.round(top)} of ${HEIGHT}`);
  }
}

async function look(source, width, scheme) {
  const frame = document.createElement("iframe");
  Object.assign(frame, { width, height: HEIGHT, src: source });
  Object.assign(frame.style, { border: 0, colorScheme: scheme });
  await new Promise((resolve) => {
    frame.onload = resolve;
    document.body.append(frame);
  });
  await wait(50);
  const [page, view] = [frame.contentDocument, frame.contentWindow];
  const problems = new Set();
  const say = (problem) => problems.add(problem);
  const counts = { formulas: 0, fractions: 0, scripts: 0, matrices: 0, scrolling: 0, texts: 0, links: 0 };
  if (view.innerWidth !== width) say(`the frame is ${view.innerWidth} pixels wide`);
  if (view.matchMedia("(prefers-color-scheme: dark)").matches !== (scheme === "dark")) say(`the frame is not ${scheme}`);
  formulas(page, say, counts);
  overflow(page, view, say, counts);
  contrast(page, view, scheme, say, counts);
  structure(page, say);
  await links(page, view, say, counts);
  frame.remove();
  return { page: source, width, scheme, problems: [...problems], counts };
}

async function measure(sources) {
  const looks = [];
  for (const source of sources)
    for (const width of WIDTHS) for (const scheme of ["light", "dark"]) looks.push(await look(source, width, scheme));
  return { looks };
}

// `pages` is defined by the document that loads this. Signs that HTML would escape are written as JSON's escapes.
measure(pages)
  .catch((error) => ({ error: `${error}\n${error.stack}` }))
  .then((result) => {
    const text = JSON.stringify(result).replace(
      /[<>&\u00a0]/g,
      (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
    document.getElementById("result").textContent = text;
  });
