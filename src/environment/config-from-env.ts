import { type ChaukasSpanProcessorConfig, spanProcessorProblems } from '../events/config.js';
import { isRecord } from '../json/readers.js';
import { wrongOptions } from '../options/option-rules.js';
import { FileSink } from '../sinks/file-sink.js';
import { MemorySink } from '../sinks/memory-sink.js';
import { PACKAGE_NAME } from '../version.js';
import { type ChaukasEnvironment, readChaukasEnvironment, type SettingName } from './chaukas-environment.js';

/**
 * Options of `ChaukasSpanProcessor` from the `CHAUKAS_*` variables: where the events go, their tenant, project, branch
 * and tags. Without any, they go to the file `chaukas-events.jsonl`.
 *
 * It opens the file, once all is found right; call it once for each processor.
 *
 * ```ts
 * new ChaukasSpanProcessor(configFromEnv());
 * new ChaukasSpanProcessor(configFromEnv({ redaction: { method: 'drop' } }));
 * ```
 *
 * @param options - any options of `ChaukasSpanProcessor`. What is given here wins over the environment; with `sinks`,
 * no file is opened.
 * @param env - where the variables are read.
 * @throws TypeError - naming every option and every variable that is unknown, missing, not accepted or contradicted by
 * another one.
 * @throws Error - when the file cannot be opened for writing.
 */
export function configFromEnv(
  options: Partial<ChaukasSpanProcessorConfig> = {},
  env: NodeJS.ProcessEnv = process.env,
): ChaukasSpanProcessorConfig {
  if (!isRecord(options)) {
    throw new TypeError(`${PACKAGE_NAME}: configFromEnv: ${wrongOptions(options, 'an object, or left out')}`);
  }
  const environment = readChaukasEnvironment(env);
  const { tenantId, projectId, branch, tags, outputFile } = environment.settings;
  const config: Partial<ChaukasSpanProcessorConfig> = {
    ...withoutUndefined({ tenantId, projectId, branch, tags }),
    ...withoutUndefined(options),
  };
  const problems = [
    ...environment.problems,
    ...(config.sinks === undefined ? apiOutputProblems(environment, config) : []),
    // The sink stands for the file, which is not touched before all is right.
    ...spanProcessorProblems({ sinks: [new MemorySink()], ...config }),
  ];
  if (problems.length > 0) throw new TypeError(`${PACKAGE_NAME}: configFromEnv: ${problems.join('; ')}`);
  return { ...config, sinks: config.sinks ?? [openFile(outputFile)] };
}

function openFile(path: string): FileSink {
  try {
    return new FileSink({ path });
  } catch (error) {
    // The sink names its own option, which whoever set a variable has not seen.
    const { cause = error } = error as Error;
    throw new Error(
      `${PACKAGE_NAME}: configFromEnv: cannot write events to '${path}' (${(cause as Error).message}); ` +
        'set CHAUKAS_OUTPUT_FILE or CHAUKAS_FILE_PATH to a file that this process may create and append to',
      { cause: error },
    );
  }
}

/** An option that is left open must not hide what the environment says. */
function withoutUndefined<Options extends object>(options: Options): Partial<Options> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as Partial<Options>;
}

/** What the API needs, and the option that says it where there is one. */
const NEEDED: ReadonlyArray<readonly [variable: string, setting: SettingName, option?: Tenancy]> = [
  ['CHAUKAS_ENDPOINT', 'endpoint'],
  ['CHAUKAS_API_KEY', 'apiKey'],
  ['CHAUKAS_TENANT_ID', 'tenantId', 'tenantId'],
  ['CHAUKAS_PROJECT_ID', 'projectId', 'projectId'],
];

type Tenancy = 'tenantId' | 'projectId';

/** What is wrong where no sinks are given and the events are to go to the API, in words. */
function apiOutputProblems(
  { settings, wrong, variables }: ChaukasEnvironment,
  config: Partial<ChaukasSpanProcessorConfig>,
): string[] {
  if (wrong.has('outputMode') || settings.outputMode !== 'api') return [];
  const missing = NEEDED.filter(([, setting, option]) => {
    return !variables.has(setting) && (option === undefined || config[option] === undefined);
  });
  const mode = variables.get('outputMode');
  const chosenBy = mode === undefined ? 'CHAUKAS_ENDPOINT is set' : `${mode} says so`;
  const instead = mode === 'CHAUKAS_EMIT_TO_FILE' ? `${mode}=true` : 'CHAUKAS_OUTPUT_MODE=file';
  return [
    ...missing.map(([variable, , option]) =>
      option === undefined
        ? `variable ${variable} is not set; the API needs it`
        : `variable ${variable} is not set, nor option "${option}" given; the API needs it`,
    ),
    `events are to go to the API, since ${chosenBy}, but this version has no sink for it; ` +
      `set ${instead}, or give option "sinks"`,
  ];
}
