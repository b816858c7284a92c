/** An MCP server and a realtime server without a network, so that everything up to the application is microtasks. */
import { EventEmitter } from 'node:events';
import * as mcp from '@modelcontextprotocol/client';
import * as realtime from '@openai/agents/realtime';
import { answerMcp, type McpMessage } from '../mcp/mcp-answers.js';

/** Connects a client of the MCP SDK to a server that answers in microtasks. */
export async function connectMcp(): Promise<mcp.Client> {
  const transport: mcp.Transport = {
    start: async () => {},
    close: async () => transport.onclose?.(),
    async send(message) {
      const answer = await answerMcp(message as unknown as McpMessage, {}, () => {});
      if (answer !== undefined) transport.onmessage?.(answer as Parameters<typeof transport.send>[0]);
    },
  };
  const client = new mcp.Client({ name: 'application', version: '1.0.0' });
  await client.connect(transport);
  return client;
}

export interface RealtimePeers {
  readonly session: realtime.RealtimeSession;
  /** The frames that the session has sent. */
  readonly sent: string[];
  /** The session gets an event from the server. */
  receive(event: object): void;
}

/** A socket of Node's and the browsers' interface, as far as the SDK uses it. */
class Socket extends EventEmitter {
  readonly readyState = 1;
  readonly sent: string[] = [];

  addEventListener(name: string, listener: (event: object) => void): void {
    this.on(name, listener);
  }

  removeEventListener(name: string, listener: (event: object) => void): void {
    this.off(name, listener);
  }

  send(frame: string): void {
    this.sent.push(frame);
  }

  close(): void {
    this.emit('close', {});
  }
}

export async function connectRealtime(agent: realtime.RealtimeAgent): Promise<RealtimePeers> {
  const socket = new Socket();
  const session = new realtime.RealtimeSession(agent, {
    model: 'gpt-realtime',
    transport: new realtime.OpenAIRealtimeWebSocket({
      createWebSocket: async () => socket as never,
      skipOpenEventListeners: true,
    }),
  });
  const receive = (event: object) => socket.emit('message', { data: JSON.stringify(event) });
  await session.connect({ apiKey: 'sk-local' });
  receive({ type: 'session.created', event_id: 'e', session: { type: 'realtime', tracing: null } });
  return { session, sent: socket.sent, receive };
}
