import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TRAIT, textTraits } from '../../src/redaction/text-scan.js';
import { maskSecrets } from '../../src/text/mask-secrets.js';

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Parts of the shapes of credentials, and characters between them. */
const piece = fc.oneof(
  fc.constantFrom(
    ...['sk-', 'pk-', 'rk-', 'sess-', 'sk_', 'gsk_', 'hf_', 'whsec_', 'ek_', 'xai-', 'pplx-', 'nvapi-'],
    ...['AIza', 'AKIA', 'ASIA', 'eyJ', 'org-', 'proj_', 'Bearer', 'bearer', 'Basic', 'Headers.append: "'],
    ...[
      'api-key',
      'API key provided',
      'apiKey',
      'access_key_id',
      'refresh_token',
      'client-secret',
      'password',
    ],
    ...[
      'passwd',
      'OpenAI-Organization',
      'openai-project',
      'Authorization',
      'authorization',
      'Cookie',
      'token',
    ],
    ...[
      'userToken',
      'apiSecret',
      'api_token',
      ' := ',
      ' string = ',
      ': String = ',
      ' => ',
      '--token ',
      ' --api-key ',
    ],
    ...['password is ', 'API key was: ', 'aB3dE5fG7hJ9', 'x1y2z3a4b5'],
    ...['secret', 'key', 'signature', 'sig', 'pwd', '//', '\\/\\/', 'user:pass@', '@', 'host', '[REDACTED]'],
    ...['ghp_', 'github_pat_', 'npm_', 'glpat-', 'xoxb-', 'xoxs-', 'ya29.', 'SG.', 'task-', '&quot;', '%22'],
    ...[
      '%3A',
      '%40',
      '%20',
      '%2F%2F',
      '%25',
      '\\n',
      '\\u0022',
      '\\"',
      '=>',
      '=',
      ':',
      ' ',
      '  ',
      '\n',
      '\u00a0',
    ],
    ...['"', "'", '`', ',', '",', '.', '-', '_', '+', '***', '…', 'é', '😀', 'is', 'auth', 'Scheme'],
  ),
  fc.stringMatching(/^[A-Za-z0-9]{1,24}$/),
  fc.stringMatching(/^[A-Za-z0-9]{20}$/).map((key) => base64(`sk-${key}`)),
  fc.stringMatching(/^[ -~]{1,12}$/).map((text) => base64(`password: ${text}`)),
);

describe('textTraits', () => {
  it('sees every text in which a credential is masked', () => {
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), (pieces) => {
        const text = pieces.join('');
        if (maskSecrets(text) === text) return;
        expect(textTraits(text) & TRAIT.credential, text).toBe(TRAIT.credential);
      }),
      { numRuns: 20_000 },
    );
  });

  it.each([
    'You triage requests of customers: look up the order, then hand over to the agent that can help.',
    'call_703df2bd01fd7800dHJhbnNmZXJfdG9fcmVmdW5kX2FnZW50',
    'http://json-schema.org/draft-07/schema#',
    'transfer_to_refund_agent, risk-free, x-organ',
    '{"type":"object","properties":{"orderId":{"type":"string"}}}',
  ])('sees nothing in ordinary texts: %s', (text) => {
    expect(textTraits(text) & ~TRAIT.shortNumber).toBe(0);
  });
});
