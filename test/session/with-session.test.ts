import * as agents from '@openai/agents';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { withApprover, withSession } from '../../src/index.js';
import { eventLines } from '../../src/testing/event-lines.js';
import { streamViolations } from '../harness/check-stream.js';
import { spanTree } from '../harness/span-tree.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterEach(() => harness.reset());
afterAll(() => harness.stop());

const agent = new agents.Agent({ name: 'plain', model: 'plain' });

describe('withSession', () => {
  it('records one span around the function, with its id on every span and event', async () => {
    const answer = await withSession({ id: 's-1', name: 'support', metadata: { plan: 'gold' } }, async () => {
      await agents.run(agent, 'first');
      await harness.client.responses.create({ model: 'plain', input: 'second' });
      return 'done';
    });
    expect(answer).toBe('done');
    expect(spanTree(harness.spans())).toEqual([
      'session support [INTERNAL]',
      '  invoke_workflow plain [INTERNAL]',
      '    invoke_agent plain [INTERNAL]',
      '      chat plain [CLIENT]',
      '  chat plain [CLIENT]',
    ]);
    expect(harness.spans().map((span) => span.attributes['session.id'])).toEqual(Array(5).fill('s-1'));

    const events = await harness.events();
    expect(streamViolations(events)).toEqual([]);
    expect(eventLines(events)).toEqual([
      'SESSION_START',
      '  AGENT_START plain',
      '  STATE_UPDATE',
      '  INPUT_RECEIVED',
      '    MODEL_INVOCATION_START',
      '    MODEL_INVOCATION_END',
      '  OUTPUT_EMITTED',
      '  AGENT_END plain',
      '  MODEL_INVOCATION_START',
      '  MODEL_INVOCATION_END',
      'SESSION_END',
    ]);
    expect(new Set(events.map((event) => event.session_id))).toEqual(new Set(['s-1']));
    expect(events[0]?.metadata).toMatchObject({ plan: 'gold' });
    expect(events[0]?.span_id).toBe(
      harness
        .spans()
        .find((span) => span.name === 'session support')
        ?.spanContext().spanId,
    );
  });

  it('can open a session again under the same id', async () => {
    for (const input of ['first', 'second']) {
      await withSession({ id: 's-2' }, () => harness.client.responses.create({ model: 'plain', input }));
    }
    const events = await harness.events();
    expect(events.map((event) => event.type.slice('EVENT_TYPE_'.length))).toEqual([
      ...['SESSION_START', 'MODEL_INVOCATION_START', 'MODEL_INVOCATION_END', 'SESSION_END'],
      ...['SESSION_START', 'MODEL_INVOCATION_START', 'MODEL_INVOCATION_END', 'SESSION_END'],
    ]);
    expect(
      new Set(events.filter((event) => event.type.endsWith('SESSION_START')).map((event) => event.span_id))
        .size,
    ).toBe(2);
  });

  it('fails with the error of the function, which reaches the caller unchanged', async () => {
    const failure = new RangeError('no');
    await expect(withSession({ id: 's-3' }, () => Promise.reject(failure))).rejects.toBe(failure);
    expect(() =>
      withSession({ id: 's-4' }, () => {
        throw failure;
      }),
    ).toThrow(failure);
    expect(spanTree(harness.spans())).toEqual([
      'session [INTERNAL] ✗ RangeError',
      'session [INTERNAL] ✗ RangeError',
    ]);
    expect(eventLines(await harness.events())).toEqual([
      'SESSION_START',
      'SESSION_END (failed)',
      'SESSION_START',
      'SESSION_END (failed)',
    ]);
  });

  it('generates an id if there is none, and returns the result of the function', async () => {
    expect(withSession({}, () => 7)).toBe(7);
    const [start] = await harness.events();
    expect(start?.session_id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('takes precedence over the conversation of a run', async () => {
    const runner = new agents.Runner({ groupId: 'thread-1' });
    await withSession({ id: 's-5' }, () => runner.run(agent, 'x'));
    expect(new Set((await harness.events()).map((event) => event.session_id))).toEqual(new Set(['s-5']));
  });

  it.each([
    [undefined, 'the options are undefined; they must be an object, e.g. { id, name }'],
    [{ id: 5 }, 'option "id" is 5; it must be a non-empty string'],
    [{ name: '' }, `option "name" is ''; it must be a non-empty string`],
    [{ names: 'x' }, 'unknown option "names"; known options: id, name, userId, tags, metadata'],
  ])('rejects %j before anything runs', (options, message) => {
    expect(() => withSession(options as never, () => expect.unreachable())).toThrow(message);
  });
});

describe('withSession and withApprover', () => {
  it.each([
    ['withSession', () => withSession({ id: 's-1' }, undefined as never)],
    ['withSession', () => (withSession as (options: object) => void)({ id: 's-1' })],
    ['withApprover', () => withApprover({ id: 'jane' }, 'state' as never)],
  ])('%s without a function is an error, and records nothing', async (name, call) => {
    expect(call).toThrow(
      new RegExp(
        `^opentelemetry-instrumentation-openai-agents: ${name}: the second argument is .*; it must be`,
      ),
    );
    expect(call).toThrow(TypeError);
    expect(harness.spans()).toEqual([]);
    expect(await harness.events()).toEqual([]);
  });
});
