import { onTestFinished } from 'vitest';
import { fileInput, type InputStream, standardInput } from '../../../src/cli/input/input.js';
import { RunningView, type ViewOptions } from '../../../src/cli/view/running-view.js';
import type { ViewState } from '../../../src/cli/view/view-api.js';

/** A view with its server, as a page of it sees it. */
export interface StartedView {
  readonly view: RunningView;
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  readonly token: string;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** The JSON of an answer that must have the status 200. */
  json<Answer>(path: string): Promise<Answer>;
  /** Resolves when the state passes. */
  until(passes: (state: ViewState) => boolean): Promise<ViewState>;
  close(): Promise<void>;
}

/** Serves files until the test is over. Returns when they have been read. */
export async function startView(
  files: readonly (string | InputStream)[],
  options: Partial<ViewOptions> = {},
): Promise<StartedView> {
  const errors: unknown[] = [];
  const view = await RunningView.start({
    inputs: files.map((file) => (typeof file === 'string' ? fileInput(file) : standardInput(file))),
    follow: true,
    host: '127.0.0.1',
    port: 0,
    onError: (error) => errors.push(error),
    ...options,
  });
  let open = true;
  const close = async (): Promise<void> => {
    if (!open) return;
    open = false;
    await view.close();
    // An error of ours fails the test.
    if (errors.length > 0) throw errors[0];
  };
  onTestFinished(close);
  const url = new URL(view.url);
  const token = url.searchParams.get('token') ?? '';
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${url.origin}${path}`, {
      headers: { authorization: `Bearer ${token}`, ...headers },
      redirect: 'manual',
    });
  const json = async <Answer>(path: string): Promise<Answer> => {
    const response = await get(path);
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${response.status} ${text}`);
    return JSON.parse(text) as Answer;
  };
  const until = async (passes: (state: ViewState) => boolean): Promise<ViewState> => {
    for (;;) {
      const state = await json<ViewState>('/api/state');
      if (passes(state)) return state;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await until(({ indexed }) => indexed);
  return { view, origin: url.origin, token, get, json, until, close };
}
