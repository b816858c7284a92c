/** A view without content: it waits, it failed, or there is nothing. Each says what to do. */
import type { ComponentChildren } from 'preact';
import type { RequestProblem } from '../shell/api.ts';

export function Waiting({ label = 'Loading' }: { readonly label?: string }) {
  return (
    <div class="state" role="status">
      <span class="spinner" aria-hidden="true" />
      <p>{label}…</p>
    </div>
  );
}

interface FailedProps {
  readonly problem: RequestProblem;
  readonly onRetry: () => void;
}

export function Failed({ problem, onRetry }: FailedProps) {
  return (
    <div class="state state-failed" role="alert">
      <h2>That did not work</h2>
      <p>{problem.message}</p>
      <button type="button" class="button" onClick={onRetry}>
        Try again
      </button>
    </div>
  );
}

interface EmptyProps {
  readonly title: string;
  readonly children?: ComponentChildren;
}

export function Empty({ title, children }: EmptyProps) {
  return (
    <div class="state">
      <h2>{title}</h2>
      {children}
    </div>
  );
}
