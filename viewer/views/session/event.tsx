import type { ViewProps } from '../../routes.ts';

export function EventView(_: ViewProps) {
  return <h1 class="view-title">Event</h1>;
}
