import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  endNote,
  formatCheckpoint,
  type LogCheckpoint,
  parseCheckpoint,
  textHash,
} from '../../../src/chaukas/transparency-log/checkpoint-note.js';

const root = createHash('sha256').update('root').digest('base64');
const previous = createHash('sha256').update('previous').digest('base64');

describe('A checkpoint', () => {
  const last: LogCheckpoint = {
    origin: 'checkpoints-1',
    size: 612,
    root,
    number: 2,
    time: '2026-11-29T16:20:00.000Z',
    previous,
    isFinal: true,
  };
  const text = `checkpoints-1\n612\n${root}\ncheckpoint 2\ntime 2026-11-29T16:20:00.000Z\nprevious ${previous}\nfinal\n`;

  it('is written with a line for each thing it says', () => {
    expect(formatCheckpoint(last)).toBe(text);
  });

  it.each<[what: string, checkpoint: LogCheckpoint]>([
    ['the last of a stream', last],
    ['the first one', { ...withoutPrevious(last), number: 1, isFinal: false }],
    ['that of an END, which has no extensions', { origin: 'checkpoints-1', size: 3, root, isFinal: false }],
    ['that of an empty tree', { origin: 'checkpoints-1', size: 0, root, isFinal: false }],
  ])('is read as it was written: %s', (_, checkpoint) => {
    expect(parseCheckpoint(formatCheckpoint(checkpoint))).toEqual(checkpoint);
  });

  it('is read with extension lines of others', () => {
    expect(parseCheckpoint(`log.example\n7\n${root}\nTimestamp: 12345\n`)).toEqual({
      origin: 'log.example',
      size: 7,
      root,
      isFinal: false,
    });
  });

  it.each<[what: string, text: string]>([
    ['an unfinished last line', text.slice(0, -1)],
    ['an empty line', text.replace('checkpoint 2', '')],
    ['an empty origin', text.replace('checkpoints-1', '')],
    ['two lines', `checkpoints-1\n612\n`],
    ['a size with a leading zero', text.replace('612', '0612')],
    ['a negative size', text.replace('612', '-612')],
    ['a size beyond what a number counts', text.replace('612', '9007199254740993')],
    ['a root that is too short', text.replace(root, 'AAAA')],
    ['a root in hex', text.replace(root, Buffer.from(root, 'base64').toString('hex'))],
    ['number 0', text.replace('checkpoint 2', 'checkpoint 0')],
    ['a number that is not one', text.replace('checkpoint 2', 'checkpoint two')],
    ['two numbers', text.replace('checkpoint 2', 'checkpoint 2\ncheckpoint 3')],
    ['a time without a zone', text.replace('000Z', '000')],
    ['two times', text.replace('time', 'time 2026-11-29T16:20:00.000Z\ntime')],
    ['a previous hash that is not one', text.replace(previous, 'none')],
    ['two previous hashes', text.replace('final', `previous ${previous}`)],
    ['two ends', text.replace('final', 'final\nfinal')],
    ['nothing', ''],
  ])('is not read from a text with %s', (_, changed) => {
    expect(parseCheckpoint(changed)).toBeUndefined();
  });

  it('is named by the next one with the SHA-256 of its text', () => {
    expect(textHash(text)).toBe(createHash('sha256').update(text).digest('base64'));
  });

  it('of an END is a note of its three lines and the signature', () => {
    expect(endNote('checkpoints-1', 3, root, 'log AAAA')).toBe(`checkpoints-1\n3\n${root}\n\n— log AAAA\n`);
  });
});

function withoutPrevious({ previous: _, ...rest }: LogCheckpoint): LogCheckpoint {
  return rest;
}
