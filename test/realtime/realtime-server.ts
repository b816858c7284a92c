/** The server side of the Realtime API, with real sockets and the replies that a test sets. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

export interface ClientEvent {
  readonly type: string;
  readonly [member: string]: unknown;
}

/** The content of a response, and how it ends. */
export interface Reply {
  /** A spoken answer, sent as audio with its transcript. */
  readonly speech?: string;
  /** A written answer. */
  readonly text?: string;
  readonly calls?: readonly { readonly name: string; readonly callId: string; readonly arguments: string }[];
  readonly usage?: object;
  readonly status?: 'completed' | 'incomplete' | 'failed' | 'cancelled';
  readonly statusDetails?: object;
  /** The response begins and stays open until the test ends it with {@link RealtimePeer.finish}. */
  readonly unfinished?: boolean;
}

/** The audio of everything that is spoken, which must not be recorded anywhere. */
export const SOUND = Buffer.from('the sound of a voice, again and again').toString('base64');

export const USAGE = {
  total_tokens: 300,
  input_tokens: 200,
  output_tokens: 100,
  input_token_details: {
    text_tokens: 120,
    audio_tokens: 80,
    cached_tokens: 64,
    cached_tokens_details: { text_tokens: 64, audio_tokens: 0 },
  },
  output_token_details: { text_tokens: 20, audio_tokens: 80 },
};

export interface RealtimeServer {
  readonly url: string;
  /** Replies to the next requests for a response, in order. */
  replies: Reply[];
  /** Whether the next connections are opened without a word, as if the session was never made. */
  silent: boolean;
  /** The connections so far. */
  readonly peers: RealtimePeer[];
  /** The newest connection. */
  readonly peer: RealtimePeer;
  close(): Promise<void>;
}

export async function startRealtimeServer(): Promise<RealtimeServer> {
  const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(sockets, 'listening');
  const { port } = sockets.address() as AddressInfo;
  const peers: RealtimePeer[] = [];
  const server: RealtimeServer = {
    url: `ws://127.0.0.1:${port}/v1/realtime`,
    replies: [],
    silent: false,
    peers,
    get peer() {
      const peer = peers.at(-1);
      if (peer === undefined) throw new Error('no client has connected');
      return peer;
    },
    async close() {
      for (const client of sockets.clients) client.terminate();
      await new Promise((resolve) => sockets.close(resolve));
    },
  };
  sockets.on('connection', (socket) => {
    peers.push(new RealtimePeer(socket, peers.length + 1, () => server.replies.shift(), server.silent));
  });
  return server;
}

/** One connection as the server sees it. */
export class RealtimePeer {
  readonly received: ClientEvent[] = [];
  /** Whether it confirms the items that the client adds. */
  confirms = true;
  #session: Record<string, unknown>;
  #items = 0;
  #responses = 0;
  #going: { id: string; reply: Reply; output: object[] } | undefined;

  constructor(
    readonly socket: WebSocket,
    readonly number: number,
    readonly nextReply: () => Reply | undefined,
    silent = false,
  ) {
    this.#session = { type: 'realtime', object: 'realtime.session', id: `sess_${number}`, tracing: null };
    if (silent) return;
    socket.on('message', (data) => this.#receive(JSON.parse(String(data)) as ClientEvent));
    this.send({ type: 'session.created', session: this.#session });
  }

  send(event: object): void {
    this.socket.send(JSON.stringify({ event_id: `event_${this.number}`, ...event }));
  }

  /** The server's voice detection reports that the user has spoken. */
  hear(transcript?: string): string {
    const itemId = this.#itemId();
    this.send({ type: 'input_audio_buffer.speech_started', item_id: itemId, audio_start_ms: 0 });
    this.send({ type: 'input_audio_buffer.speech_stopped', item_id: itemId, audio_end_ms: 900 });
    this.send({ type: 'input_audio_buffer.committed', item_id: itemId, previous_item_id: null });
    this.#addItem(itemId, {
      type: 'message',
      role: 'user',
      status: 'completed',
      content: [{ type: 'input_audio', transcript: null, audio: SOUND }],
    });
    if (transcript !== undefined) this.transcribe(itemId, transcript);
    return itemId;
  }

  transcribe(itemId: string, transcript: string): void {
    this.send({
      type: 'conversation.item.input_audio_transcription.completed',
      item_id: itemId,
      content_index: 0,
      transcript,
      usage: {
        type: 'tokens',
        total_tokens: 22,
        input_tokens: 17,
        input_token_details: { text_tokens: 0, audio_tokens: 17 },
        output_tokens: 5,
      },
    });
  }

  respond(reply: Reply): void {
    this.#responses += 1;
    const id = `resp_${this.number}_${this.#responses}`;
    this.send({
      type: 'response.created',
      response: {
        object: 'realtime.response',
        id,
        status: 'in_progress',
        conversation_id: `conv_${this.number}`,
        output_modalities: [reply.text === undefined ? 'audio' : 'text'],
        max_output_tokens: 'inf',
        output: [],
      },
    });
    const output = [...this.#say(id, reply), ...(reply.calls ?? []).map((call) => this.#call(id, call))];
    this.#going = { id, reply, output };
    if (!reply.unfinished) this.finish();
  }

  /** The model calls a function in the open response. */
  call(call: NonNullable<Reply['calls']>[number]): void {
    if (this.#going === undefined) throw new Error('no response goes on');
    this.#going.output.push(this.#call(this.#going.id, call));
  }

  /** Ends the open response, as its reply says or in another way. */
  finish(otherwise: Pick<Reply, 'status' | 'statusDetails' | 'usage'> = {}): void {
    if (this.#going === undefined) throw new Error('no response goes on');
    const { id, reply, output } = this.#going;
    this.#going = undefined;
    const { status = 'completed', statusDetails = null, usage = USAGE } = { ...reply, ...otherwise };
    this.send({
      type: 'response.done',
      response: {
        object: 'realtime.response',
        id,
        status,
        status_details: statusDetails,
        conversation_id: `conv_${this.number}`,
        output,
        usage,
      },
    });
  }

  #receive(event: ClientEvent): void {
    this.received.push(event);
    switch (event.type) {
      case 'session.update':
        this.#session = { ...this.#session, ...(event.session as object) };
        this.send({ type: 'session.updated', session: this.#session });
        break;
      case 'conversation.item.create':
        if (this.confirms) this.#addItem(this.#itemId(), event.item as object);
        break;
      case 'conversation.item.truncate':
        this.send({
          type: 'conversation.item.truncated',
          item_id: event.item_id,
          content_index: event.content_index,
          audio_end_ms: event.audio_end_ms,
        });
        break;
      case 'conversation.item.delete':
        this.send({ type: 'conversation.item.deleted', item_id: event.item_id });
        break;
      case 'response.create': {
        const reply = this.nextReply();
        if (reply !== undefined) this.respond(reply);
        break;
      }
      case 'response.cancel':
        this.finish({
          status: 'cancelled',
          statusDetails: { type: 'cancelled', reason: 'client_cancelled' },
        });
        break;
      default:
    }
  }

  #itemId(): string {
    this.#items += 1;
    return `item_${this.number}_${this.#items}`;
  }

  #addItem(id: string, item: object): void {
    this.send({ type: 'conversation.item.added', previous_item_id: null, item: { id, ...item } });
    this.send({ type: 'conversation.item.done', previous_item_id: null, item: { id, ...item } });
  }

  #say(responseId: string, { speech, text, unfinished }: Reply): object[] {
    const said = speech ?? text;
    if (said === undefined) return [];
    const id = this.#itemId();
    const at = { response_id: responseId, item_id: id, output_index: 0, content_index: 0 };
    const message = { id, type: 'message', role: 'assistant' };
    this.send({
      type: 'response.output_item.added',
      response_id: responseId,
      output_index: 0,
      item: { ...message, status: 'in_progress', content: [] },
    });
    this.send({ type: 'conversation.item.added', previous_item_id: null, item: { ...message, content: [] } });
    const content =
      speech === undefined
        ? { type: 'output_text', text: said }
        : { type: 'output_audio', transcript: said, audio: SOUND };
    if (speech === undefined) this.send({ type: 'response.output_text.delta', ...at, delta: said });
    else {
      this.send({ type: 'response.output_audio_transcript.delta', ...at, delta: said });
      this.send({ type: 'response.output_audio.delta', ...at, delta: SOUND });
    }
    const status = unfinished ? 'incomplete' : 'completed';
    const item = { ...message, status, content: [content] };
    if (!unfinished) {
      if (speech !== undefined) this.send({ type: 'response.output_audio.done', ...at });
      this.send({ type: 'response.output_item.done', response_id: responseId, output_index: 0, item });
    }
    return [item];
  }

  #call(
    responseId: string,
    { name, callId, arguments: args }: { name: string; callId: string; arguments: string },
  ): object {
    const item = {
      id: this.#itemId(),
      type: 'function_call',
      status: 'completed',
      name,
      call_id: callId,
      arguments: args,
    };
    this.send({
      type: 'conversation.item.added',
      previous_item_id: null,
      item: { ...item, status: 'in_progress' },
    });
    this.send({ type: 'response.output_item.done', response_id: responseId, output_index: 0, item });
    return item;
  }
}
