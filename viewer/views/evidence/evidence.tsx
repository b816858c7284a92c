import type { ViewProps } from '../../routes.ts';

export function EvidenceView(_: ViewProps) {
  return <h1 class="view-title">Evidence</h1>;
}
