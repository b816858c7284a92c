/** The address of an event: it leads to its step in its session. */
import { useEffect } from 'preact/hooks';
import type { EventDetail } from '../../../src/cli/view/view-api.ts';
import { Empty, Failed, Waiting } from '../../parts/states.tsx';
import type { ViewProps } from '../../routes.ts';
import { useAnswer } from '../../shell/api.ts';
import { hrefOf, replaceRoute } from '../../shell/route.ts';

export function EventView({ route }: ViewProps) {
  const number = route.path[1] ?? '';
  const isNumber = /^\d+$/.test(number);
  const { data, problem, retry } = useAnswer<EventDetail>(isNumber ? `/api/events/${number}` : undefined);
  const session = data?.event.session_id;
  useEffect(() => {
    if (typeof session !== 'string') return;
    replaceRoute(hrefOf(['session', session], { node: number, detail: 'event' }));
  }, [session, number]);
  if (problem) return <Failed problem={problem} onRetry={retry} />;
  if (!isNumber || (data && typeof session !== 'string')) {
    return (
      <Empty title="This event belongs to no session">
        <p>
          Go to the <a href="#/sessions">sessions</a>.
        </p>
      </Empty>
    );
  }
  return <Waiting label="Looking for the event" />;
}
