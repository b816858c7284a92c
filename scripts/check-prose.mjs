// Measures the English of the comments in `src/`; `npm run lint` runs it. It fails if too many comments open with a word
// that hides their subject ("What is …", "Of those that …"), or if "tell" stands for report, record, publish or log.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { splitComments } from './comments.mjs';

const OPENERS = ['What', 'Of', 'By', 'Where', 'Told', 'Nothing', 'Whoever'];
const MAX_OPENERS_PERCENT = 3;
const MAX_TELLS_PER_1000_WORDS = 0.3;

const root = fileURLToPath(new URL('../', import.meta.url));
const files = readdirSync(path.join(root, 'src'), { recursive: true })
  .map((file) => `src/${file.replaceAll(path.sep, '/')}`)
  .filter((file) => file.endsWith('.ts') && !file.includes('/generated/'))
  .sort();

const opened = [];
const tells = [];
let comments = 0;
let words = 0;
for (const file of files) {
  for (const { text, line } of splitComments(readFileSync(path.join(root, file), 'utf8')).comments) {
    // A directive for a tool is not prose.
    if (text === '' || /^(biome-ignore|@ts-)/.test(text)) continue;
    const place = `${file}:${line}  ${text.slice(0, 90)}`;
    comments += 1;
    words += text.match(/[A-Za-z][\w'’-]*/g)?.length ?? 0;
    if (OPENERS.includes(/^\W*(\w+)/.exec(text)?.[1] ?? '')) opened.push(place);
    for (const _ of text.matchAll(/\b(tell|tells|told)\b/gi)) tells.push(place);
  }
}

const openersPercent = (100 * opened.length) / comments;
const tellsPer1000 = (1000 * tells.length) / words;
console.log(
  `${comments} comments in src/: ${openersPercent.toFixed(1)} % open with ${OPENERS.join(', ')} ` +
    `(at most ${MAX_OPENERS_PERCENT} %); ${tellsPer1000.toFixed(2)} tell/tells/told per 1,000 words ` +
    `(at most ${MAX_TELLS_PER_1000_WORDS})`,
);
if (openersPercent > MAX_OPENERS_PERCENT)
  fail('Comments that do not open with the thing they are about:', opened);
if (tellsPer1000 > MAX_TELLS_PER_1000_WORDS)
  fail('Comments with tell/tells/told; write report, record, publish, log:', tells);

function fail(title, places) {
  console.error(`\n${title}\n  ${places.join('\n  ')}`);
  process.exitCode = 1;
}
