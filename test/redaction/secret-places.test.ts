// Credentials and personal data in the places where they stand in tool calls: environments, headers, addresses, forms.
// Source of the first table: ../shared/cases/evidence/min-12-redaction.mjs.
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json/json.js';
import { createRedactor } from '../../src/redaction/redactor.js';

/** Joins the parts of a key, so that scanners for secrets do not find it in this repository. */
const key = (...parts: string[]) => parts.join('');
const T = 'Xk29fjQ7mZp4Ld';
const GITHUB = key('gh', 'p_16C7e42F292c6912E7710c838347Ae178B4a');
const PEM_BODY = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7';
const PEM = `-----BEGIN PRIVATE KEY-----\n${PEM_BODY}\n-----END PRIVATE KEY-----`;

const redact = createRedactor();

function redacted(content: JsonObject, redactEvent = redact): string {
  const event = {
    event_id: '018f3c1e-7a2b-7c3d-8e4f-5a6b7c8d9e0f',
    timestamp: '2026-01-01T00:00:00Z',
    session_id: 's',
    type: 'EVENT_TYPE_STATE_UPDATE',
    state_update: { after: content },
  } as never;
  return JSON.stringify((redactEvent(event) as { state_update?: unknown }).state_update);
}

const FOUND: Readonly<Record<string, readonly [content: JsonObject, secret: string]>> = {
  'object {GITHUB_TOKEN}': [{ env: { GITHUB_TOKEN: T } }, T],
  'object {DB_PASS}': [{ DB_PASS: T }, T],
  'object {stripeSecretKey}': [{ stripeSecretKey: T }, T],
  'object {pass}': [{ pass: T }, T],
  'object {signingSecret}': [{ signingSecret: T }, T],
  'object {encryption_key}': [{ encryption_key: T }, T],
  'object {secret}': [{ secret: 'hunter2' }, 'hunter2'],
  'object {pwd}': [{ pwd: 'hunter2' }, 'hunter2'],
  'object {credentials}': [{ credentials: 'letmein' }, 'letmein'],
  'object {cvv}': [{ cvv: '917' }, '917'],
  'a number {cvv}': [{ cvv: 917 }, '917'],
  'object {otp}': [{ otp: '493027' }, '493027'],
  'text "secret: …"': [{ t: `secret: ${T}` }, T],
  'text "token: …"': [{ t: `token: ${T}` }, T],
  'text "token := …"': [{ t: `token := "${T}"` }, T],
  'header PRIVATE-TOKEN': [{ t: `PRIVATE-TOKEN: ${T}` }, T],
  'header X-Vault-Token': [{ headers: { 'X-Vault-Token': T } }, T],
  'AccountKey=… (Azure)': [{ t: `DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${T}${T}==;` }, T],
  'curl -u': [{ t: `curl -u admin:${T} https://x.test` }, T],
  'an element <password>': [{ t: `<password>${T}</password>` }, T],
  'Twilio SK…': [{ t: key('SK', '255a5cac7685572274d02f04c37be771') }, '255a5c'],
  'DigitalOcean dop_v1_…': [{ t: `dop_v1_${'a1b2'.repeat(16)}` }, 'a1b2'],
  'Shopify shpat_…': [{ t: key('shpat', '_DDB015CDAebA58F2936eFEA259bEa5c1') }, 'DDB015'],
  'Vault hvs.…': [{ t: `hvs.${'CAESIJ'.repeat(16)}` }, 'CAESIJ'],
  'Databricks dapi…': [{ t: key('dapi', '0a475f3c0b99c7d6ecf627337b3577a5') }, '0a475f'],
  'Hugging Face hf_… of letters': [{ t: key('hf', '_dnlqmursegnpmoytskwqxcflklcjqfdujw') }, 'dnlqm'],
  'Google GOCSPX-…': [{ t: key('GOCSPX', '-92CfdFCe8bBa85_aD4B1e1a458D8') }, '92Cfd'],
  'Slack webhook': [
    { t: key('https://hooks.slack.com', '/services/T0855F737/B0305564C/AecBFfb9f92f21F0Fb0FAaA5') },
    'AecBF',
  ],
  'PyPI pypi-…': [
    { t: key('pypi', '-AgEIcHlwaS5vcmcvisMNGRjykwMT7T2iOwJGcvIEcBgZ5zKmzEhqgkjRrayIbPdB') },
    'visMN',
  ],
  'GitHub token in an encoded URL': [{ t: `https://x.test/?q=my%20key%20${GITHUB}%20please` }, GITHUB],
  'private key in an encoded URL': [{ t: `https://x.test/?q=${encodeURIComponent(PEM)}` }, PEM_BODY],
  'phone in a URL': [{ t: 'https://x.test/?phone=%2B4930123456789' }, '4930123456789'],
  'card behind %20': [{ t: 'https://x.test/?q=pay%20with%204242424242424242' }, '4242424242424242'],
  'IBAN behind %20': [{ t: 'https://x.test/?q=to%20DE89370400440532013000' }, 'DE8937'],
  'SSN behind %20': [{ t: 'https://x.test/?q=ssn%20078-05-1123' }, '078-05-1123'],
  // Further members of these kinds.
  'a list of pairs': [{ env: [{ name: 'DB_PASSWORD', value: 'hunter2' }] }, 'hunter2'],
  'a list of entries': [{ headers: [['X-Auth-Token', 'hunter2']] }, 'hunter2'],
  'JSON text {dbPass}': [{ t: '{"dbPass":"hunter2","port":5432}' }, 'hunter2'],
  'JSON text in JSON text': [{ t: JSON.stringify({ body: '{"client_secret":"hunter2"}' }) }, 'hunter2'],
  'JSON text {pin}': [{ t: '{"pin": 4711}' }, '4711'],
  'a JSON Web Key': [
    { kty: 'EC', crv: 'P-256', x: 'f83OJ3D2xF1Bg8vub9tL', d: 'jpsQnnGQmL-YBIffH1136cspYG6' },
    'jpsQnnGQ',
  ],
  'a JSON Web Key in JSON text': [
    { t: '{"kty":"EC","crv":"P-256","d":"jpsQnnGQmL-YBIffH1136cspYG6"}' },
    'jpsQnnGQ',
  ],
  'a key of PuTTY': [
    {
      t: 'PuTTY-User-Key-File-3: ssh-ed25519\nComment: a\nPublic-Lines: 1\nAAAA\nPrivate-Lines: 1\nAAAAIHq3\nPrivate-MAC: 0a1b2c\n',
    },
    'AAAAIHq3',
  ],
  'Oracle scott/tiger@': [{ t: 'jdbc:oracle:thin:scott/hunter2@//db:1521/x' }, 'hunter2'],
  'a cookie of a session': [{ t: 'PHPSESSID=el4ukv0kqbvoirg7nkp4dncpk3' }, 'el4ukv0'],
  'e-mail with an entity of HTML': [{ t: 'write to jane&#64;example.com' }, 'jane&#64;'],
  'card with entities of HTML': [{ t: '4242&nbsp;4242&nbsp;4242&nbsp;4242' }, '4242&nbsp;4242'],
};

const LEFT: readonly JsonObject[] = [
  { usage: { prompt_tokens: 12, total_tokens: 30 }, max_tokens: 4096, token_count: 7 },
  { token: ' Hello', logprob: -0.1, bytes: [32] },
  { next_page_token: 'CAUQAA', token_type: 'Bearer', expires_in: 3600 },
  { primary_key: 'id', partition_key: 'tenant', cache_key: 'user:1', key: 'name' },
  { password_policy: 'strong', auth_method: 'oauth2', password_required: true },
  { type: 'object', properties: { password: { type: 'string' } }, required: ['password', 'username'] },
  {
    author: 'Jane Roe',
    authority: 'city',
    tokenizer: 'cl100k',
    pinned: true,
    passenger: 'Roe',
    compass: 'N',
  },
  { private_ip: 'yes', secret_name: 'db', token_limit: 100, secretary: 'Roe', passing: 'test' },
  { t: 'secret: never give up' },
  { t: 'The token limit is 4096 and the token: end of text' },
  { t: 'Q&A at 10%20 of 100&amp; more' },
  { t: 'https://x.test/a%20b?c=d%2Fe' },
  { t: '<token>' },
];

describe('Masked', () => {
  it.each(Object.entries(FOUND))('is %s', (_place, [content, secret]) => {
    expect(redacted(content)).not.toContain(secret);
  });
});

describe('Left alone', () => {
  it.each(LEFT.map((content) => [JSON.stringify(content), content] as const))('is %s', (text, content) => {
    expect(JSON.stringify(JSON.parse(redacted(content)).after)).toBe(text);
  });
});

describe('The option credentialNames', () => {
  const changed = createRedactor({ credentialNames: { add: ['vault_ref'], remove: ['session_token'] } });

  it('adds names, in any style', () => {
    expect(redacted({ vaultRef: 'hunter2', VAULT_REF: 4711 }, changed)).not.toMatch(/hunter2|4711/);
  });

  it('takes names out', () => {
    expect(redacted({ sessionToken: 'hunter2' }, changed)).toContain('hunter2');
    expect(redacted({ session_token: 'hunter2' })).not.toContain('hunter2');
  });
});
