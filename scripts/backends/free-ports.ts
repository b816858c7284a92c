// Ports on 127.0.0.1 on which nothing listens at the moment.
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Holds all of them open at once before any is released, so that no port comes twice. Another process can still take
 * one before it is used, so a caller that starts a server on it has to be ready to ask again.
 */
export async function freePorts<Name extends string>(...names: Name[]): Promise<Record<Name, number>> {
  const held = await Promise.all(
    names.map(async (name) => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('A TCP server has no port.');
      return { name, server, port: address.port };
    }),
  );
  await Promise.all(held.map(({ server }) => new Promise((resolve) => server.close(resolve))));
  return Object.fromEntries(held.map(({ name, port }) => [name, port])) as Record<Name, number>;
}
