/** The application's request objects are read by the client alone, and the record is what was sent. */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ChaukasSpanProcessor, MemorySink } from '../../../src/index.js';
import { kind, made, noting, scalar } from '../../harness/generated-objects.js';
import { cannedCompletions, type NewClient, startTwoClients, type TwoClients } from './two-clients.js';

const sink = new MemorySink();
const processor = new ChaukasSpanProcessor({ sinks: [sink] });
let clients: TwoClients;
beforeAll(async () => {
  clients = await startTwoClients({ captureMessageContent: 'SPAN_AND_EVENT' }, [processor]);
});
afterAll(() => clients.stop());
beforeEach(() => clients.exporter?.reset());

/** Makes a call with a request of any shape. */
type Create = (client: ReturnType<NewClient>, request: unknown) => PromiseLike<unknown>;

const createChat: Create = ({ chat }, request) => chat.completions.create(request as never);

interface Seen {
  readonly sent: unknown[];
  readonly reads: readonly string[];
  readonly outcome: unknown;
}

/** @param build - makes the request, and notes each read of it. */
async function send(
  newClient: NewClient,
  build: (reads: string[]) => unknown,
  create: Create = createChat,
): Promise<Seen> {
  const { fetch, bodies } = cannedCompletions();
  const reads: string[] = [];
  const request = build(reads);
  let outcome: unknown;
  try {
    outcome = await create(newClient({ fetch }), request);
  } catch (error) {
    outcome = String(error);
  }
  return { sent: bodies, reads, outcome };
}

async function expectSame(build: (reads: string[]) => unknown, create?: Create): Promise<Seen> {
  const { bare, instrumented } = await clients.bothAsync((newClient) => send(newClient, build, create));
  expect(instrumented).toEqual(bare);
  return instrumented;
}

const recorded = (attribute: string) =>
  (clients.exporter?.getFinishedSpans() ?? []).at(-1)?.attributes[attribute];
const user = (content: string) => [{ role: 'user', parts: [{ type: 'text', content }] }];

describe('A request of the application', () => {
  it('with a toJSON that changes is serialised once, and recorded as it was sent', async () => {
    let calls = 0;
    await expectSame((reads) => {
      calls = 0;
      const toJSON = () => {
        reads.push('toJSON');
        calls += 1;
        return { role: 'user', content: `call ${calls}` };
      };
      return { model: 'm', messages: [{ role: 'user', content: 'hi', toJSON }] };
    });
    expect(JSON.parse(String(recorded('gen_ai.input.messages')))).toEqual(user('call 1'));
  });

  it('with getters is read once, and its model is that of the body', async () => {
    const { reads } = await expectSame((notes) => ({
      get model() {
        notes.push('model');
        return 'from-a-getter';
      },
      get messages() {
        notes.push('messages');
        return [{ role: 'user', content: 'x' }];
      },
    }));
    expect(reads.filter((name) => name === 'messages')).toHaveLength(1);
    expect((clients.exporter?.getFinishedSpans() ?? []).at(-1)?.name).toBe('chat from-a-getter');
    expect(recorded('gen_ai.request.model')).toBe('from-a-getter');
    expect(JSON.parse(String(recorded('gen_ai.input.messages')))).toEqual(user('x'));
  });

  it('that is a Proxy is read by no trap of ours', async () => {
    await expectSame((notes) => noting({ model: 'm', messages: [{ role: 'user', content: 'x' }] }, notes));
    expect(recorded('gen_ai.request.model')).toBe('m');
  });

  it('that cannot be serialised fails as without us, and its data is recorded', async () => {
    const { outcome } = await expectSame(() => {
      const loop: Record<string, unknown> = { model: 'm', messages: [{ role: 'user', content: 'x' }] };
      loop.metadata = loop;
      return loop;
    });
    expect(outcome).toMatch(/circular/i);
    expect(JSON.parse(String(recorded('gen_ai.input.messages')))).toEqual(user('x'));
  });

  it('has its START event with the content before the END', async () => {
    await expectSame(() => ({ model: 'm', messages: [{ role: 'user', content: 'in the event' }] }));
    await processor.forceFlush();
    const calls = sink.events.filter(({ type }) => type.startsWith('EVENT_TYPE_MODEL')).slice(-2);
    expect(calls.map(({ type }) => type)).toEqual([
      'EVENT_TYPE_MODEL_INVOCATION_START',
      'EVENT_TYPE_MODEL_INVOCATION_END',
    ]);
    expect(JSON.stringify(calls[0])).toContain('in the event');
  });
});

const description = fc.record({
  request: kind,
  message: kind,
  part: kind,
  tool: kind,
  format: kind,
  list: fc.boolean(),
  text: fc.string({ maxLength: 12 }),
  temperature: scalar,
  extra: fc.dictionary(fc.string({ maxLength: 6 }), scalar, { maxKeys: 3 }),
  cycle: fc.boolean(),
});

type Description = typeof description extends fc.Arbitrary<infer Given> ? Given : never;

interface Endpoint {
  readonly name: string;
  readonly create: Create;
  /** The members of a request, with objects of the described kinds. */
  readonly members: (given: Description, notes: string[]) => Record<string, unknown>;
}

const listed = (given: Description, items: unknown[], notes: string[]) =>
  given.list ? noting(items, notes) : items;

const toolOf = (given: Description, notes: string[], definition: object) =>
  made(given.tool, { type: 'function', ...definition }, notes);

const ENDPOINTS: readonly Endpoint[] = [
  {
    name: 'chat.completions.create',
    create: createChat,
    members(given, notes) {
      const part = made(given.part, { type: 'text', text: given.text }, notes);
      const message = made(given.message, { role: 'user', content: [part] }, notes);
      const definition = { name: 'f', parameters: { type: 'object', properties: { ...given.extra } } };
      return {
        messages: listed(given, [message], notes),
        tools: [toolOf(given, notes, { function: definition })],
        response_format: made(given.format, { type: 'json_object' }, notes),
        stream: false,
      };
    },
  },
  {
    name: 'responses.create',
    create: ({ responses }, request) => responses.create(request as never),
    members(given, notes) {
      const part = made(given.part, { type: 'input_text', text: given.text }, notes);
      const message = made(given.message, { role: 'user', content: [part] }, notes);
      return {
        input: listed(given, [message], notes),
        tools: [toolOf(given, notes, { name: 'f', parameters: { ...given.extra } })],
        text: { format: made(given.format, { type: 'json_object' }, notes) },
      };
    },
  },
  {
    name: 'embeddings.create',
    create: ({ embeddings }, request) => embeddings.create(request as never),
    members: (given, notes) => ({
      input: listed(given, [given.text, made(given.part, { text: given.text }, notes)], notes),
      encoding_format: 'float',
      user: made(given.format, { name: given.text }, notes),
    }),
  },
  {
    name: 'images.generate',
    create: ({ images }, request) => images.generate(request as never),
    members: (given, notes) => ({
      prompt: made(given.message, { text: given.text }, notes),
      size: listed(given, [given.text], notes),
      n: made(given.format, { count: 1 }, notes),
    }),
  },
];

describe('Every request is sent, read, answered and refused as without us', () => {
  it.each(ENDPOINTS)(
    'by $name',
    async ({ create, members: membersOf }) => {
      const property = fc.asyncProperty(description, async (given) => {
        await expectSame((notes) => {
          const members: Record<string, unknown> = {
            ...given.extra,
            model: 'gpt-5-mini',
            temperature: given.temperature,
            ...membersOf(given, notes),
          };
          if (given.cycle) members.metadata = { members };
          return made(given.request, members, notes);
        }, create);
        clients.exporter?.reset();
      });
      await fc.assert(property, { numRuns: 100 });
    },
    60_000,
  );
});
