/** The views, with their addresses, names and keys. A new view is a row here and a folder in `views/`. */
import type { ComponentType } from 'preact';
import type { ViewState } from '../src/cli/view/view-api.ts';
import type { Route } from './shell/route.ts';
import { CompareView } from './views/compare/compare.tsx';
import { EvidenceView } from './views/evidence/evidence.tsx';
import { OverviewView } from './views/overview/overview.tsx';
import { EventView } from './views/session/event.tsx';
import { SessionView } from './views/session/session.tsx';
import { SessionsView } from './views/sessions/sessions.tsx';

export interface ViewProps {
  readonly route: Route;
  readonly state: ViewState;
}

export interface ViewRow {
  /** The first segment of its address. */
  readonly name: string;
  readonly title: string;
  /** `g` and this key lead there; a view without one is reached from another view and is not in the navigation. */
  readonly key?: string;
  readonly view: ComponentType<ViewProps>;
}

export const VIEWS: readonly ViewRow[] = [
  { name: 'sessions', title: 'Sessions', key: 's', view: SessionsView },
  { name: 'overview', title: 'Overview', key: 'o', view: OverviewView },
  { name: 'compare', title: 'Compare', key: 'c', view: CompareView },
  { name: 'evidence', title: 'Evidence', key: 'e', view: EvidenceView },
  { name: 'session', title: 'Session', view: SessionView },
  { name: 'event', title: 'Event', view: EventView },
];
