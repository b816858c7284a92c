import { describe, expect, it } from 'vitest';
import type { ChaukasEvent } from '../../src/chaukas/event.js';
import { DETECTOR_NAMES } from '../../src/redaction/detectors/index.js';
import { createRedactor } from '../../src/redaction/redactor.js';
import { NEGATIVES } from './corpus/negatives.js';
import { POSITIVES } from './corpus/positives.js';
import { messageEvent } from './message-event.js';

const redact = createRedactor();
const textOf = (event: ChaukasEvent) => event.message?.text;

const cases = DETECTOR_NAMES.flatMap((detector) =>
  POSITIVES[detector].map(([text, redacted]) => ({ detector, text, redacted })),
);

describe('The redaction corpus', () => {
  it.each(cases)('has $detector in $text', ({ detector, text, redacted }) => {
    const event = redact(messageEvent(text));
    expect(textOf(event)).toBe(redacted);
    expect(event.pii_categories).toEqual(redacted === text ? undefined : [detector]);
    expect(redact(event)).toBe(event);
  });

  it('leaves known numbers of misses and false positives', async () => {
    const negatives = Object.entries(NEGATIVES);
    const found = negatives.flatMap(([kind, texts]) =>
      texts.map((text) => ({ kind, text, redacted: redact(messageEvent(text)) })),
    );
    const changed = found.filter(({ text, redacted }) => textOf(redacted) !== text);
    const detectors = DETECTOR_NAMES.map((detector) => {
      const positives = POSITIVES[detector];
      const missed = positives.filter(([text, redacted]) => text === redacted);
      const falsely = changed.filter(({ redacted }) => redacted.pii_categories?.includes(detector));
      return [detector, positives.length, missed.length, found.length, falsely.length];
    });
    const kinds = negatives.map(([kind, texts]) => [
      kind,
      texts.length,
      changed.filter((entry) => entry.kind === kind).length,
    ]);
    const lines = [
      ...table(['detector', 'positives', 'missed', 'negatives', 'false positives'], detectors),
      '',
      ...table(['negatives', 'texts', 'changed'], kinds),
      '',
      'Changed, though nothing is in them:',
      '',
      ...changed.map(({ text, redacted }) => `- \`${text}\` → \`${textOf(redacted)}\``),
      '',
      'Missed:',
      '',
      ...cases
        .filter(({ text, redacted }) => text === redacted)
        .map(({ detector, text }) => `- ${detector}: \`${text}\``),
      '',
    ];
    await expect(lines.join('\n')).toMatchFileSnapshot('corpus/results.md');
  });
});

function table(head: readonly string[], rows: ReadonlyArray<ReadonlyArray<string | number>>): string[] {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`);
}
