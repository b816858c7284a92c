import { showValue } from '../text/show-value.js';
import {
  BOOLEAN,
  BROKERS,
  ENDPOINT,
  HEADERS,
  LIST,
  SECONDS_AS_MILLIS,
  SECRET,
  TEXT,
  URL_TEXT,
  type VariableRule,
  WHOLE_NUMBER,
  wordsOf,
} from './variable-rules.js';

/** A place where the events go. */
export type OutputMode = (typeof OUTPUT_MODES)[number];

const OUTPUT_MODES = ['api', 'file', 'http', 'kafka', 'otlp', 'stdout'] as const;

/** The settings in the `CHAUKAS_*` variables, with their defaults. */
export interface ChaukasSettings {
  readonly tenantId?: string;
  readonly projectId?: string;
  readonly branch?: string;
  readonly tags?: readonly string[];
  readonly endpoint?: string;
  readonly apiKey?: string;
  readonly httpUrl?: string;
  readonly httpHeaders?: Readonly<Record<string, string>>;
  readonly kafkaBrokers?: readonly string[];
  readonly kafkaTopic?: string;
  /** At least one, each of them once. */
  readonly outputModes: readonly OutputMode[];
  readonly outputFile: string;
  /** Maximum number of events in a batch to another machine. */
  readonly batchSize: number;
  readonly flushIntervalMillis: number;
  /** Timeout of a request. */
  readonly timeoutMillis: number;
  readonly maxBatchBytes: number;
  /** Number of events below which a batch is not split. */
  readonly minBatchSize: number;
  readonly adaptiveBatching: boolean;
  /** The folder where events wait for a sink that does not take them. */
  readonly spoolDirectory?: string;
  readonly spoolMaxBytes?: number;
  /** Whether events are sealed and delivered in a worker thread. */
  readonly thread?: boolean;
}

export type SettingName = keyof ChaukasSettings;

export interface ChaukasEnvironment {
  readonly settings: ChaukasSettings;
  /** A text for each problem. */
  readonly problems: readonly string[];
  /** Settings whose variables are among the problems. They must not be reported as missing too. */
  readonly wrong: ReadonlySet<SettingName>;
  /** The variable that each setting was read from. A default has none. */
  readonly variables: ReadonlyMap<SettingName, string>;
}

type Spellings<Value> = Readonly<Record<string, VariableRule<Value>>>;

/** The variables of each setting: its name, and older names for it. */
const VARIABLES: { readonly [Name in SettingName]-?: Spellings<NonNullable<ChaukasSettings[Name]>> } = {
  tenantId: { CHAUKAS_TENANT_ID: TEXT },
  projectId: { CHAUKAS_PROJECT_ID: TEXT },
  branch: { CHAUKAS_BRANCH: TEXT },
  tags: { CHAUKAS_TAGS: LIST },
  endpoint: { CHAUKAS_ENDPOINT: ENDPOINT },
  apiKey: { CHAUKAS_API_KEY: SECRET },
  httpUrl: { CHAUKAS_HTTP_URL: URL_TEXT },
  httpHeaders: { CHAUKAS_HTTP_HEADERS: HEADERS },
  kafkaBrokers: { CHAUKAS_KAFKA_BROKERS: BROKERS },
  kafkaTopic: { CHAUKAS_KAFKA_TOPIC: TEXT },
  outputModes: {
    CHAUKAS_OUTPUT_MODE: wordsOf(OUTPUT_MODES),
    CHAUKAS_EMIT_TO_FILE: {
      accepted: BOOLEAN.accepted,
      read: (text) => {
        const toFile = BOOLEAN.read(text);
        return toFile === undefined ? undefined : [toFile ? 'file' : 'api'];
      },
    },
  },
  outputFile: { CHAUKAS_OUTPUT_FILE: TEXT, CHAUKAS_FILE_PATH: TEXT },
  batchSize: { CHAUKAS_BATCH_SIZE: WHOLE_NUMBER },
  flushIntervalMillis: { CHAUKAS_FLUSH_INTERVAL: SECONDS_AS_MILLIS },
  timeoutMillis: { CHAUKAS_TIMEOUT: SECONDS_AS_MILLIS },
  maxBatchBytes: { CHAUKAS_MAX_BATCH_BYTES: WHOLE_NUMBER },
  minBatchSize: { CHAUKAS_MIN_BATCH_SIZE: WHOLE_NUMBER },
  adaptiveBatching: { CHAUKAS_ENABLE_ADAPTIVE_BATCHING: BOOLEAN },
  spoolDirectory: { CHAUKAS_SPOOL_DIRECTORY: TEXT },
  spoolMaxBytes: { CHAUKAS_SPOOL_MAX_BYTES: WHOLE_NUMBER },
  thread: { CHAUKAS_THREAD: BOOLEAN },
};

const DEFAULTS = {
  outputFile: 'chaukas-events.jsonl',
  batchSize: 20,
  flushIntervalMillis: 5_000,
  timeoutMillis: 30_000,
  maxBatchBytes: 262_144,
  minBatchSize: 1,
  adaptiveBatching: true,
} satisfies Partial<ChaukasSettings>;

/** A variable with a value. */
interface Reading {
  readonly variable: string;
  /** The value as a message may show it. */
  readonly shown: string;
  readonly accepted: string;
  /** `undefined` if the text is not accepted. */
  readonly value: unknown;
}

/** Whether any of the variables is set, right or wrong. */
export function hasChaukasVariables(env: Readonly<NodeJS.ProcessEnv>): boolean {
  const { variables, problems } = readChaukasEnvironment(env);
  return variables.size > 0 || problems.length > 0;
}

/** Reads the `CHAUKAS_*` variables. Opens and creates nothing. */
export function readChaukasEnvironment(env: Readonly<NodeJS.ProcessEnv>): ChaukasEnvironment {
  const problems: string[] = [];
  const wrong = new Set<SettingName>();
  const variables = new Map<SettingName, string>();
  const values: Partial<Record<SettingName, unknown>> = {};
  for (const name of Object.keys(VARIABLES) as SettingName[]) {
    const readings = readSpellings(VARIABLES[name], env);
    const [first] = readings;
    if (first === undefined) continue;
    variables.set(name, first.variable);
    const found = readingProblems(readings);
    problems.push(...found);
    if (found.length > 0) wrong.add(name);
    else values[name] = first.value;
  }
  const settings = {
    outputModes: [variables.has('endpoint') ? 'api' : 'file'] as const,
    ...DEFAULTS,
    // The rule of each setting has checked the type of its value.
    ...(values as Partial<ChaukasSettings>),
  } satisfies ChaukasSettings;
  problems.push(...batchSizeProblems(settings, wrong), ...unknownVariables(env, knownVariables()));
  return { settings, problems, wrong, variables };
}

function readSpellings(spellings: Spellings<unknown>, env: Readonly<NodeJS.ProcessEnv>): Reading[] {
  return Object.entries(spellings).flatMap(([variable, { accepted, read, show = showValue }]) => {
    const text = env[variable]?.trim() ?? '';
    return text === '' ? [] : [{ variable, shown: show(text), accepted, value: read(text) }];
  });
}

function readingProblems(readings: readonly Reading[]): string[] {
  const unread = readings.filter(({ value }) => value === undefined);
  if (unread.length > 0) {
    return unread.map(
      ({ variable, shown, accepted }) => `variable ${variable} is ${shown}; it must be ${accepted}`,
    );
  }
  // Lists are equal if their texts are.
  if (readings.every(({ value }) => String(value) === String(readings[0]?.value))) return [];
  const contradiction = readings.map(({ variable, shown }) => `${variable} is ${shown}`).join(' and ');
  return [`variables contradict each other: ${contradiction}; remove one of them`];
}

function batchSizeProblems({ batchSize, minBatchSize }: ChaukasSettings, wrong: ReadonlySet<SettingName>) {
  if (minBatchSize <= batchSize || wrong.has('batchSize') || wrong.has('minBatchSize')) return [];
  return [
    `variable CHAUKAS_MIN_BATCH_SIZE is ${minBatchSize}; it must not be above CHAUKAS_BATCH_SIZE, which is ${batchSize}`,
  ];
}

function knownVariables(): string[] {
  return Object.values(VARIABLES).flatMap((spellings) => Object.keys(spellings));
}

const PREFIX = 'CHAUKAS_';

/**
 * Variables that Kubernetes sets in every container for a service named `chaukas`. They are not mistakes of the user.
 * https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
const SET_BY_KUBERNETES =
  /^CHAUKAS_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/;

/**
 * Returns a problem for each unknown name, because a misspelt variable would silently have no effect. The texts do not
 * show the values: that of `CHAUKAS_APIKEY` is a secret.
 */
function unknownVariables(env: Readonly<NodeJS.ProcessEnv>, known: readonly string[]): string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && (env[name]?.trim() ?? '') !== '')
    .filter((name) => !known.includes(name) && !SET_BY_KUBERNETES.test(name))
    .sort()
    .map((name) => `unknown variable ${name}; known variables: ${known.join(', ')}`);
}
