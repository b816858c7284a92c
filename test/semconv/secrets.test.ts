import { describe, expect, it } from 'vitest';
import { maskSecrets } from '../../src/semconv/secrets.js';

const KEY = 'abcDEF123456ghiJKL';

describe('maskSecrets', () => {
  it.each<[what: string, text: string, masked: string]>([
    ['a key', `sk-${KEY}`, 'sk-[REDACTED]'],
    ['a project key', `sk-proj-${KEY}_${KEY}-x`, 'sk-[REDACTED]'],
    ['a service account key', `sk-svcacct-${KEY}`, 'sk-[REDACTED]'],
    ['a key of another vendor in the same form', `sk-ant-api03-${KEY}`, 'sk-[REDACTED]'],
    ['a public key', `pk-${KEY}`, 'pk-[REDACTED]'],
    ['a session key', `sess-${KEY}`, 'sess-[REDACTED]'],
    ['a restricted key', `rk-${KEY}`, 'rk-[REDACTED]'],
    ['a key that the API has shortened with stars', 'sk-proj-****************cdef', 'sk-[REDACTED]'],
    ['a key that the API has shortened with dots', 'sk-abc...xyz', 'sk-[REDACTED]'],
    ['a bearer token', `Bearer ${KEY}`, 'Bearer [REDACTED]'],
    ['a bearer token in base64', 'Bearer abc+/def==', 'Bearer [REDACTED]'],
    ['a JWT', 'Bearer eyJhbGciOi.eyJzdWIi.c2ln_-~', 'Bearer [REDACTED]'],
    ['a bearer token in lower case', `authorization: bearer ${KEY}`, 'authorization: Bearer [REDACTED]'],
    ['a bearer token that is a key', `Bearer sk-${KEY}`, 'Bearer [REDACTED]'],
    ['an organisation', 'org-AbCdEf123456', 'org-[REDACTED]'],
    [
      'a key in a sentence, which stays',
      `401 Incorrect API key provided: sk-${KEY}, see https://platform.openai.com/account/api-keys.`,
      '401 Incorrect API key provided: sk-[REDACTED], see https://platform.openai.com/account/api-keys.',
    ],
    [
      'a key in JSON, whose quotes stay',
      `{"error":{"key":"sk-${KEY}","code":null}}`,
      '{"error":{"key":"sk-[REDACTED]","code":null}}',
    ],
    ['a key in an address', `https://host/v1?key=sk-${KEY}&n=1`, 'https://host/v1?key=sk-[REDACTED]&n=1'],
    [
      'several of several kinds',
      `sk-${KEY} and sk-${KEY}2, Bearer ${KEY}\norg-123456 (pk-${KEY})`,
      'sk-[REDACTED] and sk-[REDACTED], Bearer [REDACTED]\norg-[REDACTED] (pk-[REDACTED])',
    ],
  ])('masks %s', (_what, text, masked) => {
    const result = maskSecrets(text);
    expect(result).toBe(masked);
    expect(result).not.toContain(KEY);
  });

  it.each([
    '',
    'sk-',
    'sk-ab',
    'Bearer',
    'Bearer ',
    'org-',
    'org-chart',
    'task-force',
    'risk-free',
    'disk-backed',
    'desk-lamp and brisk-walk',
    'The model `gpt-5-mini` does not exist.',
    'req_0123456789abcdef, resp_0123456789abcdef, call_0123456789abcdef',
    'Rate limit reached for gpt-5 on tokens per min (TPM): Limit 30000, Used 29000.',
    '日本語 🔑 ключ',
  ])('leaves alone: %s', (text) => {
    expect(maskSecrets(text)).toBe(text);
  });

  it('does not mask twice: what is masked stays as it is', () => {
    const masked = maskSecrets(`sk-${KEY} Bearer ${KEY} org-123456`);
    expect(maskSecrets(masked)).toBe(masked);
  });

  // Time that grows with the square of the length would take hours here, not the seconds that a test has.
  it.each<[what: string, piece: string]>([
    ['prefixes in a row', 'sk-'],
    ['prefixes that never become a key', 'sk-! '],
    ['keys just too short', 'sk-ab '],
    ['tokens just too short', 'Bearer ab '],
    ['organisations just too short', 'org-12345 '],
    ['the beginnings of prefixes', 'sess'],
    ['word boundaries', 's.k-'],
    ['stars', 'sk-*'],
    ['blanks', 'Bearer  '],
  ])('is done with a megabyte of %s', (_what, piece) => {
    const text = piece.repeat(1_000_000 / piece.length);
    expect(maskSecrets(text).length).toBeGreaterThan(0);
  });
});
