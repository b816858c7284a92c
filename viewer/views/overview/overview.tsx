import type { ViewProps } from '../../routes.ts';

export function OverviewView(_: ViewProps) {
  return <h1 class="view-title">Overview</h1>;
}
