/** Server-sent events of a run, read with `fetch`, because `EventSource` cannot send a body. */

const WAITS = [50, 250, 500, 1_000, 2_000, 4_000, 8_000, 15_000];

/** A refusal of the server: the problem details of RFC 9457. */
export class Refusal extends Error {
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? `The server answered with status ${status}.`);
    this.status = status;
    this.code = problem.code ?? 'unknown';
  }
}

/**
 * Yields the events of a run until its last one. A connection that is lost is opened again with `Last-Event-ID`, and
 * the events go on where they stopped.
 *
 * @param {object} run
 * @param {string} run.prefix - where the agent's endpoints are.
 * @param {() => Promise<Response>} [run.open] - sends the request that starts the run.
 * @param {string} [run.streamId] - the stream to read from its beginning, if it has been started before.
 * @param {AbortSignal} run.signal
 * @param {(isOpen: boolean) => void} run.onConnection
 */
export async function* readRun({ prefix, open, streamId, signal, onConnection }) {
  let lastId = streamId && `${streamId}:0`;
  let failures = 0;
  for (;;) {
    try {
      const answer = lastId === undefined ? await open() : await resume(prefix, lastId, signal);
      if (!answer.ok) throw new Refusal(answer.status, await answer.json().catch(() => ({})));
      onConnection(true);
      for await (const event of parseEvents(answer.body)) {
        failures = 0;
        lastId = event.id ?? lastId;
        yield event;
        if (event.data.type === 'stream_complete' || event.data.type === 'error') return;
      }
    } catch (error) {
      // A run must not be started twice, so only a stream that has an id is opened again.
      if (signal.aborted || lastId === undefined || isFinal(error) || failures >= WAITS.length) throw error;
    }
    if (lastId === undefined) throw new Error('The server ended the stream before its first event.');
    if (failures >= WAITS.length)
      throw new Error('The connection is lost, and the server cannot be reached.');
    onConnection(false);
    await waited(WAITS[failures], signal);
    failures += 1;
  }
}

/** A proxy whose server is away answers with 502 to 504; any other refusal stays. */
function isFinal(error) {
  return error instanceof Refusal && error.status < 502;
}

function resume(prefix, lastId, signal) {
  const streamId = lastId.slice(0, lastId.lastIndexOf(':'));
  return fetch(`${prefix}/stream/${encodeURIComponent(streamId)}`, {
    headers: { 'last-event-id': lastId, accept: 'text/event-stream' },
    signal,
  });
}

/** Yields `{ id, data }` of each event, with its data as the value of the JSON in it. Comments are left out. */
export async function* parseEvents(body) {
  let id;
  let data = [];
  for await (const line of linesOf(body)) {
    if (line === '') {
      if (data.length > 0) yield { id, data: JSON.parse(data.join('\n')) };
      data = [];
      continue;
    }
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'id') id = value;
    if (field === 'data') data.push(value);
  }
}

async function* linesOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop();
      yield* lines;
    }
  } finally {
    // Leaves the connection, also if the reader of the events stops early.
    await reader.cancel().catch(() => {});
  }
}

function waited(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
