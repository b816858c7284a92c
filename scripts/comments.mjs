// Finds the comments of TypeScript sources. TypeScript 7 has no parser for JavaScript programs, so this is a scanner: it
// knows strings, templates and regular expressions well enough not to take what they contain for a comment.

/** A `/` after one of these starts a regular expression; after anything else it divides. */
const BEFORE_REGEX =
  /(?:^|[([{,;:=!&|?+\-*%<>~^}]|\b(?:return|typeof|case|of|in|do|else|void|await|yield|throw))$/;

/** Splits TypeScript into its comments and its code; in the code each comment is replaced by blanks of its length. */
export function splitComments(source) {
  const found = [];
  let code = '';
  let at = 0;
  // One entry for each `${` that is open: how many braces are open within it.
  const templates = [];

  const copyUntil = (end) => {
    code += source.slice(at, end);
    at = end;
  };
  const take = (end) => {
    found.push({ start: at, end });
    code += source.slice(at, end).replaceAll(/[^\n]/g, ' ');
    at = end;
  };

  while (at < source.length) {
    const char = source[at];
    const pair = source.slice(at, at + 2);
    if (pair === '//') take(endOfLine(source, at));
    else if (pair === '/*') take(source.indexOf('*/', at + 2) + 2);
    else if (char === "'" || char === '"') copyUntil(closing(source, at + 1, char));
    else if (char === '`') copyUntil(endOfTemplateText(source, at + 1, templates));
    else if (char === '/' && startsRegex(code)) copyUntil(endOfRegex(source, at + 1));
    else {
      if (templates.length > 0) {
        if (char === '{') templates[templates.length - 1] += 1;
        if (char === '}') templates[templates.length - 1] -= 1;
        if (templates.at(-1) === -1) {
          templates.pop();
          copyUntil(endOfTemplateText(source, at + 1, templates));
          continue;
        }
      }
      copyUntil(at + 1);
    }
  }
  return { comments: joined(source, found), code };
}

function startsRegex(code) {
  return BEFORE_REGEX.test(code.slice(-200).trimEnd());
}

function endOfLine(source, from) {
  const end = source.indexOf('\n', from);
  return end === -1 ? source.length : end;
}

/** The place after the next `quote` that is not escaped. */
function closing(source, from, quote) {
  let at = from;
  while (at < source.length && source[at] !== quote) at += source[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** The place after the template's end, or after its next `${`, which is then noted as open. */
function endOfTemplateText(source, from, templates) {
  let at = from;
  while (at < source.length) {
    if (source[at] === '`') return at + 1;
    if (source.startsWith('${', at)) {
      templates.push(0);
      return at + 2;
    }
    at += source[at] === '\\' ? 2 : 1;
  }
  return at;
}

function endOfRegex(source, from) {
  let at = from;
  let inClass = false;
  while (at < source.length && (inClass || source[at] !== '/')) {
    if (source[at] === '[') inClass = true;
    if (source[at] === ']') inClass = false;
    at += source[at] === '\\' ? 2 : 1;
  }
  return at + 1;
}

/** Comments with their lines; line comments with only a line break and indentation between them are one. */
function joined(source, found) {
  const comments = [];
  let last;
  for (const { start, end } of found) {
    const raw = source.slice(start, end);
    const isLine = raw.startsWith('//');
    // A comment behind code is not continued: what stands below it belongs to other code.
    const standsAlone = source.slice(source.lastIndexOf('\n', start) + 1, start).trim() === '';
    const text = isLine ? raw.slice(2).trim() : blockText(raw);
    if (
      isLine &&
      standsAlone &&
      last?.continues &&
      source.slice(last.end, start).trim() === '' &&
      lineBreaks(source, last.end, start) === 1
    ) {
      last.comment.text += ` ${text}`;
      last.end = end;
      continue;
    }
    const comment = { text, line: lineBreaks(source, 0, start) + 1 };
    comments.push(comment);
    last = { comment, end, continues: isLine && standsAlone };
  }
  return comments;
}

function blockText(raw) {
  return raw
    .slice(2, -2)
    .split('\n')
    .map((line) => line.replace(/^\s*\*+ ?/, '').trim())
    .join(' ')
    .trim();
}

function lineBreaks(source, from, to) {
  let count = 0;
  for (let at = source.indexOf('\n', from); at !== -1 && at < to; at = source.indexOf('\n', at + 1))
    count += 1;
  return count;
}
