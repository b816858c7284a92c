import { PACKAGE_VERSION } from '../../version.js';
import type { Input } from '../input/input.js';
import { apiRoutes } from './api/routes.js';
import { SessionList } from './api/session-list.js';
import { ViewServer } from './server/view-server.js';
import { SourceList } from './sources/source-list.js';
import { TemporaryFolder } from './sources/temporary-folder.js';
import { EventIndex } from './stored/event-index.js';
import type { ViewState } from './view-api.js';

export interface ViewOptions {
  readonly inputs: readonly Input[];
  readonly follow: boolean;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** URL of a trace elsewhere, with `{trace_id}` and `{span_id}` in it. */
  readonly traceLink?: string | undefined;
  /** Logs an error of ours. */
  readonly onError: (error: unknown) => void;
}

/** Everything behind one page: the inputs, their index and the server. It lives until {@link close}. */
export class RunningView {
  readonly index = new EventIndex();
  readonly #stop = new AbortController();
  readonly #temporary = new TemporaryFolder();
  readonly #sources: SourceList;
  readonly #options: ViewOptions;
  #server: ViewServer | undefined;
  #reading: Promise<void> = Promise.resolve();

  private constructor(options: ViewOptions) {
    this.#options = options;
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
    const routes = apiRoutes({
      index: view.index,
      sessions: new SessionList(view.index),
      state: () => view.state(),
    });
    view.#server = await ViewServer.listen({ ...options, routes });
    view.#reading = view.#sources.run(options.inputs);
    return view;
  }

  /** The URL to open, with its token. */
  get url(): string {
    return this.#server?.access.url ?? '';
  }

  state(): ViewState {
    const { traceLink } = this.#options;
    return {
      packageVersion: PACKAGE_VERSION,
      sources: this.#sources.states,
      events: this.index.events,
      sessions: this.index.sessions.length,
      indexed: this.#sources.indexed,
      live: this.#sources.live,
      generation: this.index.generation,
      ...(traceLink !== undefined && { traceLink }),
    };
  }

  /** Ends requests, stops reading and removes temporary files. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#server?.close();
    await this.#reading;
    await this.#sources.close();
    this.#temporary.remove();
  }
}
