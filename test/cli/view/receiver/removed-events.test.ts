// Memory of `agent-events view --listen` that runs for long: what was removed to stay within --max-size is forgotten.
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';
import type { Overview, SessionPage } from '../../../../src/cli/view/view-api.js';
import { ChaukasApiSink, ChaukasSpanProcessor } from '../../../../src/index.js';
import { startView } from '../started-view.js';

const SESSIONS = 1200;
const AT_ONCE = 40;

describe('A receiver that has had far more than it may keep', () => {
  it('forgets sessions, names, calls and files with their events, and shows what is left', async () => {
    const view = await startView([], { receive: { maxBytes: 1_000_000 } });
    const { index } = view.view;
    const processor = new ChaukasSpanProcessor({
      tenantId: 'acme',
      projectId: 'shop',
      sinks: [new ChaukasApiSink({ endpoint: `${view.origin}/v1`, apiKey: 'k' })],
    });
    const provider = new BasicTracerProvider({ spanProcessors: [processor] });
    for (let session = 0; session < SESSIONS; session += 1) {
      const attributes = {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-5-mini',
        'gen_ai.agent.name': `agent-${session}`,
        'gen_ai.input.messages': JSON.stringify([
          { role: 'user', parts: [{ type: 'text', content: 'n'.repeat(2000) }] },
        ]),
      };
      provider.getTracer('shop').startSpan('chat gpt-5-mini', { attributes }).end();
      if (session % AT_ONCE === AT_ONCE - 1) await provider.forceFlush();
    }
    await provider.shutdown();
    const { receiver } = await view.until(
      ({ events, receiver: taken }) => taken !== undefined && events === taken.events - taken.removed,
    );
    expect(receiver?.refused).toBe(0);
    expect(receiver?.removed).toBeGreaterThan(SESSIONS);

    const { total, rows, choices } = await view.json<SessionPage>('/api/sessions?limit=1000');
    expect(total).toBeLessThan(SESSIONS / 2);
    // The places of what was removed were taken again.
    expect(index.sessions.length).toBeLessThan(SESSIONS / 1.5);
    expect(index.names.agent.size).toBeLessThan(SESSIONS / 1.5);
    expect(index.files.size).toBeLessThan(12);
    expect(choices.agent.filter((name) => !/^agent-\d+$/.test(name))).toEqual([]);
    const { models } = await view.json<Overview>('/api/overview');
    expect(models.map(({ name }) => name)).toEqual(['gpt-5-mini']);
    expect(models[0]?.calls).toBeLessThanOrEqual(total);

    const agent = `agent-${SESSIONS - 1}`;
    const newest = rows.find(({ agents }) => agents.includes(agent));
    expect(newest).toMatchObject({ modelCalls: 1, events: 4 });
    const found = await view.json<SessionPage>(`/api/sessions?agent=${agent}&q=${newest?.id}`);
    expect(found.rows).toEqual([newest]);
    expect((await view.get(`/api/sessions/${newest?.id}`)).status).toBe(200);
    expect((await view.json<SessionPage>('/api/sessions?agent=agent-0')).total).toBe(0);
    expect((await view.get('/api/events/0')).status).toBe(410);
  });
});
