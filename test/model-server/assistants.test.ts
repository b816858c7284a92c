import { describe, expect, test } from 'vitest';
import { collect } from './collect.js';
import { clientOf, serverForFile } from './local-client.js';

const server = serverForFile();
const threads = () => clientOf(server()).beta.threads;
const body = { assistant_id: 'asst_1' };
const lookup = { type: 'function' as const, function: { name: 'lookup_order' } };
const usage = { prompt_tokens: 40, completion_tokens: 12, total_tokens: 52 };

describe('A run', () => {
  test('is queued, advances each time it is retrieved, and has a usage at its end', async () => {
    const { id: thread_id } = await threads().create();
    const { runs } = threads();
    const run = await runs.create(thread_id, body);
    expect(run).toMatchObject({ object: 'thread.run', thread_id, status: 'queued', usage: null, ...body });
    const seen = [];
    for (let look = 0; look < 3; look += 1) {
      const { status, usage } = await runs.retrieve(run.id, { thread_id });
      seen.push([status, usage]);
    }
    expect(seen).toEqual([
      ['in_progress', null],
      ['completed', usage],
      ['completed', usage],
    ]);
  });

  test('calls a tool, and completes with its output', async () => {
    const { runs } = threads();
    const waiting = await runs.createAndPoll('thread_1', { ...body, tools: [lookup] });
    expect(waiting).toMatchObject({ status: 'requires_action', usage: null });
    const [call] = waiting.required_action?.submit_tool_outputs.tool_calls ?? [];
    expect(call?.function).toEqual({ name: 'lookup_order', arguments: '{"order":"A-1001"}' });
    const tool_outputs = [{ tool_call_id: call?.id ?? '', output: 'shipped' }];
    expect(
      await runs.submitToolOutputsAndPoll(waiting.id, { thread_id: 'thread_1', tool_outputs }),
    ).toMatchObject({ id: waiting.id, status: 'completed', usage });
  });

  test.each(['failed', 'expired', 'incomplete'])('ends as its instructions say: %s', async (status) => {
    const run = await threads().createAndRunPoll({ ...body, instructions: `This run is ${status}.` });
    expect(run).toMatchObject({ status, thread_id: expect.stringMatching(/^thread_/) });
  });

  test('is not found under another id', async () => {
    const call = threads().runs.retrieve('run_none', { thread_id: 'thread_1' });
    await expect(call).rejects.toMatchObject({ status: 404 });
  });
});

describe('A streamed run', () => {
  test('sends its events in the documented order', async () => {
    const stream = await threads().createAndRun({ ...body, stream: true });
    const names = (await collect(stream)).map(({ event }) => event);
    expect(names.filter((name, index) => name !== names[index - 1])).toEqual([
      'thread.run.queued',
      'thread.run.in_progress',
      'thread.message.created',
      'thread.message.delta',
      'thread.message.completed',
      'thread.run.completed',
    ]);
  });

  test('gives its helper the message', async () => {
    const [message] = await threads().runs.stream('thread_1', body).finalMessages();
    expect(message?.content).toMatchObject([
      { type: 'text', text: { value: 'The assistant has finished its work.' } },
    ]);
  });
});
