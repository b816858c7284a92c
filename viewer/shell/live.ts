/** The state of the server, which it sends whenever something changes. */
import { useEffect, useState } from 'preact/hooks';
import type { ViewState } from '../../src/cli/view/view-api.ts';
import { asProblem, type RequestProblem, requestJson } from './api.ts';

export interface LiveState {
  readonly state?: ViewState;
  /** Set while the server does not answer; the browser tries again on its own. */
  readonly problem?: RequestProblem;
}

/** An interval in which the page asks again on its own, if the server cannot be reached. */
const RETRY_MS = 2000;

export function useLiveState(): LiveState {
  const [live, setLive] = useState<LiveState>({});
  useEffect(() => {
    let changes: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const abort = new AbortController();

    const connect = () => {
      changes = new EventSource('/api/changes');
      changes.addEventListener('state', ({ data }: MessageEvent<string>) => {
        setLive({ state: JSON.parse(data) as ViewState });
      });
      changes.addEventListener('error', () => {
        // The reason is only in the answer to an ordinary request.
        changes?.close();
        ask();
      });
    };
    const ask = () => {
      requestJson<ViewState>('/api/state', abort.signal).then(
        (state) => {
          setLive({ state });
          connect();
        },
        (error: unknown) => {
          if (abort.signal.aborted) return;
          setLive((old) => ({ ...old, problem: asProblem(error) }));
          timer = setTimeout(ask, RETRY_MS);
        },
      );
    };
    ask();
    return () => {
      abort.abort();
      changes?.close();
      clearTimeout(timer);
    };
  }, []);
  return live;
}
