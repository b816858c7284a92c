import type { SseEvent } from '../http/sse.js';
import { derivedId } from '../ids.js';
import { words } from '../text-chunks.js';
import { ANSWER, endingOf, type KeptRun, runBody } from './run.js';

/** The events of a run from its current state to its end, which change the run's state on the way. */
export function* events(kept: KeptRun): Generator<SseEvent, void, void> {
  yield { event: 'thread.run.queued', data: runBody(kept) };
  kept.state = 'in_progress';
  yield { event: 'thread.run.in_progress', data: runBody(kept) };
  const ending = endingOf(kept);
  if (ending === 'completed' || ending === 'incomplete') yield* messageEvents(kept, ending);
  kept.state = 'ended';
  yield { event: `thread.run.${ending}`, data: runBody(kept) };
  yield { event: 'done', data: '[DONE]' };
}

function* messageEvents(kept: KeptRun, status: 'completed' | 'incomplete'): Generator<SseEvent, void, void> {
  const { id: runId, assistant_id, thread_id, created_at } = runBody(kept);
  const id = derivedId('msg_', kept.seed);
  const message = {
    id,
    object: 'thread.message',
    created_at,
    assistant_id,
    thread_id,
    run_id: runId,
    role: 'assistant',
    attachments: [],
    metadata: {},
  };
  yield { event: 'thread.message.created', data: { ...message, status: 'in_progress', content: [] } };
  for (const value of words(ANSWER)) {
    const delta = { content: [{ index: 0, type: 'text', text: { value, annotations: [] } }] };
    yield { event: 'thread.message.delta', data: { id, object: 'thread.message.delta', delta } };
  }
  const content = [{ type: 'text', text: { value: ANSWER, annotations: [] } }];
  yield { event: `thread.message.${status}`, data: { ...message, status, content } };
}
