import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../src/redaction/redactor.js';
import { messageEvent } from './message-event.js';

/** Texts for which a pattern with quadratic time takes minutes. A test has seconds. */
const LENGTH = 1_000_000;
const redact = createRedactor({
  method: 'hash',
  salt: 'a salt of a test, no secret',
  saltId: 'test',
  fields: ['message.text.**.a'],
});

const PIECES: readonly string[] = [
  ...[
    '@',
    'a@',
    '@a',
    'a.',
    'a@a.',
    'a@b.co',
    'a@b.co ',
    '%40',
    'a%40',
    'a%40b.co',
    "'@",
    'é@',
    '.@',
    'a-',
    '-a@',
  ],
  ...[
    '1',
    '1 ',
    '12',
    '1-',
    '1.',
    '+',
    '+1',
    '+1 ',
    '(',
    '(0',
    '0 ',
    '01 ',
    '01-',
    '00',
    '+49 ',
    '212-',
    '212 555 ',
  ],
  ...[
    '555 1234 ',
    'phone ',
    'phone: ',
    'phone: 1',
    'tel. 12345 ',
    '/',
    '4111 ',
    '4111-',
    '4',
    '41 ',
    '3782 822463 ',
  ],
  ...[
    'DE89',
    'DE89 ',
    'AA11',
    'GB82 WEST ',
    'de12-',
    '123-45-',
    '123-45-6789',
    'ssn ',
    'ssn: ',
    'social security ',
  ],
  ...[':', '::', 'a:', '1:', '2001:', 'fe80::', 'f.', '1.2.3.', '255.', '1.1.1.1', 'v1.2.3.4 '],
  ...['-----BEGIN ', '-----BEGIN PRIVATE KEY-----', '-----END ', '-', '-----BEGIN A PRIVATE ', '---- BEGIN '],
  ...['-----BEGIN PRIVATE KEY----------END PRIVATE KEY-----', '-----BEGIN PRIVATE KEY-----!'],
  ...[
    'Zm9v',
    'c2st',
    'A',
    '=',
    '//',
    '//a:',
    'sk-',
    'Bearer ',
    'eyJ',
    'ghp_',
    'xoxb-',
    'key=',
    'password: ',
    '%25',
  ],
  ...[
    '\\',
    '\\n',
    '\\u',
    '\\u0040',
    '\\u005c',
    '\\\\',
    '"',
    '["',
    '[',
    '{',
    '{"a":',
    '[1,',
    '{"a":"\\u0040",',
  ],
  ...['&', '&#64;', '&amp', '%E4', '%', '~', '<password>', '<a', '>', ' -u a:', '1//0', '.a1B2c3.', '-us1'],
  ...['oracle:thin:a/', 'oracle:thin:a/b@', 'sqlplus ', 'PuTTY-User-Key-File-2', '"kty":"RSA","d":"'],
  ...['dapi', 'hooks.slack.com/services/', 'token: ', 'secret:=', '"token":', 'EAA', 'M'],
  ...['😀', '\ud800', '\udc00', '\u00a0', '\u3000', ' ', '\n', 'word ', '[REDACTED:email] '],
];

describe('Redaction of a million characters takes little time', () => {
  it.each(PIECES)('for %j', (piece) => {
    const text = piece.repeat(Math.ceil(LENGTH / piece.length));
    const result = redact(messageEvent(text)).message?.text ?? '';
    expect(result.length).toBeGreaterThan(0);
    expect(result.length).toBeLessThanOrEqual(65_536);
  });

  it.each<[what: string, text: string]>([
    ['digits in JSON', JSON.stringify({ a: '1 '.repeat(LENGTH / 2) })],
    ['numbers in JSON', `[${'4111111111111111,'.repeat(LENGTH / 17)}1]`],
    ['addresses in JSON', JSON.stringify(Array.from({ length: LENGTH / 15 }, () => 'a@example.com'))],
    ['nested lists', `${'['.repeat(LENGTH / 2)}${']'.repeat(LENGTH / 2)}`],
    ['nested objects', `${'{"b":'.repeat(LENGTH / 6)}1${'}'.repeat(LENGTH / 6)}`],
    ['a long name', JSON.stringify({ ['a@b.co '.repeat(LENGTH / 7)]: 1 })],
    ['a long key', `sk-${'a'.repeat(LENGTH)}`],
    ['a long password', `password="${'a'.repeat(LENGTH)}`],
    ['a long number', '4'.repeat(LENGTH)],
  ])('for %s', (_what, text) => {
    const result = redact(messageEvent(text)).message?.text ?? '';
    expect(result.length).toBeGreaterThan(0);
    expect(result.length).toBeLessThanOrEqual(65_536);
  });

  it('for JSON in JSON in JSON', () => {
    let text = '{"to":"jane@example.com"}';
    while (text.length < LENGTH) text = JSON.stringify(text);
    expect(redact(messageEvent(text)).message?.text).not.toContain('jane');
  });

  it('for names that all become equal', () => {
    const names = Array.from({ length: 20_000 }, (_, index) => [`jane${index}@example.com`, 1]);
    const mask = createRedactor();
    const event = mask({ ...messageEvent(''), metadata: Object.fromEntries(names) });
    expect(Object.keys(event.metadata ?? {})).toHaveLength(20_000);
    expect(event.redaction?.fields).toHaveLength(1001);
  });
});
