/** The combinations that `npm run test:install` tries, and that `docs/compatibility.md` lists. */

/** A version of Node and a major version of OpenTelemetry's SDK. */
export interface Platform {
  readonly node: number;
  readonly sdk: 2 | 3;
}

/** SDK 3 needs Node 22.15 or newer. */
export const PLATFORMS: readonly Platform[] = [
  { node: 20, sdk: 2 },
  ...[22, 24, 26].flatMap((node): Platform[] => [
    { node, sdk: 2 },
    { node, sdk: 3 },
  ]),
];
export const NODES = [20, 22, 24, 26];
export const OLDEST_NODE = 20;
export const NEWEST_NODE = 26;

export const APPLICATIONS = { 'app.mjs': 'ES modules', 'app.cjs': 'CommonJS', 'both.cjs': 'both' } as const;
export type Application = keyof typeof APPLICATIONS;
const EACH: readonly Application[] = ['app.mjs', 'app.cjs', 'both.cjs'];

export type WayName =
  | 'three steps'
  | '--import register'
  | '--require register'
  | 'NODE_OPTIONS'
  | 'telemetry.mjs'
  | 'telemetry.cjs'
  | 'own SDK';

interface Way {
  readonly name: WayName;
  /** The words of the table. */
  readonly title: string;
  readonly applications: readonly Application[];
  /** Whether it is for npm only. */
  readonly npmOnly?: true;
}

/** The ways to switch the telemetry on, as the README and docs/getting-started.md have them. */
export const WAYS: readonly Way[] = [
  {
    name: 'three steps',
    title: 'the three steps of the README',
    applications: ['app.mjs'],
    npmOnly: true,
  },
  { name: '--import register', title: '`--import …/register`', applications: EACH },
  { name: '--require register', title: '`--require …/register`', applications: ['app.cjs'] },
  { name: 'NODE_OPTIONS', title: '`NODE_OPTIONS`', applications: ['app.mjs'] },
  { name: 'telemetry.mjs', title: '`startTelemetry()`, `--import`', applications: EACH },
  { name: 'telemetry.cjs', title: '`startTelemetry()`, `--require`', applications: ['app.cjs'] },
  // Its packages are those of the application's own set-up, which npm has beside each other anyway.
  { name: 'own SDK', title: 'NodeSDK and loader hook', applications: EACH, npmOnly: true },
];

export const MANAGERS = ['npm', 'pnpm', 'yarn 1', 'yarn 4'] as const;
export type ManagerName = (typeof MANAGERS)[number];

/** A row of the tables: what is run on each platform. */
export interface Row {
  readonly manager: ManagerName;
  readonly way: WayName;
  readonly title: string;
  readonly application: Application;
}

export const ROWS: readonly Row[] = MANAGERS.flatMap((manager) =>
  WAYS.filter(({ npmOnly }) => manager === 'npm' || !npmOnly).flatMap(({ name, title, applications }) =>
    applications.map((application) => ({ manager, way: name, title, application })),
  ),
);

/** A run of an application. */
export interface Run {
  readonly row: Row;
  readonly platform: Platform;
}

/** `few` has each way on each Node, `page` also each SDK; with pnpm and yarn these run one application on two platforms. */
export type Extent = 'few' | 'page' | 'all';

export function chooseRuns(extent: Extent): Run[] {
  return ROWS.flatMap((row) => PLATFORMS.map((platform) => ({ row, platform }))).filter((run) => {
    if (extent === 'all') return true;
    if (run.row.manager !== 'npm') return isTypical(run);
    return extent === 'page' || FEW_PLATFORMS.includes(run.platform);
  });
}

/** Each Node, and each SDK twice. */
const FEW_PLATFORMS = PLATFORMS.filter(({ node, sdk }) => (node === 20 || node === 24 ? 2 : 3) === sdk);

function isTypical({ row, platform: { node, sdk } }: Run): boolean {
  const isAtAnEnd = node === OLDEST_NODE || (node === NEWEST_NODE && sdk === 3);
  return row.way === '--import register' && row.application === 'app.mjs' && isAtAnEnd;
}

export function runKey({ row, platform }: Run): string {
  return [row.manager, row.way, row.application, platform.node, platform.sdk].join(' / ');
}
