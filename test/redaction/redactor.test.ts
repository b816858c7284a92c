import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ChaukasEvent, EventContent } from '../../src/chaukas/event.js';
import type { JsonObject } from '../../src/json/json.js';
import type { RedactionOptions } from '../../src/redaction/redaction-options.js';
import { createRedactor } from '../../src/redaction/redactor.js';
import { eventWith, messageEvent } from './message-event.js';

const SALT = 'a salt of a test, no secret';
const HASH = { method: 'hash', salt: SALT, saltId: 'salt-1' } as const;
const hmac = (value: string) => createHmac('sha256', SALT).update(value).digest('hex').slice(0, 16);

type Changed = EventContent & Partial<ChaukasEvent>;

/** Freezes a value deeply, so that a redactor that changes its argument throws. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}

describe('createRedactor', () => {
  it.each<[what: string, options: RedactionOptions | false | undefined, before: Changed, after: Changed]>([
    [
      'a message',
      undefined,
      { message: { role: 'user', text: 'I am jane@example.com' } },
      {
        message: { role: 'user', text: 'I am [REDACTED:email]' },
        redaction: { fields: ['message.text'], method: 'mask' },
        pii_categories: ['email'],
      },
    ],
    [
      'messages of a request, in lists of objects',
      undefined,
      {
        llm_invocation: {
          model: 'gpt-5-mini',
          request: {
            messages: [
              { role: 'user', content: 'Call 212-555-0123, or 203.0.113.7' },
              { role: 'user', content: [{ type: 'text', content: 'a@example.com and a@example.com' }] },
            ],
          },
        },
      },
      {
        llm_invocation: {
          model: 'gpt-5-mini',
          request: {
            messages: [
              { role: 'user', content: 'Call [REDACTED:phone], or [REDACTED:ip_address]' },
              { role: 'user', content: [{ type: 'text', content: '[REDACTED:email] and [REDACTED:email]' }] },
            ],
          },
        },
        redaction: {
          fields: [
            'llm_invocation.request.messages[0].content',
            'llm_invocation.request.messages[1].content[0].content',
          ],
          method: 'mask',
        },
        pii_categories: ['email', 'ip_address', 'phone'],
      },
    ],
    [
      'numbers, and values with known names',
      undefined,
      {
        tool_call: {
          name: 'pay',
          arguments: {
            card: 4111111111111111,
            when: 1732212373477,
            count: 5551234567,
            phone: 5551234567,
            ssn: 123456789,
            password: 'hunter2',
            pin: { apiKey: 'abc', token: 'Hello', logprob: -0.1, secret: 'a1b2c3d4e5f6g7' },
            headers: [{ name: 'Authorization', value: 'abc' }],
            rawHeaders: ['cookie', 'a=b', 'host', 'x'],
          },
        },
      },
      {
        tool_call: {
          name: 'pay',
          arguments: {
            card: '[REDACTED:credit_card]',
            when: 1732212373477,
            count: 5551234567,
            phone: '[REDACTED:phone]',
            ssn: '[REDACTED:us_ssn]',
            password: '[REDACTED]',
            pin: { apiKey: '[REDACTED]', token: 'Hello', logprob: -0.1, secret: '[REDACTED]' },
            headers: [{ name: 'Authorization', value: '[REDACTED]' }],
            rawHeaders: ['cookie', '[REDACTED]', 'host', 'x'],
          },
        },
        redaction: {
          fields: [
            'tool_call.arguments.card',
            'tool_call.arguments.phone',
            'tool_call.arguments.ssn',
            'tool_call.arguments.password',
            'tool_call.arguments.pin.apiKey',
            'tool_call.arguments.pin.secret',
            'tool_call.arguments.headers[0].value',
            'tool_call.arguments.rawHeaders[1]',
          ],
          method: 'mask',
        },
        pii_categories: ['api_key', 'credit_card', 'phone', 'us_ssn'],
      },
    ],
    [
      'names of members, which stay distinct',
      undefined,
      { metadata: { 'jane@example.com': 1, 'joe@example.com': { n: 2 }, __proto__x: 3 } },
      {
        metadata: { '[REDACTED:email]': 1, '[REDACTED:email]#2': { n: 2 }, __proto__x: 3 },
        redaction: {
          fields: ['metadata["[REDACTED:email]"]', 'metadata["[REDACTED:email]#2"]'],
          method: 'mask',
        },
        pii_categories: ['email'],
      },
    ],
    [
      'by hash, with equal hashes for the same person',
      HASH,
      { message: { text: 'Jane@Example.com jane@example.com +1 212-555-0123' } },
      {
        message: {
          text: `[email_${hmac('jane@example.com')}] [email_${hmac('jane@example.com')}] [phone_${hmac('+12125550123')}]`,
        },
        redaction: { fields: ['message.text'], method: 'hash', salt_id: 'salt-1' },
        pii_categories: ['email', 'phone'],
      },
    ],
    [
      'by drop',
      { method: 'drop' },
      { tool_response: { output: { text: 'to jane@example.com!', pan: 4111111111111111 } } },
      {
        tool_response: { output: { text: 'to !', pan: null } },
        redaction: { fields: ['tool_response.output.text', 'tool_response.output.pan'], method: 'drop' },
        pii_categories: ['credit_card', 'email'],
      },
    ],
    [
      'by one method per detector',
      { ...HASH, method: 'mask', methods: { email: 'hash', phone: 'drop' } },
      { error: { error_message: 'jane@example.com 212-555-0123 203.0.113.7' } },
      {
        error: { error_message: `[email_${hmac('jane@example.com')}]  [REDACTED:ip_address]` },
        redaction: { fields: ['error.error_message'], method: 'hash', salt_id: 'salt-1' },
        pii_categories: ['email', 'ip_address', 'phone'],
      },
    ],
    [
      'findings of the chosen detectors, and credentials',
      { detectors: ['phone'] },
      { message: { text: 'jane@example.com 212-555-0123 password=hunter2' } },
      {
        message: { text: 'jane@example.com [REDACTED:phone] password=[REDACTED]' },
        redaction: { fields: ['message.text'], method: 'mask' },
        pii_categories: ['api_key', 'phone'],
      },
    ],
    [
      'credentials, if redaction is off',
      false,
      { message: { text: 'jane@example.com password=hunter2' }, metadata: { password: 'x' } },
      {
        message: { text: 'jane@example.com password=[REDACTED]' },
        metadata: { password: '[REDACTED]' },
        redaction: { fields: ['message.text', 'metadata.password'], method: 'mask' },
        pii_categories: ['api_key'],
      },
    ],
    [
      'patterns of the application',
      {
        patterns: [
          { category: 'customer_id', pattern: /\bc-\d{4}\b/iy },
          { category: 'project', pattern: 'Project X', method: 'drop' },
          { category: 'nothing', pattern: /x*/ },
        ],
      },
      { message: { text: 'C-1234 and c-5678 of Project X' } },
      {
        message: { text: '[REDACTED:customer_id] and [REDACTED:customer_id] of ' },
        redaction: { fields: ['message.text'], method: 'mask' },
        pii_categories: ['customer_id', 'project'],
      },
    ],
    [
      'fields',
      {
        fields: [
          'tool_response.output.customer.*',
          'tool_response.output.list[*].name',
          { path: 'tool_response.output.list[1]', method: 'drop' },
          { path: '**.born', category: 'date_of_birth' },
          { path: 'tool_response.output["a.b"]', method: 'drop' },
        ],
      },
      {
        tool_response: {
          output: {
            customer: { name: 'Jane', age: 33, address: { city: 'Paris' } },
            list: [{ name: 'a', n: 1 }, { name: 'b' }],
            deep: [{ er: { born: '1990-01-01' } }],
            'a.b': 1,
          },
        },
      },
      {
        tool_response: {
          output: {
            customer: { name: '[REDACTED]', age: '[REDACTED]', address: '[REDACTED]' },
            list: [{ name: '[REDACTED]', n: 1 }, null],
            deep: [{ er: { born: '[REDACTED:date_of_birth]' } }],
          },
        },
        redaction: {
          fields: [
            'tool_response.output.customer.name',
            'tool_response.output.customer.age',
            'tool_response.output.customer.address',
            'tool_response.output.list[0].name',
            'tool_response.output.list[1]',
            'tool_response.output.deep[0].er.born',
            'tool_response.output["a.b"]',
          ],
          method: 'mask',
        },
        pii_categories: ['date_of_birth'],
      },
    ],
    [
      'fields that must stay objects or texts',
      {
        ...HASH,
        method: 'mask',
        fields: [
          'tool_call.arguments',
          'metadata',
          { path: 'data_access.document_ids[*]', method: 'hash' },
          { path: 'extensions[*]', method: 'drop' },
        ],
      },
      {
        data_access: { datasource: 'vector://x', document_ids: ['jane'] },
        tool_call: { arguments: { a: 1 } },
        metadata: { a: 1 },
        extensions: [{ a: 1 }],
      },
      {
        data_access: { datasource: 'vector://x', document_ids: [`[redacted_${hmac('jane')}]`] },
        tool_call: { arguments: { redacted: '[REDACTED]' } },
        metadata: { redacted: '[REDACTED]' },
        extensions: [{}],
        redaction: {
          fields: ['tool_call.arguments', 'data_access.document_ids[0]', 'metadata', 'extensions[0]'],
          method: 'hash',
          salt_id: 'salt-1',
        },
      },
    ],
    [
      'a member of the event that is dropped',
      {
        fields: [
          { path: 'state_update', method: 'drop' },
          { path: 'message.text', method: 'drop' },
        ],
      },
      { message: { role: 'user', text: 'x' }, state_update: { a: 1 } },
      { message: { role: 'user' }, redaction: { fields: ['message.text', 'state_update'], method: 'drop' } },
    ],
    [
      'JSON in a text, which stays as it was written',
      {
        fields: [
          'mcp_call.response.content[*].text.customer.name',
          { path: '**.secret_age', method: 'drop' },
        ],
      },
      {
        mcp_call: {
          response: {
            content: [
              {
                type: 'text',
                text: '{ "customer" : {"name":"Jane","secret_age":33}, "big": 12345678901234567890,\n "to":"jane\\u0040example.com", "url":"https:\\/\\/a:b@host\\/", "x": "{\\"ip\\":\\"203.0.113.7\\"}" }',
              },
            ],
          },
        },
      },
      {
        mcp_call: {
          response: {
            content: [
              {
                type: 'text',
                text: '{ "customer" : {"name":"[REDACTED]","secret_age":null}, "big": 12345678901234567890,\n "to":"[REDACTED:email]", "url":"https://[REDACTED]@host/", "x": "{\\"ip\\":\\"[REDACTED:ip_address]\\"}" }',
              },
            ],
          },
        },
        redaction: { fields: ['mcp_call.response.content[0].text'], method: 'mask' },
        pii_categories: ['api_key', 'email', 'ip_address'],
      },
    ],
    [
      'values with known names in a text of JSON',
      undefined,
      {
        message: {
          text: '{"phoneNumber" : "5551234567", "secret":"a1b2c3d4e5f6g7", "token":"Hello", "logprob": -0.1, "n": 2024}',
        },
      },
      {
        message: {
          text: '{"phoneNumber" : "[REDACTED:phone]", "secret":"[REDACTED]", "token":"Hello", "logprob": -0.1, "n": 2024}',
        },
        redaction: { fields: ['message.text'], method: 'mask' },
        pii_categories: ['api_key', 'phone'],
      },
    ],
    [
      'credentials in identifiers, but no personal data',
      undefined,
      {
        agent_name: 'jane@example.com',
        mcp_call: { server_url: 'http://user:pw@203.0.113.7/mcp' },
        data_access: {
          datasource: 'mail://jane@example.com',
          document_ids: ['s3://b/jane@example.com?sig=abcd12345'],
        },
      },
      {
        agent_name: 'jane@example.com',
        mcp_call: { server_url: 'http://[REDACTED]@203.0.113.7/mcp' },
        data_access: {
          datasource: 'mail://[REDACTED]@example.com',
          document_ids: ['s3://b/jane@example.com?sig=[REDACTED]'],
        },
        redaction: {
          fields: ['data_access.datasource', 'data_access.document_ids[0]', 'mcp_call.server_url'],
          method: 'mask',
        },
        pii_categories: ['api_key'],
      },
    ],
    [
      'into a report that the event has already',
      HASH,
      {
        message: { text: '203.0.113.7' },
        pii_categories: ['name', 'email'],
        redaction: { fields: ['metadata.x'], method: 'drop' },
      },
      {
        message: { text: `[ip_address_${hmac('203.0.113.7')}]` },
        pii_categories: ['email', 'ip_address', 'name'],
        redaction: { fields: ['metadata.x', 'message.text'], method: 'hash', salt_id: 'salt-1' },
      },
    ],
    [
      'lone surrogates, without a report',
      undefined,
      {
        agent_name: 'a\ud800',
        tags: ['x', '\udc00'],
        message: { text: '😀 \ud83d' },
        metadata: { '\ud800': ['\udfff'] },
      },
      {
        agent_name: 'a\ufffd',
        tags: ['x', '\ufffd'],
        message: { text: '😀 \ufffd' },
        metadata: { '\ufffd': ['\ufffd'] },
      },
    ],
    [
      'lone surrogates in members that are not redacted otherwise',
      undefined,
      {
        tool_call: { id: 'call-\ud800', name: 'a' },
        data_access: { datasource: 'a', pii_categories: ['x', '\udc00'] },
        cost: { provider: '\ud800', input_tokens: 1 },
        retry: { attempt: 1, strategy: '\ud800' },
      },
      {
        tool_call: { id: 'call-\ufffd', name: 'a' },
        data_access: { datasource: 'a', pii_categories: ['x', '\ufffd'] },
        cost: { provider: '\ufffd', input_tokens: 1 },
        retry: { attempt: 1, strategy: '\ufffd' },
      },
    ],
  ])('redacts: %s', (_what, options, before, after) => {
    const event = frozen(eventWith(before));
    const redact = createRedactor(options);
    const redacted = redact(event);
    expect(redacted).toEqual(eventWith(after));
    // A field is redacted whatever it contains, also if it contains a mask.
    if (options === undefined || options === false || options.fields === undefined)
      expect(redact(frozen(redacted))).toBe(redacted);
  });

  it.each(['metadata', 'tool_call.arguments'])(
    'cuts %s that a reader of protobuf could not decode',
    (place) => {
      const nested = (levels: number): JsonObject => ({ in: levels > 1 ? nested(levels - 1) : 1 });
      const redacted = (levels: number) => {
        const value = nested(levels);
        const event = place === 'metadata' ? { metadata: value } : { tool_call: { arguments: value } };
        return JSON.stringify(createRedactor()(frozen(eventWith(event))));
      };
      expect(redacted(32)).not.toContain('too deep');
      expect(redacted(34)).toContain('"in":"[Nested too deep]"');
      expect(redacted(40)).not.toContain('redaction');
    },
  );

  it('returns the event itself if there is nothing to redact, and shares unchanged parts', () => {
    const redact = createRedactor();
    const tools = [{ name: 'lookup_order', description: 'Finds an order.' }];
    const plain = frozen(eventWith({ llm_invocation: { request: { tools } } }));
    expect(redact(plain)).toBe(plain);
    const event = frozen(
      eventWith({ llm_invocation: { request: { tools, messages: ['jane@example.com'] } } }),
    );
    expect(redact(event).llm_invocation?.request?.tools).toBe(tools);
  });

  describe('with a callback', () => {
    it('records its result', () => {
      const seen: unknown[] = [];
      const redact = createRedactor({
        callback: (value, path, event) => {
          seen.push([value, path, event.type]);
          return value === 'Paris' ? 'a city' : undefined;
        },
      });
      const event = redact(
        eventWith({ tool_call: { name: 'f', arguments: { to: ['jane@example.com', 'Paris'], n: 1 } } }),
      );
      expect(seen).toEqual([
        ['[REDACTED:email]', 'tool_call.arguments.to[0]', 'EVENT_TYPE_INPUT_RECEIVED'],
        ['Paris', 'tool_call.arguments.to[1]', 'EVENT_TYPE_INPUT_RECEIVED'],
      ]);
      expect(event.tool_call).toEqual({ name: 'f', arguments: { to: ['[REDACTED:email]', 'a city'], n: 1 } });
      expect(event.redaction?.fields).toEqual(['tool_call.arguments.to[0]', 'tool_call.arguments.to[1]']);
    });

    it.each<[what: string, callback: () => unknown, error: string]>([
      [
        'throws',
        () => {
          throw new RangeError('no');
        },
        'RangeError: no',
      ],
      ['returns a promise', async () => 'x', 'TypeError: it returned an object, not a string'],
    ])('masks the field if the callback %s, and reports it once', (_what, callback, error) => {
      const reports: string[] = [];
      const redact = createRedactor({ callback: callback as () => string }, (message, cause) =>
        reports.push(`${message}: ${cause}`),
      );
      for (let count = 0; count < 3; count += 1) {
        expect(redact(messageEvent('hello'))).toEqual({
          ...messageEvent('[REDACTED]'),
          redaction: { fields: ['message.text'], method: 'mask' },
        });
      }
      expect(reports).toEqual([`Option "redaction.callback" failed; the field is masked: ${error}`]);
    });
  });

  describe('cuts', () => {
    it('a long text, with its original length and the hash of the redacted text', () => {
      const text = `jane@example.com ${'a'.repeat(1000)}`;
      const redacted = `[REDACTED:email] ${'a'.repeat(1000)}`;
      const hash = createHash('sha256').update(redacted).digest('hex');
      const mark = `…[truncated: 1017 characters, sha256 ${hash}]`;
      const redact = createRedactor({ maxFieldLength: 300 });
      const event = redact(messageEvent(text));
      expect(event.message?.text).toBe(redacted.slice(0, 300 - mark.length) + mark);
      expect(event.message?.text).toHaveLength(300);
      expect(redact(event)).toBe(event);
    });

    it('without a report if nothing was redacted', () => {
      const event = createRedactor({ maxFieldLength: 256 })(messageEvent('a'.repeat(257)));
      expect(event.message?.text).toMatch(/^a+…\[truncated: 257 characters, sha256 [0-9a-f]{64}]$/);
      expect(event).toEqual(messageEvent(event.message?.text ?? ''));
    });

    it('never within a surrogate pair', () => {
      for (const length of [300, 301]) {
        const text = createRedactor({ maxFieldLength: length })(messageEvent('😀'.repeat(300))).message?.text;
        expect(text).toMatch(/^(?:😀)+…\[truncated: 600 characters, sha256 [0-9a-f]{64}\]$/u);
      }
    });

    it('not at 65,536 characters, and not at all without a limit', () => {
      const most = messageEvent('a'.repeat(65_536));
      expect(createRedactor()(most)).toBe(most);
      expect(createRedactor()(messageEvent('a'.repeat(65_537))).message?.text).toHaveLength(65_536);
      const long = messageEvent('a'.repeat(100_000));
      expect(createRedactor({ maxFieldLength: Number.POSITIVE_INFINITY })(long)).toBe(long);
    });
  });

  it('masks a text that is too long for the patterns, and does not throw', () => {
    const reports: string[] = [];
    const redact = createRedactor({}, (message) => reports.push(message));
    const event = redact(messageEvent(`password="${'a'.repeat(20_000_000)}`));
    expect(event.message?.text).toBe('[REDACTED]');
    expect(reports).toEqual(['Redaction of a field failed; the field is masked']);
  });
});
