import type { ViewProps } from '../../routes.ts';

export function SessionView(_: ViewProps) {
  return <h1 class="view-title">Session</h1>;
}
