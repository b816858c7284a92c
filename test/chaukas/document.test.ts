/** docs/evidence.md: its program runs unchanged, and its options are accepted. */
import { generateKeyPairSync } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { COST_RULE } from '../../src/cost/cost-options.js';
import { CHECKPOINTS_RULE } from '../../src/events/sealing/checkpoint-options.js';
import { REDACTION_RULE } from '../../src/redaction/redaction-rule.js';
import { PROJECT, runFixture } from '../run-fixture.js';
import { agentRun, linesOf } from './verify/sample-lines.js';

const text = fs.readFileSync(path.join(PROJECT, 'docs/evidence.md'), 'utf8');
const blocks = [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code]) => String(code));

/** Inside the repository, so that the package can be imported by its name. */
const folder = path.join(PROJECT, '.cache/evidence-document');
const file = path.join(folder, 'events.jsonl');

beforeAll(async () => {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  const lines = await linesOf([[agentRun('s-1')]]);
  fs.writeFileSync(file, `${lines.toSpliced(5, 1).join('\n')}\n`);
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

it('shows a program that lists the problems of a file', () => {
  const program = path.join(folder, 'verify.mts');
  const [code = ''] = blocks;
  fs.writeFileSync(program, code.replaceAll('audit/events.jsonl', file));
  const { stdout, stderr } = runFixture(program);
  expect([stdout.trim().split('\n'), stderr]).toEqual([
    [
      'error in line 6: TOOL_CALL_END has no START before it',
      'error in line 6: the event that this one follows is missing, or was changed together with its hash',
      'error in line 8: metadata.event_count is 8, but 7 events of the session are here',
      'error in line 9: the END of the stream counts 10 events, but 9 are here',
    ],
    '',
  ]);
});

/** The value of an option in the document. */
function option(name: string): unknown {
  const [, source = ''] =
    new RegExp(`\\b${name}: (\\{.*?\\n?\\s*\\}),?\\n(?:\\}\\);?\\n)?$`, 'ms').exec(
      blocks.find((code) => code.includes(`${name}: {`)) ?? '',
    ) ?? [];
  return new Function('process', `return ${source}`)({ env: { REDACTION_SALT: '0123456789abcdef' } });
}

it('shows options that are accepted', () => {
  expect(REDACTION_RULE.problems('redaction', option('redaction'))).toEqual([]);
  expect(COST_RULE.problems('cost', option('cost'))).toEqual([]);
  const { privateKey } = generateKeyPairSync('ed25519');
  expect(
    CHECKPOINTS_RULE.problems('checkpoints', { ...(option('checkpoints') as object), key: privateKey }),
  ).toEqual([]);
});
