/** A connection between browser and service that a test can cut, as a bad network does. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface CuttingProxy {
  readonly url: string;
  /** Cuts all open connections when so many more bytes have come from the service. Further connections are accepted. */
  cutAfter(bytes: number): Promise<void>;
  close(): void;
}

export async function startCuttingProxy(target: string): Promise<CuttingProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let armed: { left: number; done: () => void } | undefined;
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((incoming) => {
    const outgoing = connect(Number(port), hostname);
    outgoing.on('data', (chunk) => {
      if (armed === undefined) return;
      armed.left -= chunk.length;
      if (armed.left > 0) return;
      cut();
      armed.done();
      armed = undefined;
    });
    for (const [from, to] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      sockets.add(from);
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.on('error', () => to.destroy());
      from.pipe(to);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cutAfter: (bytes) =>
      new Promise((done) => {
        armed = { left: bytes, done };
      }),
    close() {
      server.close();
      cut();
    },
  };
}
