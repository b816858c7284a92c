/** Requests to the server of this page. An answer is of the type that `view-api.ts` names for its address. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ApiProblem } from '../../src/cli/view/view-api.ts';
import { Renewal } from './renewal.ts';

/** A request without an answer. Its message says what to do. */
export class RequestProblem extends Error {
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

/** @throws RequestProblem - if there is no answer, or one that reports a failure. */
export async function requestJson<T>(address: string, signal?: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(address, {
      headers: { accept: 'application/json' },
      credentials: 'same-origin',
      ...(signal && { signal }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new RequestProblem(
      'The server does not answer. `agent-events view` has probably ended: start it again and open the address that it prints.',
    );
  }
  if (!response.ok) throw new RequestProblem(await problemOf(response), response.status);
  // The server is of this package and this version, so its answers have the types that both share.
  return (await response.json()) as T;
}

async function problemOf(response: Response): Promise<string> {
  if (response.status === 401 || response.status === 403) {
    return 'The server does not know this browser. Open the whole address that `agent-events view` printed, with its token.';
  }
  try {
    const { problem } = (await response.json()) as Partial<ApiProblem>;
    if (typeof problem === 'string') return problem;
  } catch {
    // Not JSON: the status is all there is.
  }
  return `The server answered with status ${response.status}. Reload the page; the terminal may say more.`;
}

export interface Answer<T> {
  readonly data?: T;
  readonly problem?: RequestProblem;
  /** Whether a request is under way, also one that renews `data`. */
  readonly loading: boolean;
  readonly retry: () => void;
}

interface Held<T> {
  readonly address: string | undefined;
  readonly data?: T;
  readonly problem?: RequestProblem;
  readonly loading: boolean;
}

/**
 * The answer to an address. While `generation` changes, the last answer stays until the next is there; another address
 * begins without one. `undefined` asks nothing.
 */
export function useAnswer<T>(address: string | undefined, generation = 0): Answer<T> {
  const [held, setHeld] = useState<Held<T>>({ address, loading: address !== undefined });
  const renewal = useRef<Renewal>(undefined);
  useEffect(() => {
    if (address === undefined) return;
    const current = new Renewal(async (signal) => {
      setHeld((old) => (old.address === address ? { ...old, loading: true } : { address, loading: true }));
      try {
        const data = await requestJson<T>(address, signal);
        if (!signal.aborted) setHeld({ address, data, loading: false });
      } catch (error) {
        if (!signal.aborted) setHeld((old) => ({ ...old, problem: asProblem(error), loading: false }));
      }
    });
    renewal.current = current;
    current.request();
    return () => current.stop();
  }, [address]);
  const known = useRef(generation);
  useEffect(() => {
    if (known.current === generation) return;
    known.current = generation;
    renewal.current?.request();
  }, [generation]);
  const retry = () => renewal.current?.request();
  if (held.address !== address) return { loading: address !== undefined, retry };
  return { ...held, retry };
}

export function asProblem(error: unknown): RequestProblem {
  return error instanceof RequestProblem ? error : new RequestProblem(`The answer cannot be read: ${error}`);
}
