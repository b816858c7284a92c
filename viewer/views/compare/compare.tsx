import type { ViewProps } from '../../routes.ts';

export function CompareView(_: ViewProps) {
  return <h1 class="view-title">Compare</h1>;
}
