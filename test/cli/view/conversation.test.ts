// A session as a chat, whatever its requests repeat.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Conversation, ConversationPart } from '../../../src/cli/view/view-api.js';
import { EVERY_TYPE, eventLine, temporaryFolder } from '../run-command.js';
import { startView } from './started-view.js';

const folder = temporaryFolder();
let files = 0;

type Members = Record<string, unknown>;

/** The chat of a session as lines: `user: text`. */
async function chatOf(events: readonly Members[], until?: number): Promise<string[]> {
  const { items, incomplete } = await conversation(events, until);
  return [
    ...items.map(({ role, parts }) => `${role}: ${parts.map(shown).join(' | ')}`),
    ...(incomplete ? [incomplete] : []),
  ];
}

async function conversation(events: readonly Members[], until?: number): Promise<Conversation> {
  files += 1;
  const file = path.join(folder, `${files}.jsonl`);
  writeFileSync(file, events.map((event, index) => eventLine({ event_id: `e${index}`, ...event })).join(''));
  const { json } = await startView([file], { follow: false });
  return json(`/api/sessions/s1/conversation${until === undefined ? '' : `?until=${until}`}`);
}

function shown(part: ConversationPart): string {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'reasoning':
      return `(${part.text})`;
    case 'tool_call':
      return `${part.name}(${JSON.stringify(part.arguments)})`;
    case 'tool_result':
      return `${part.name} -> ${part.error ?? JSON.stringify(part.result)}`;
    case 'media':
      return `<${part.mimeType} ${part.bytes} ${part.sha256}>`;
    case 'note':
      return `${part.type} ${part.outcome}: ${part.text}`;
    case 'other':
      return JSON.stringify(part.value);
  }
}

const user = (content: unknown) => ({ role: 'user', content });
const assistant = (content: unknown) => ({ role: 'assistant', content });
const call = (id: string, name: string) => ({ type: 'tool_call', id, name, arguments: { n: 1 } });

const request = (span: string, messages: unknown, more: Members = {}): Members => ({
  type: 'EVENT_TYPE_MODEL_INVOCATION_START',
  span_id: span,
  llm_invocation: { model: 'gpt-5', request: { messages, ...(more.request as Members | undefined) } },
  ...(more.since !== undefined && { metadata: { messages_since: more.since } }),
});
const response = (span: string, messages: unknown, status = 'COMPLETED'): Members => ({
  type: 'EVENT_TYPE_MODEL_INVOCATION_END',
  span_id: span,
  status: `EVENT_STATUS_${status}`,
  llm_invocation: { model: 'gpt-5', response: messages === undefined ? {} : { messages } },
});

describe('A conversation', () => {
  it('has the instructions once, and each message once, if requests have the whole history', async () => {
    const instructions = { request: { system_instructions: [{ type: 'text', content: 'Be brief.' }] } };
    expect(
      await chatOf([
        request('1', [user('Hello')], instructions),
        response('1', [assistant('Hi')]),
        request('2', [user('Hello'), assistant('Hi'), user('Hello')], instructions),
        response('2', [assistant('Hi again')]),
      ]),
    ).toEqual(['system: Be brief.', 'user: Hello', 'assistant: Hi', 'user: Hello', 'assistant: Hi again']);
  });

  it('has each message once if requests have what is new since the last call', async () => {
    expect(
      await chatOf([
        request('1', [user('What?')]),
        response('1', [assistant([{ type: 'reasoning', content: 'hm' }, call('c1', 'look')])]),
        {
          type: 'EVENT_TYPE_TOOL_CALL_START',
          span_id: 't',
          tool_call: { id: 'c1', name: 'look', arguments: { n: 1 } },
        },
        {
          type: 'EVENT_TYPE_TOOL_CALL_END',
          span_id: 't',
          tool_response: { tool_call_id: 'c1', output: { ok: true } },
        },
        request(
          '2',
          [
            assistant([{ type: 'reasoning', content: 'hm' }]),
            assistant([call('c1', 'look')]),
            { role: 'tool', content: [{ type: 'tool_call_response', id: 'c1', response: '{"ok":true}' }] },
          ],
          { since: 'e0' },
        ),
        response('2', [assistant('That.')]),
        { type: 'EVENT_TYPE_OUTPUT_EMITTED', message: { role: 'assistant', text: 'That.' } },
      ]),
    ).toEqual([
      'user: What?',
      'assistant: (hm) | look({"n":1})',
      'tool: look -> {"ok":true}',
      'assistant: That.',
    ]);
  });

  it('has the input of a run once', async () => {
    const input = { type: 'EVENT_TYPE_INPUT_RECEIVED', message: { role: 'user', text: 'Hello' } };
    expect(
      await chatOf([
        input,
        request('1', [user('Hello')]),
        response('1', [assistant('Hi')]),
        input,
        request('2', [user('Hello')]),
        response('2', [assistant('Hi')]),
      ]),
    ).toEqual(['user: Hello', 'assistant: Hi', 'user: Hello', 'assistant: Hi']);
  });

  it('has a failed call, and its messages once if the application sends them again', async () => {
    expect(
      await chatOf([
        request('1', [user('Hello')]),
        response('1', undefined, 'FAILED'),
        { type: 'EVENT_TYPE_RETRY', span_id: '2', retry: { attempt: 1, backoff_ms: 500 } },
        request('2', [user('Hello')]),
        response('2', [assistant('Hi')]),
      ]),
    ).toEqual([
      'user: Hello',
      'event: model failed: gpt-5  failed',
      'event: retry completed: attempt 1  waits 500 ms',
      'assistant: Hi',
    ]);
  });

  it('has an unfinished call, but not if it ends before its answer', async () => {
    const events = [request('1', [user('Hello')])];
    expect(await chatOf(events)).toEqual(['user: Hello', 'event: model open: gpt-5']);
    expect(await chatOf([...events, response('1', [assistant('Hi')])], 0)).toEqual(['user: Hello']);
  });

  it('has media as type, size and hash, and unknown parts as they are', async () => {
    const blob = { type: 'blob', modality: 'image', mime_type: 'image/png', bytes: 7, sha256: 'ab' };
    expect(
      await chatOf([request('1', [user([{ type: 'text', content: 'See' }, blob, { type: 'hologram' }])])], 0),
    ).toEqual(['user: See | <image/png 7 ab> | {"type":"hologram"}']);
  });

  it('has tools, errors and handoffs of calls without content, and says what is missing', async () => {
    expect(
      await chatOf([
        request('1', undefined),
        response('1', undefined),
        { type: 'EVENT_TYPE_TOOL_CALL_START', span_id: 't', tool_call: { name: 'look', arguments: {} } },
        {
          type: 'EVENT_TYPE_TOOL_CALL_END',
          span_id: 't',
          status: 'EVENT_STATUS_FAILED',
          tool_response: { error_message: 'no' },
        },
        {
          type: 'EVENT_TYPE_ERROR',
          status: 'EVENT_STATUS_FAILED',
          error: { error_code: 'E', error_message: 'no' },
        },
        { type: 'EVENT_TYPE_AGENT_HANDOFF', agent_handoff: { from_agent_name: 'a', to_agent_name: 'b' } },
        request('2', [user('More')], { since: 'gone' }),
        response('2', [assistant('Yes')]),
      ]),
    ).toEqual([
      'assistant: look({})',
      'tool: look -> no',
      'event: error failed: E  "no"',
      'event: handoff completed: a → b',
      'user: More',
      'assistant: Yes',
      'The events have no content of some model calls. Earlier messages are in events that are not in the input.',
    ]);
  });

  it('of every type of event is told from the input to the output', async () => {
    const { json } = await startView([EVERY_TYPE]);
    const { items, omitted } = await json<Conversation>('/api/sessions/order-1042/conversation');
    expect(omitted).toBe(0);
    expect(
      items.map(({ role, agent, parts }) => `${role} ${agent}: ${parts.map(shown).join(' | ')}`),
    ).toMatchInlineSnapshot(`
      [
        "user triage: My kettle from order 1042 arrived broken. I would like my money back.",
        "user triage: My kettle …",
        "event triage: retry completed: attempt 1  HTTP 429  waits 500 ms",
        "event triage: policy completed: refund_limit  allow  "42.50 is below 100"",
        "assistant triage: search_orders({"order":"1042"})",
        "tool triage: search_orders -> {"currency":"EUR","total":42.5}",
        "assistant triage: refund_card({"amount":42.5})",
        "event triage: error failed: ECONNREFUSED  "card service: connection refused"",
        "tool triage: refund_card -> card service: connection refused",
        "event triage: handoff completed: triage → refunds  "the card cannot be paid back"",
        "assistant refunds: Your 42.50 EUR will be in your bank account within three days.",
      ]
    `);
  });
});
