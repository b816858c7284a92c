/** Redaction of content on spans and in log records: option `redaction` of the instrumentation. Source: issue 17, section 5. */
import * as agents from '@openai/agents';
import fc from 'fast-check';
import { OpenAI } from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  OpenAIAgentsInstrumentation,
  type RedactionOptions,
  recordFeedback,
  traceOpenAI,
  withContext,
  withSession,
} from '../../src/index.js';
import { createAttributeRedactor } from '../../src/redaction/redactor.js';
import { logContent, spanContent } from '../../src/spans/content-attributes.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

const EMAIL = 'alice.roe@example.com';
const MASK = '[REDACTED:email]';

/** Redacts one attribute on a span and in a log record, which have to be the same. */
function redacted(options: RedactionOptions | false, name: string, value: never): unknown {
  const redaction = createAttributeRedactor(options, (message) => expect.unreachable(message));
  const rules = { lengthLimit: 10_000, redaction };
  const onSpan = spanContent({ [name]: value }, rules)[name];
  const inRecord = logContent({ [name]: value }, rules)[name];
  if (onSpan !== undefined) {
    expect(typeof value === 'string' ? onSpan : JSON.parse(String(onSpan))).toEqual(inRecord);
  }
  return inRecord;
}

const message = (content: string, role = 'user') => ({ role, parts: [{ type: 'text', content }] });

describe('The redaction of content', () => {
  /** A kind of content, its attribute, and the value before and after. */
  const KINDS: ReadonlyArray<readonly [string, string, unknown, unknown]> = [
    ['messages', 'gen_ai.input.messages', [message(`to ${EMAIL}`)], [message(`to ${MASK}`)]],
    [
      'arguments within messages',
      'gen_ai.output.messages',
      [{ role: 'assistant', parts: [{ type: 'tool_call', name: 'mail', arguments: { to: [EMAIL] } }] }],
      [{ role: 'assistant', parts: [{ type: 'tool_call', name: 'mail', arguments: { to: [MASK] } }] }],
    ],
    [
      'system instructions',
      'gen_ai.system_instructions',
      [{ type: 'text', content: `You are ${EMAIL}` }],
      [{ type: 'text', content: `You are ${MASK}` }],
    ],
    [
      'tool definitions',
      'gen_ai.tool.definitions',
      [{ type: 'function', name: EMAIL }],
      [{ type: 'function', name: MASK }],
    ],
    ['tool arguments', 'gen_ai.tool.call.arguments', { to: EMAIL, n: 1 }, { to: MASK, n: 1 }],
    ['tool arguments as JSON text', 'gen_ai.tool.call.arguments', `{"to":"${EMAIL}"}`, `{"to":"${MASK}"}`],
    [
      'a credential by its name',
      'gen_ai.tool.call.arguments',
      { password: 'hunter2' },
      { password: '[REDACTED]' },
    ],
    ['tool results', 'gen_ai.tool.call.result', [EMAIL, { [EMAIL]: true }], [MASK, { [MASK]: true }]],
    ['a retrieval query', 'gen_ai.retrieval.query.text', `mails of ${EMAIL}`, `mails of ${MASK}`],
    [
      'retrieved documents',
      'gen_ai.retrieval.documents',
      [{ id: 'd', content: EMAIL }],
      [{ id: 'd', content: MASK }],
    ],
  ];
  it.each(KINDS)('covers %s', (_what, name, value, shown) => {
    expect(redacted({}, name, value as never)).toEqual(shown);
  });

  it('masks only credentials if it is false', () => {
    const value = { to: EMAIL, password: 'hunter2' } as never;
    expect(redacted(false, 'gen_ai.tool.call.arguments', value)).toEqual({
      to: EMAIL,
      password: '[REDACTED]',
    });
  });

  /** Paths of fields, with an attribute before and after. */
  const FIELDS: ReadonlyArray<readonly [path: string, name: string, value: unknown, shown: unknown]> = [
    [
      'tool_call.arguments.name',
      'gen_ai.tool.call.arguments',
      { name: 'Roe', n: 1 },
      { name: '[REDACTED]', n: 1 },
    ],
    [
      'mcp_call.request.arguments.name',
      'gen_ai.tool.call.arguments',
      { name: 'Roe' },
      { name: '[REDACTED]' },
    ],
    [
      'tool_response.output.customer.*',
      'gen_ai.tool.call.result',
      { customer: { a: 1 } },
      { customer: { a: '[REDACTED]' } },
    ],
    ['tool_response.output', 'gen_ai.tool.call.result', { a: 1 }, '[REDACTED]'],
    ['**.birth', 'gen_ai.retrieval.documents', [{ birth: 'x' }], [{ birth: '[REDACTED]' }]],
    ['**.birth', 'gen_ai.tool.call.result', '{"birth":"x"}', '{"birth":"[REDACTED]"}'],
    [
      '["gen_ai.retrieval.documents"][*].content',
      'gen_ai.retrieval.documents',
      [{ content: 'x' }],
      [{ content: '[REDACTED]' }],
    ],
    [
      'llm_invocation.request.messages[*].content',
      'gen_ai.input.messages',
      [message('x')],
      [message('[REDACTED]')],
    ],
    [
      'llm_invocation.request.messages[*].content[*].content',
      'gen_ai.input.messages',
      [message('x')],
      [message('[REDACTED]')],
    ],
    ['llm_invocation.request.messages[0].content', 'gen_ai.output.messages', [message('x')], [message('x')]],
    ['llm_invocation.response.messages', 'gen_ai.output.messages', [message('x')], '[REDACTED]'],
    ['error.error_message', 'exception.message', 'no record of Roe', '[REDACTED]'],
    ['tool_call.arguments.name', 'gen_ai.tool.call.result', { name: 'Roe' }, { name: 'Roe' }],
  ];
  it.each(FIELDS)('applies the path %s to %s', (path, name, value, shown) => {
    expect(redacted({ fields: [path] }, name, value as never)).toEqual(shown);
  });

  it('leaves out what is dropped', () => {
    const drop = { fields: ['tool_response.output', 'tool_call.arguments.name'], method: 'drop' as const };
    expect(redacted(drop, 'gen_ai.tool.call.result', { a: 1 } as never)).toBeUndefined();
    expect(redacted(drop, 'gen_ai.tool.call.arguments', { name: 'x', n: 1 } as never)).toEqual({ n: 1 });
  });

  it('shows its callback the attribute in the place of the event', () => {
    const seen: unknown[] = [];
    const callback: RedactionOptions['callback'] = (value, path, event) => {
      seen.push([value, path, event.type]);
      return value.replace('Roe', 'R.');
    };
    expect(redacted({ callback }, 'gen_ai.input.messages', [message('Jane Roe')] as never)).toEqual([
      message('Jane R.'),
    ]);
    expect(seen).toContainEqual(['Jane Roe', '["gen_ai.input.messages"][0].parts[0].content', undefined]);
  });

  it('redacts before it cuts', () => {
    const redaction = createAttributeRedactor({}, () => {});
    const long = [message(`${'x'.repeat(235)} ${EMAIL}`)];
    for (const lengthLimit of [256, 270, 280, 290, 300, 310, 320]) {
      const shown = spanContent({ 'gen_ai.input.messages': long as never }, { lengthLimit, redaction });
      expect(JSON.stringify(shown)).not.toMatch(/alice|roe@/);
    }
  });
});

describe('An instrumentation with the option redaction', () => {
  let harness: Harness;
  const HASHED: RedactionOptions = {
    methods: { email: 'hash' },
    salt: '0123456789abcdef',
    saltId: 's',
    patterns: [{ category: 'code', pattern: /Zx-\d{6}/ }],
  };
  const CONFIG = { captureMessageContent: 'SPAN_AND_EVENT' as const, redaction: HASHED };
  beforeAll(async () => {
    harness = await startHarness({ instrumentation: CONFIG, processor: { redaction: HASHED } });
  });
  afterEach(async () => {
    harness.instrumentation.setConfig(CONFIG);
    await harness.reset();
  });
  afterAll(() => harness.stop());

  /** All that left the process except the events. */
  const exported = () =>
    JSON.stringify([
      harness.allSpans().map(({ name, attributes, events, status }) => [name, attributes, events, status]),
      harness.logs.records().map(({ attributes, body }) => [attributes, body]),
    ]);

  it('gives a person the same hash on spans, in log records and in events', async () => {
    await withContext({ userId: EMAIL, tags: [EMAIL] }, () =>
      withSession({ id: 's-1' }, async () => {
        await harness.client.responses.create({ model: 'plain', input: `I am ${EMAIL}` });
        recordFeedback({ name: 'helpful', value: true, comment: `of ${EMAIL}` });
      }),
    );
    const hashes = (text: string) => new Set(text.match(/\[email_[0-9a-f]{16}\]/g));
    const events = JSON.stringify(await harness.events());
    expect(exported() + events).not.toContain(EMAIL);
    expect(hashes(exported()).size).toBe(1);
    expect(hashes(events)).toEqual(hashes(exported()));
    expect(harness.spans().map(({ attributes }) => attributes['user.id'])).toEqual(
      Array(2).fill([...hashes(events)][0]),
    );
  });

  it('changes no event: its content, its hash and its report are those without it', async () => {
    const seen: unknown[] = [];
    const { captureMessageContent } = CONFIG;
    for (const config of [{ captureMessageContent }, CONFIG]) {
      harness.instrumentation.setConfig(config);
      await harness.client.responses.create({ model: 'plain', input: `I am ${EMAIL}, Zx-481516` });
      const events = await harness.events();
      seen.push(
        events.map(({ type, message: text, llm_invocation, redaction: report, pii_categories }) => ({
          type,
          text,
          request: llm_invocation?.request,
          answer: llm_invocation?.response?.messages,
          report,
          pii_categories,
        })),
      );
      await harness.reset();
    }
    expect(seen[1]).toEqual(seen[0]);
    expect(JSON.stringify(seen[1])).toContain('"pii_categories":["code","email"]');
  });

  it('applies to agents, tools and sessions', async () => {
    const mail = agents.tool({
      name: 'a',
      description: 'd',
      parameters: z.object({ query: z.string() }),
      execute: async () => ({ to: EMAIL, code: 'Zx-481516' }),
    });
    const b = agents.tool({
      name: 'b',
      description: 'd',
      parameters: z.object({ query: z.string() }),
      execute: async () => {
        throw new RangeError(`no ${EMAIL}`);
      },
    });
    const agent = new agents.Agent({
      name: 'mailer',
      model: 'two-tools',
      instructions: `You are ${EMAIL}`,
      tools: [mail, b],
    });
    await withSession({ id: 's-2' }, () => agents.run(agent, `Zx-481516 of ${EMAIL}`));
    expect(harness.spans().map(({ name }) => name)).toContain('execute_tool b');
    expect(exported()).toContain('[REDACTED:code]');
    expect(exported()).not.toMatch(/alice\.roe|Zx-\d/);
  });

  it('is an option of traceOpenAI, too', async () => {
    harness.instrumentation.disable();
    const client = traceOpenAI(new OpenAI({ apiKey: 'k', baseURL: harness.server.url }), CONFIG);
    await client.responses.create({ model: 'plain', input: `I am ${EMAIL}` });
    harness.instrumentation.enable();
    expect(exported()).toContain('[email_');
    expect(exported()).not.toContain(EMAIL);
  });

  it('records content as it was sent without the option', async () => {
    harness.instrumentation.setConfig({ captureMessageContent: 'SPAN_AND_EVENT' });
    await harness.client.responses.create({ model: 'plain', input: `I am ${EMAIL}` });
    expect(exported()).toContain(EMAIL);
  });

  it('rejects wrong options', () => {
    expect(() => new OpenAIAgentsInstrumentation({ redaction: { detectors: ['emails' as never] } })).toThrow(
      /option "redaction.detectors\[0\]" is 'emails'/,
    );
    expect(() => new OpenAIAgentsInstrumentation({ redaction: { method: 'hash' } })).toThrow(
      /option "redaction.salt" is missing/,
    );
  });

  /** Text around a secret, in which it must still be found. */
  const planted = fc
    .tuple(fc.string({ maxLength: 12 }), fc.constantFrom(EMAIL, 'Zx-481516'), fc.string({ maxLength: 12 }))
    .map(([before, secret, after]) => `${before} ${secret} ${after}`);
  const data = fc.letrec<{ node: unknown }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3 },
      planted,
      planted.map((text) => JSON.stringify({ text })),
      fc.array(tie('node'), { maxLength: 2 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'password', 'value', 'content'), tie('node'), { maxKeys: 2 }),
    ),
  })).node;
  const texts = fc.record({
    input: planted,
    output: planted,
    given: data,
    returned: data,
    error: fc.boolean(),
  });

  it('lets no planted secret through, wherever it stands in a call', async () => {
    await fc.assert(
      fc.asyncProperty(texts, async ({ input, output, given, returned, error }) => {
        const call = {
          type: 'function_call',
          id: 'fc_1',
          call_id: 'c_1',
          name: 'mail',
          arguments: JSON.stringify(given),
        };
        const answer = {
          id: 'resp_1',
          object: 'response',
          status: 'completed',
          model: 'm',
          output: [
            {
              type: 'message',
              id: 'm_1',
              role: 'assistant',
              content: [{ type: 'output_text', text: output, annotations: [] }],
            },
            { type: 'reasoning', id: 'r_1', summary: [{ type: 'summary_text', text: output }] },
            call,
          ],
        };
        const failure = { error: { message: `Bad request: ${input}`, type: 'invalid_request_error' } };
        const client = new OpenAI({
          apiKey: 'k',
          maxRetries: 0,
          fetch: async () => Response.json(error ? failure : answer, { status: error ? 400 : 200 }),
        });
        await client.responses
          .create({
            model: 'm',
            instructions: input,
            input: [
              { role: 'user', content: [{ type: 'input_text', text: input }] },
              { type: 'function_call', call_id: 'c_0', name: 'mail', arguments: JSON.stringify(given) },
              { type: 'function_call_output', call_id: 'c_0', output: JSON.stringify(returned) },
            ],
            tools: [{ type: 'function', name: 'mail', description: input, parameters: {}, strict: false }],
          })
          .catch(() => {});
        await client.chat.completions
          .create({
            model: 'm',
            messages: [
              { role: 'system', content: input },
              { role: 'user', content: output },
              { role: 'tool', tool_call_id: 'c_0', content: JSON.stringify(returned) },
            ],
          })
          .catch(() => {});
        const left = exported();
        await harness.reset();
        expect(left).toContain('gen_ai.input.messages');
        expect(left).not.toMatch(/alice\.roe|Zx-\d{6}/);
      }),
      { numRuns: 40 },
    );
  });
});
