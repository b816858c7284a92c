import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { ChaukasEvent } from '../../../../src/chaukas/event.js';
import { Receiver } from '../../../../src/cli/view/receiver/receiver.js';
import { TemporaryFolder } from '../../../../src/cli/view/sources/temporary-folder.js';

export interface RunningReceiver {
  readonly receiver: Receiver;
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly url: string;
  /** Paths of the files that are there. */
  readonly files: readonly string[];
  /** All lines, after the spans that are held have become events. */
  lines(): Promise<string[]>;
  /** The same as events, without the session of the stream itself. */
  events(): Promise<ChaukasEvent[]>;
  post(
    path: string,
    body: string | Uint8Array<ArrayBuffer>,
    headers?: Record<string, string>,
  ): Promise<Response>;
}

/** Starts a receiver behind a real HTTP server. Both end with the test. */
export async function startReceiver({ maxBytes = 64 * 1024 * 1024 } = {}): Promise<RunningReceiver> {
  const files: string[] = [];
  const temporary = new TemporaryFolder();
  const receiver = new Receiver({
    maxBytes,
    temporary,
    onSegment: (path) => files.push(path),
    onSegmentRemoved: (path) => files.splice(files.indexOf(path), 1),
  });
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const answer = await receiver.answer({ method, pathname: url, headers, body: request });
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await receiver.close();
    temporary.remove();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const lines = async () => {
    await receiver.flush();
    return files.flatMap((file) => readFileSync(file, 'utf8').split('\n').filter(Boolean));
  };
  return {
    receiver,
    url,
    files,
    lines,
    events: async () =>
      (await lines())
        .map((line) => JSON.parse(line) as ChaukasEvent)
        .filter(({ session_id }) => !session_id.startsWith('stream-')),
    post: (path, body, headers = {}) => fetch(url + path, { method: 'POST', body, headers }),
  };
}
