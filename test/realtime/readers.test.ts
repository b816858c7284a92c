/** The pure parts, which read the provider's events whatever they contain. */
import { describe, expect, it } from 'vitest';
import { findRealtimeModule } from '../../src/instrumentation/realtime/realtime-hooks.js';
import { ConversationInput, UserInput } from '../../src/instrumentation/realtime/user-input.js';
import {
  describeRealtimeError,
  isCancelled,
  itemMessage,
  outputMessages,
  readRealtimeResponse,
  readRealtimeSettings,
  requestedAttributes,
  textOf,
} from '../../src/openai-api/realtime.js';
import type { GenAiMessage } from '../../src/semconv/messages.js';

const SOUND = 'UklGRiQAAABXQVZF';

describe('itemMessage', () => {
  it.each<[what: string, item: Record<string, unknown>, message: object]>([
    [
      'a text of the user',
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] },
      { role: 'user', parts: [{ type: 'text', content: 'Hello' }] },
    ],
    [
      'speech of the user with its transcript',
      {
        type: 'message',
        role: 'user',
        content: [{ type: 'input_audio', transcript: 'Hello', audio: SOUND }],
      },
      { role: 'user', parts: [{ type: 'text', content: 'Hello' }] },
    ],
    [
      'speech of the user without a transcript',
      { type: 'message', role: 'user', content: [{ type: 'input_audio', transcript: null, audio: SOUND }] },
      { role: 'user', parts: [{ type: 'input_audio' }] },
    ],
    [
      'speech of the model',
      {
        type: 'message',
        role: 'assistant',
        content: [{ type: 'output_audio', transcript: 'Hi', audio: SOUND }],
      },
      { role: 'assistant', parts: [{ type: 'text', content: 'Hi' }] },
    ],
    [
      'speech of the model, in the beta',
      { type: 'message', role: 'assistant', content: [{ type: 'audio', transcript: 'Hi', audio: SOUND }] },
      { role: 'assistant', parts: [{ type: 'text', content: 'Hi' }] },
    ],
    [
      'a picture',
      {
        type: 'message',
        role: 'user',
        content: [{ type: 'input_image', image_url: 'https://example.org/cat.png' }],
      },
      { role: 'user', parts: [{ type: 'uri', modality: 'image', uri: 'https://example.org/cat.png' }] },
    ],
    [
      'a part of an unknown type, by its type alone',
      { type: 'message', role: 'user', content: [{ type: 'input_sound_v2', data: SOUND }] },
      { role: 'user', parts: [{ type: 'input_sound_v2' }] },
    ],
    [
      'a call of a function',
      { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{"a":1}' },
      { role: 'assistant', parts: [{ type: 'tool_call', id: 'c1', name: 'f', arguments: { a: 1 } }] },
    ],
    [
      'the answer of a function',
      { type: 'function_call_output', call_id: 'c1', output: 'done' },
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', response: 'done' }] },
    ],
    [
      'a call of a hosted MCP tool',
      { type: 'mcp_call', id: 'm1', name: 'f', server_label: 's', arguments: '{"a":1}', output: '2' },
      {
        role: 'assistant',
        parts: [
          {
            type: 'server_tool_call',
            id: 'm1',
            name: 'f',
            server_tool_call: { type: 'mcp_call', name: 'f', server_label: 's', arguments: { a: 1 } },
          },
          {
            type: 'server_tool_call_response',
            id: 'm1',
            server_tool_call_response: { type: 'mcp_call', output: '2' },
          },
        ],
      },
    ],
    [
      'an item of an unknown type, by its type alone',
      { type: 'sound_v2', data: SOUND },
      { role: 'assistant', parts: [{ type: 'sound_v2' }] },
    ],
    ['an item without anything', {}, { role: 'user', parts: [] }],
    ['content that is not an array', { content: 'Hello' }, { role: 'user', parts: [] }],
    ['a part that is not an object', { content: [null] }, { role: 'user', parts: [{ type: 'unknown' }] }],
  ])('%s', (_what, item, message) => {
    expect(itemMessage(item)).toEqual(message);
  });
});

describe('outputMessages', () => {
  const items = [
    { type: 'message', role: 'assistant', content: [{ type: 'output_audio', transcript: 'One moment. ' }] },
    { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
    { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Done.' }] },
  ];

  it('returns one message with all parts in order', () => {
    expect(outputMessages(items)).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'text', content: 'One moment. ' },
          { type: 'tool_call', id: 'c1', name: 'f', arguments: {} },
          { type: 'text', content: 'Done.' },
        ],
      },
    ]);
    expect(textOf(outputMessages(items))).toBe('One moment. Done.');
  });

  it.each([[[]], [undefined], [null], ['text'], [[1, null]]])('returns no message for %j', (output) => {
    expect(outputMessages(output)).toEqual([]);
  });
});

describe('readRealtimeResponse', () => {
  it.each<[status: string, details: unknown, output: unknown[], read: object]>([
    ['completed', null, [{ type: 'message' }], { finishReasons: ['stop'] }],
    ['completed', null, [{ type: 'function_call', call_id: 'c1' }], { finishReasons: ['tool_calls'] }],
    ['completed', null, [], { finishReasons: ['stop'] }],
    ['incomplete', { type: 'incomplete', reason: 'max_output_tokens' }, [], { finishReasons: ['length'] }],
    [
      'incomplete',
      { type: 'incomplete', reason: 'content_filter' },
      [],
      { finishReasons: ['content_filter'] },
    ],
    [
      'cancelled',
      { type: 'cancelled', reason: 'turn_detected' },
      [],
      {
        finishReasons: ['error'],
        attributes: { 'openai_agents.cancellation.reason': 'turn_detected' },
      },
    ],
    [
      'failed',
      { type: 'failed', error: { type: 'server_error', message: 'No' } },
      [],
      {
        finishReasons: ['error'],
        failure: { type: 'server_error', message: 'No', plainMessage: 'The response failed' },
      },
    ],
    [
      'failed',
      null,
      [],
      {
        finishReasons: ['error'],
        failure: { type: '_OTHER', message: 'The response failed', plainMessage: 'The response failed' },
      },
    ],
    ['in_progress', null, [], {}],
  ])('%s %j %j', (status, status_details, output, read) => {
    expect(readRealtimeResponse({ id: 'r1', status, status_details, output }, 'gpt-realtime')).toEqual({
      id: 'r1',
      model: 'gpt-realtime',
      attributes: {},
      ...read,
    });
    expect(isCancelled({ status })).toBe(status === 'cancelled');
  });

  it.each([[{}], [{ usage: 5, output: 'x', status_details: [] }]])('never throws: %j', (response) => {
    expect(readRealtimeResponse(response, undefined).failure).toBeUndefined();
  });
});

describe('requestedAttributes', () => {
  it.each<[response: Record<string, unknown>, outputType: string | undefined, maxTokens: number | undefined]>(
    [
      [{ output_modalities: ['audio'], max_output_tokens: 'inf' }, 'speech', undefined],
      [{ output_modalities: ['text'], max_output_tokens: 100 }, 'text', 100],
      [{ modalities: ['text', 'audio'] }, 'speech', undefined],
      [{}, undefined, undefined],
    ],
  )('%j', (response, outputType, maxTokens) => {
    expect(requestedAttributes(response)).toEqual({
      'gen_ai.output.type': outputType,
      'gen_ai.request.max_tokens': maxTokens,
    });
  });
});

describe('readRealtimeSettings', () => {
  const session = {
    id: 'sess_1',
    model: 'gpt-realtime-2025',
    instructions: 'Be brief.',
    tools: [
      { type: 'function', name: 'f', description: 'F', parameters: { type: 'object' } },
      { type: 'mcp', server_label: 's', authorization: 'secret', headers: { 'x-key': 'secret' } },
    ],
    audio: { input: { transcription: { model: 'whisper-1' } } },
  };

  it('reads content only if it is wanted, and no credentials', () => {
    expect(readRealtimeSettings(session, true)).toEqual({
      id: 'sess_1',
      model: 'gpt-realtime-2025',
      transcriptionModel: 'whisper-1',
      systemInstructions: [{ type: 'text', content: 'Be brief.' }],
      toolDefinitions: [
        { type: 'function', name: 'f', description: 'F', parameters: { type: 'object' } },
        { type: 'mcp', name: 's', server_label: 's' },
      ],
    });
    expect(readRealtimeSettings(session, false)).toEqual({
      id: 'sess_1',
      model: 'gpt-realtime-2025',
      transcriptionModel: 'whisper-1',
    });
  });

  it('knows the names of the beta, and a session without transcription', () => {
    const beta = { input_audio_transcription: { model: 'whisper-1' } };
    expect(readRealtimeSettings(beta, true).transcriptionModel).toBe('whisper-1');
    expect(readRealtimeSettings({ audio: { input: { transcription: null } } }, true)).toEqual({});
  });
});

describe('describeRealtimeError', () => {
  const unreadable = {
    get error(): unknown {
      throw new Error('no');
    },
  };
  it.each<[what: string, error: unknown, type: string, message: string]>([
    [
      "the provider's",
      {
        type: 'error',
        error: { type: 'error', event_id: 'e', error: { type: 'server_error', code: 'x', message: 'm' } },
      },
      'x',
      'm',
    ],
    [
      "the provider's, without a code",
      { type: 'error', error: { type: 'error', error: { type: 'server_error', code: null } } },
      'server_error',
      'The provider reported an error',
    ],
    ["the application's", { type: 'error', error: new RangeError('m') }, 'RangeError', 'm'],
    [
      "a socket's",
      {
        type: 'error',
        error: { type: 'error', error: Object.assign(new Error('m'), { code: 'ECONNRESET' }) },
      },
      'ECONNRESET',
      'm',
    ],
    ['an error itself', new TypeError('m'), 'TypeError', 'm'],
    ['a text', { type: 'error', error: 'lost' }, 'error', 'The provider reported an error'],
    ['nothing', undefined, '_OTHER', 'undefined'],
    ['an unreadable error', unreadable, 'Object', 'Object'],
  ])('%s', (_what, error, type, message) => {
    expect(describeRealtimeError(error)).toMatchObject({ type, message });
  });
});

describe('ConversationInput', () => {
  const user = (id: string, text: string) => ({
    id,
    type: 'message',
    role: 'user',
    content: [{ type: 'input_text', text }],
  });
  const message = (role: string, content: string) => ({ role, parts: [{ type: 'text', content }] });

  it('has the items since the last response, without those of the model', () => {
    const input = new ConversationInput(true);
    expect(input.hasUserInput).toBe(false);
    input.add({ ...user('i0', 'Be brief.'), role: 'system' });
    input.add({ type: 'message', role: 'assistant', content: [] });
    input.add({ type: 'function_call', call_id: 'c1', name: 'f' });
    expect(input.hasUserInput).toBe(false);
    input.add(user('i1', 'Hello'));
    expect(input.hasUserInput).toBe(true);
    expect(input.take()).toEqual({
      all: [message('system', 'Be brief.'), message('user', 'Hello')],
      byUser: [{ id: 'i1', byUser: true, spoken: false, message: message('user', 'Hello') }],
    });
    expect(input.hasUserInput).toBe(false);
    expect(input.take()).toEqual({ all: [], byUser: [] });
  });

  it('replaces audio by its transcript', () => {
    const input = new ConversationInput(true);
    const spoken = { type: 'message', role: 'user', content: [{ type: 'input_audio', transcript: null }] };
    input.add({ ...spoken, id: 'i1' });
    input.add(spoken);
    input.transcribed('i1', 'Hello');
    input.transcribed('i2', 'of another item');
    input.transcribed(undefined, 'of no item');
    input.transcribed('i1', undefined);
    expect(input.take().all).toEqual([
      message('user', 'Hello'),
      { role: 'user', parts: [{ type: 'input_audio' }] },
    ]);
  });

  it('keeps no content that is not wanted, and at most a hundred items', () => {
    const without = new ConversationInput(false);
    without.add(user('i1', 'Hello'));
    expect(without.hasUserInput).toBe(true);
    expect(without.take()).toEqual({
      all: [],
      byUser: [{ id: 'i1', byUser: true, spoken: false, message: undefined }],
    });
    const input = new ConversationInput(true);
    for (let item = 0; item < 150; item += 1) input.add(user(`i${item}`, `text ${item}`));
    const { all } = input.take();
    expect(all).toHaveLength(100);
    expect(all[0]).toEqual(message('user', 'text 50'));
  });
});

describe('UserInput', () => {
  const words = (content: string): GenAiMessage => ({ role: 'user', parts: [{ type: 'text', content }] });
  const sound: GenAiMessage = { role: 'user', parts: [{ type: 'input_audio' }] };
  const item = (id: string, message: GenAiMessage | undefined) => ({
    id,
    byUser: true,
    spoken: false,
    message,
  });

  it('is complete if it is all text, if no transcript is due, or if content is not wanted', () => {
    expect(new UserInput([item('i1', words('Hello'))], true).complete).toBe(true);
    expect(new UserInput([item('i1', sound)], false).complete).toBe(true);
    expect(new UserInput([item('i1', undefined)], true).complete).toBe(true);
  });

  it('waits for each transcript, and keeps the audio part if the transcription failed', () => {
    const input = new UserInput([item('i1', sound), item('i2', words('and')), item('i3', sound)], true);
    expect(input.complete).toBe(false);
    expect(input.transcribed('i9', 'of another item')).toBe(false);
    expect(input.transcribed(undefined, 'of no item')).toBe(false);
    expect(input.transcribed('i3', 'goodbye')).toBe(false);
    expect(input.transcribed('i1', undefined)).toBe(true);
    expect(input.transcribed('i1', 'late')).toBe(false);
    expect(input.messages).toEqual([sound, words('and'), words('goodbye')]);
  });
});

describe('findRealtimeModule', () => {
  class RealtimeSession {}
  it.each<[what: string, value: unknown, found: boolean]>([
    ['a module', { RealtimeSession }, true],
    ['a module with a default', { default: { RealtimeSession } }, true],
    ['another module', { Agent: RealtimeSession }, false],
    ['a session', new RealtimeSession(), false],
    ['nothing', undefined, false],
  ])('%s', (_what, value, found) => {
    expect(findRealtimeModule(value)?.RealtimeSession).toBe(found ? RealtimeSession : undefined);
  });
});
