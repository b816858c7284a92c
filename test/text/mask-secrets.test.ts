import { describe, expect, it } from 'vitest';
import { maskSecrets } from '../../src/text/mask-secrets.js';

const KEY = 'abcDEF123456ghiJKL';
/** A text in which the beginnings of keys are looked for first. */
const LONG = 'Nothing to mask here.\n'.repeat(250);
const base64 = (text: string) => Buffer.from(text).toString('base64');

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
    ['a key that is shortened with an ellipsis', 'sk-…Zw_Q', 'sk-[REDACTED]'],
    ['a key that is shortened with bullets', 'sk-proj-••••Zw_Q', 'sk-[REDACTED]'],
    ['a key whose stars are escaped', 'sk-%2A%2A%2AZw_Q', 'sk-[REDACTED]'],
    ['a key behind an escaped quote', `%22sk-${KEY}%22`, '"sk-[REDACTED]"'],
    ['a key behind a line break of JSON', `"a\\nsk-${KEY}"`, '"a\\nsk-[REDACTED]"'],
    ['a key behind an escape of JSON', `\\u0022sk-${KEY}\\u0022`, '\\u0022sk-[REDACTED]\\u0022'],
    ['a key behind an underscore', `key_sk-${KEY}`, 'key_sk-[REDACTED]'],
    ["a key of Groq's", `gsk_${KEY}`, 'gsk_[REDACTED]'],
    ["a key of xAI's", `xai-${KEY}`, 'xai-[REDACTED]'],
    ["a key of Google's", `AIza${KEY}`, 'AIza[REDACTED]'],
    ["a key of AWS's", 'AKIAIOSFODNN7EXAMPLE', 'AKIA[REDACTED]'],
    ['the secret of a webhook', `whsec_${KEY}`, 'whsec_[REDACTED]'],
    ['a key for one browser', `ek_${KEY}`, 'ek_[REDACTED]'],
    ['a key in base64', `got ${base64(`sk-${KEY}`)}!`, 'got [REDACTED]!'],
    ['a key in base64, behind one letter', base64(`"sk-${KEY}"`), '[REDACTED]'],
    ['a key in base64, behind two letters', base64(`: sk-${KEY}`), '[REDACTED]'],
    ['a key in base64, among other letters than ours', base64(`ключ sk-${KEY}`), '[REDACTED]'],
    ['a key in base64 that is a JSON text', base64(JSON.stringify({ '>?>?>?': `sk-${KEY}` })), '[REDACTED]'],
    ['a key in base64 for addresses', Buffer.from(`ÿÿÿ: sk-${KEY}`).toString('base64url'), '[REDACTED]'],
    ['a key in base64 in an address', `?v=${encodeURIComponent(base64(`>>>sk-${KEY}`))}`, '?v=[REDACTED]'],
    ['a bearer token', `Bearer ${KEY}`, 'Bearer [REDACTED]'],
    ['a bearer token that is escaped', `Bearer%20${KEY}%2F`, 'Bearer [REDACTED]'],
    ['a bearer token behind two blanks', `bearer  ${KEY}`, 'Bearer [REDACTED]'],
    ['a user and password', `Basic ${base64(`user:${KEY}`)}`, 'Basic [REDACTED]'],
    ['a bearer token in base64', 'Bearer abc+/def==', 'Bearer [REDACTED]'],
    ['a JWT', 'Bearer eyJhbGciOi.eyJzdWIi.c2ln_-~', 'Bearer [REDACTED]'],
    ['a JWT alone', '(eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln)', '([REDACTED])'],
    ['a bearer token in lower case', `authorization: bearer ${KEY}`, 'authorization: Bearer [REDACTED]'],
    ['a bearer token that is a key', `Bearer sk-${KEY}`, 'Bearer [REDACTED]'],
    ['a key without a scheme', `Authorization: ${KEY}`, 'Authorization: [REDACTED]'],
    [
      'a key without a scheme in a sentence',
      `Authorization: ${KEY} is wrong`,
      'Authorization: [REDACTED] wrong',
    ],
    ['a scheme that is not known', `Authorization: Own ${KEY}`, 'Authorization: [REDACTED]'],
    ['a scheme of its own', `authorization: ApiKey ${KEY}`, 'authorization: ApiKey [REDACTED]'],
    ["a proxy's", `Proxy-Authorization: Basic ${KEY}`, 'Proxy-Authorization: Basic [REDACTED]'],
    ['an organisation', 'org-AbCdEf123456', 'org-[REDACTED]'],
    ['a project', 'proj_AbCdEf123456', 'proj_[REDACTED]'],
    [
      'their headers',
      'OpenAI-Organization: own, openai-project=x',
      'OpenAI-Organization: [REDACTED], openai-project=[REDACTED]',
    ],
    ['a line', `api-key: ${KEY}\nhost: x`, 'api-key: [REDACTED]\nhost: x'],
    ['a parameter', `?api-key=${KEY}&n=1`, '?api-key=[REDACTED]&n=1'],
    ['a variable', `AZURE_OPENAI_API_KEY=${KEY} node`, 'AZURE_OPENAI_API_KEY=[REDACTED] node'],
    ['a member', `{"apiKey":"${KEY}","n":1}`, '{"apiKey":"[REDACTED]","n":1}'],
    ['a member with quotes in it', `{"password":"a\\"${KEY}"}`, '{"password":"[REDACTED]"}'],
    ['a member in JSON in JSON', `"{\\"api-key\\":\\"${KEY}\\"}"`, '"{\\"api-key\\":\\"[REDACTED]\\"}"'],
    ['a member in a page', `api-key&quot;:&quot;${KEY}&quot;`, 'api-key&quot;:&quot;[REDACTED]&quot;'],
    ['a property', `{ apiKey: '${KEY}, ${KEY}' }`, "{ apiKey: '[REDACTED]' }"],
    ["a Map's", `Map(1) { 'api-key' => '${KEY}' }`, "Map(1) { 'api-key' => '[REDACTED]' }"],
    ['a list of headers', `["api-key","${KEY}","host","x"]`, '["api-key","[REDACTED]","host","x"]'],
    ['cookies', `cookie: a=${KEY}; b=${KEY}`, 'cookie: [REDACTED]'],
    ['a key in quotes', `The API key '${KEY}' is wrong`, "The API key '[REDACTED]' is wrong"],
    ['a token', `access_token=${KEY}, token=${KEY}`, 'access_token=[REDACTED], token=[REDACTED]'],
    ['a signature', `?se=2026&sig=${KEY}`, '?se=2026&sig=[REDACTED]'],
    [
      'a shortened key of no known form',
      'Incorrect API key provided: ab***yz. Try',
      'Incorrect API key provided: [REDACTED] Try',
    ],
    ['a user in an address', `http://user:${KEY}@host:80/v1`, 'http://[REDACTED]@host:80/v1'],
    ['a password with an @ in it', `http://user:a@${KEY}@host/v1`, 'http://[REDACTED]@host/v1'],
    [
      'a user in an address that is escaped',
      `u=http%3A%2F%2Fuser%3A${KEY}%40host%2F`,
      'u=http://[REDACTED]@host/',
    ],
    [
      'a user in an address in JSON',
      `"http:\\/\\/user:${KEY}@host\\/v1"`,
      '"http:\\/\\/[REDACTED]@host\\/v1"',
    ],
    [
      'a header that Node refuses',
      `Headers.append: "${KEY}\n${KEY}" is an invalid header value.`,
      'Headers.append: "[REDACTED]" is an invalid header value.',
    ],
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
    expect(maskSecrets(LONG + text)).toBe(LONG + masked);
  });

  it.each([
    '',
    'sk-',
    'sk-ab',
    'Bearer',
    'Bearer ',
    'org-',
    'org-chart',
    'hf_hub_download, pk_id',
    'proj_x',
    'passwords, api keys and tokens: none',
    "Unknown parameter: 'api_key'.",
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth",
    'Missing bearer or basic authentication in header',
    'OpenAI-Organization header should match organization for API key',
    'You can find your API key at https://platform.openai.com/account/api-keys.',
    'https://host:8080/v1/chat/completions?n=1#a, //cdn/x@2, me@example.com',
    'Unexpected token \'a\', "abc" is not valid JSON',
    '100%25 of %zz',
    'task-force',
    'risk-free',
    'disk-backed',
    'desk-lamp and brisk-walk',
    'The model `gpt-5-mini` does not exist.',
    'req_0123456789abcdef, resp_0123456789abcdef, call_0123456789abcdef',
    'Rate limit reached for gpt-5 on tokens per min (TPM): Limit 30000, Used 29000.',
    '日本語 🔑 ключ',
  ])('leaves unchanged: %s', (text) => {
    expect(maskSecrets(text)).toBe(text);
  });

  it('does not mask again what is masked already', () => {
    const text = `sk-${KEY} Bearer ${KEY} org-123456 api-key: "${KEY}" //a:${KEY}@host authorization: ${KEY} gsk_${KEY}`;
    const masked = maskSecrets(text);
    expect(masked).not.toContain(KEY);
    expect(maskSecrets(masked)).toBe(masked);
  });

  it.each([
    `'cookie' => 'session=${KEY}; id=5',`,
    `cookie: session=${KEY}`,
    `"cookie":"session=${KEY}"`,
    `'authorization' => 'Basic ${KEY}1'`,
    `x-api-key  =>  ${KEY}`,
  ])('does not mask again: %s', (header) => {
    const masked = maskSecrets(header);
    expect(masked).not.toContain(KEY);
    expect(maskSecrets(masked)).toBe(masked);
  });

  // Quadratic time would be minutes here, and a test has seconds.
  const LENGTH = 300_000;
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
    ['one word', 'a'],
    ['slashes', '//'],
    ['users without a host', '//a:b'],
    ['users without an end', '@'],
    ['escapes', '%25'],
    ['escaped slashes', '%2F%2F'],
    ['labels', 'api-key'],
    ['labels with blanks', 'api key  '],
    ['labels with quotes that stay open', 'api-key="'],
    ['labels with escaped quotes', '"password":"\\'],
    ['labels in lists', '"api-key",'],
    ['what is masked', 'api-key=[REDACTED]'],
    ['schemes', 'authorization: a '],
    ['words that are no base64', 'Basic aaaaaaaaaaaaaaaaaaaaa '],
    ['headers that are refused', 'Headers.append: "'],
    ['keys without a digit', 'hf_aaaaaaaaaaaaaa-'],
    ['beginnings of tokens', '-eyJ'],
    ['base64', 'c2st'],
    ['cookies', 'cookie: a['],
  ])('takes linear time for a long text of %s', (_what, piece) => {
    const text = piece.repeat(LENGTH / piece.length);
    expect(maskSecrets(text).length).toBeGreaterThan(0);
  });
});
