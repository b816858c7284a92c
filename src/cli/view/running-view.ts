import { PACKAGE_VERSION } from '../../version.js';
import { fileInput, type Input } from '../input/input.js';
import { analysisRoutes } from './api/analysis-routes.js';
import { apiRoutes } from './api/routes.js';
import { SessionTrees } from './api/session-detail.js';
import { SessionList } from './api/session-list.js';
import { EvidenceService } from './evidence/evidence-service.js';
import type { ViewEvidence } from './evidence/file-verification.js';
import type { Receiver } from './receiver/receiver.js';
import type { ViewRoute } from './server/route.js';
import { ViewServer } from './server/view-server.js';
import { SourceList } from './sources/source-list.js';
import { TemporaryFolder } from './sources/temporary-folder.js';
import { EventIndex } from './stored/event-index.js';
import type { ReceiverState, ViewState } from './view-api.js';

export interface ViewOptions {
  readonly inputs: readonly Input[];
  readonly follow: boolean;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** URL of a trace elsewhere, with `{trace_id}` and `{span_id}` in it. */
  readonly traceLink?: string | undefined;
  /** The keys and anchors of the verification; none if absent. */
  readonly evidence?: ViewEvidence;
  /** Receives telemetry on the same port if present, and keeps so much of it. */
  readonly receive?: { readonly maxBytes: number } | undefined;
  /** Logs an error of ours. */
  readonly onError: (error: unknown) => void;
}

/** The name of received events as a source. */
const RECEIVED = 'received';

/** Everything behind one page: the inputs, their index and the server. It lives until {@link close}. */
export class RunningView {
  readonly index = new EventIndex();
  readonly #stop = new AbortController();
  readonly #temporary = new TemporaryFolder();
  readonly #sources: SourceList;
  readonly #options: ViewOptions;
  readonly #evidence: EvidenceService;
  #server: ViewServer | undefined;
  #receiver: Receiver | undefined;
  #reading: Promise<void> = Promise.resolve();

  private constructor(options: ViewOptions) {
    this.#options = options;
    this.#evidence = new EvidenceService(this.index, this.#stop.signal, options.evidence);
    this.#sources = new SourceList({
      index: this.index,
      temporary: this.#temporary,
      follow: options.follow,
      signal: this.#stop.signal,
    });
  }

  /** @throws Error - if the address cannot be listened on. */
  static async start(options: ViewOptions): Promise<RunningView> {
    const view = new RunningView(options);
    const { index } = view;
    const filling = () => !view.#sources.indexed;
    const sessions = new SessionList(index, filling);
    const trees = new SessionTrees(index, (traceId, spanId) => view.#receiver?.parentOf(traceId, spanId));
    const routes = [
      ...apiRoutes({
        index,
        sessions,
        trees,
        state: () => view.state(),
        evidence: view.#evidence,
      }),
      ...analysisRoutes(index, sessions, trees, filling),
    ];
    const received = options.receive === undefined ? [] : await view.#receive(options.receive.maxBytes);
    try {
      view.#server = await ViewServer.listen({ ...options, routes: [...routes, ...received] });
    } catch (error) {
      await view.close();
      throw error;
    }
    view.#reading = view.#sources.run(options.inputs);
    return view;
  }

  /** The URL to open, with its token. */
  get url(): string {
    return this.#server?.access.url ?? '';
  }

  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  get endpoint(): string {
    return this.#server?.access.origin ?? '';
  }

  state(): ViewState {
    const { traceLink } = this.#options;
    return {
      packageVersion: PACKAGE_VERSION,
      sources: this.#sources.states,
      events: this.index.keptEvents,
      sessions: this.index.listedSessions,
      indexed: this.#sources.indexed,
      live: this.#sources.live || this.#receiver !== undefined,
      generation: this.index.generation,
      ...(this.#receiver !== undefined && { receiver: this.#receiverState(this.#receiver) }),
      ...(traceLink !== undefined && { traceLink }),
    };
  }

  #receiverState(receiver: Receiver): ReceiverState {
    return { endpoint: this.endpoint, ...receiver.state() };
  }

  /** Returns the routes of the receiver, whose events are sources like any other. */
  async #receive(maxBytes: number): Promise<ViewRoute[]> {
    // It loads the span processor and protobuf, which nothing else here needs.
    const { RECEIVER_PATHS, Receiver: Loaded } = await import('./receiver/receiver.js');
    const forget = new Map<string, () => Promise<void>>();
    const receiver = new Loaded({
      maxBytes,
      temporary: this.#temporary,
      onSegment: (path) => forget.set(path, this.#sources.follow({ ...fileInput(path), name: RECEIVED })),
      onSegmentRemoved: (path) => {
        void forget.get(path)?.();
        forget.delete(path);
      },
    });
    this.#receiver = receiver;
    return RECEIVER_PATHS.map((path) => ({
      method: 'POST',
      path,
      open: true,
      answer: ({ message }) =>
        receiver.answer({ method: 'POST', pathname: path, headers: message.headers, body: message }),
    }));
  }

  /** Ends requests, stops reading and removes temporary files. */
  async close(): Promise<void> {
    await this.#server?.close();
    await this.#receiver?.close();
    this.#stop.abort();
    await this.#reading;
    await this.#evidence.close();
    await this.#sources.close();
    this.#temporary.remove();
  }
}
