import { type ChaukasSpanProcessorConfig, spanProcessorProblems } from '../events/config.js';
import { isRecord } from '../json/readers.js';
import { withoutAbsent } from '../json/without-undefined.js';
import { wrongOptions } from '../options/option-rules.js';
import { MemorySink } from '../sinks/memory-sink.js';
import { PACKAGE_NAME } from '../version.js';
import { type ChaukasSettings, readChaukasEnvironment } from './chaukas-environment.js';
import { outputProblems } from './output-problems.js';
import { openOutputs } from './output-sinks.js';

/**
 * Returns options of `ChaukasSpanProcessor` from the `CHAUKAS_*` variables: the destinations and the spool of the events, their
 * tenant, project, branch and tags. Without any variable, the events go to the file `chaukas-events.jsonl`.
 *
 * Opens the file after all variables and options are validated. Call it once per processor.
 *
 * ```ts
 * new ChaukasSpanProcessor(configFromEnv());
 * new ChaukasSpanProcessor(configFromEnv({ redaction: { method: 'drop' } }));
 * ```
 *
 * @param options - any options of `ChaukasSpanProcessor`. They win over the environment. With `sinks`, the outputs of the environment
 * are not opened.
 * @param env - the variables.
 * @throws TypeError - naming every option and every variable that is unknown, missing, not accepted or contradicted by
 * another one.
 * @throws Error - if the file cannot be opened for writing.
 */
export function configFromEnv(
  options: Partial<ChaukasSpanProcessorConfig> = {},
  env: NodeJS.ProcessEnv = process.env,
): ChaukasSpanProcessorConfig {
  if (!isRecord(options)) {
    throw new TypeError(`${PACKAGE_NAME}: configFromEnv: ${wrongOptions(options, 'an object, or left out')}`);
  }
  return eventConfig(options, env, 'configFromEnv');
}

/**
 * Returns the options of `ChaukasSpanProcessor` from options and environment.
 *
 * @param caller - the function that the application called.
 * @throws the errors of {@link configFromEnv}.
 */
export function eventConfig(
  options: Partial<ChaukasSpanProcessorConfig>,
  env: NodeJS.ProcessEnv,
  caller: string,
): ChaukasSpanProcessorConfig {
  const environment = readChaukasEnvironment(env);
  const { tenantId, projectId, branch, tags, thread } = environment.settings;
  const config: Partial<ChaukasSpanProcessorConfig> = {
    ...withoutAbsent({ tenantId, projectId, branch, tags, thread, spool: spoolOf(environment.settings) }),
    // An option that is undefined must not hide a variable.
    ...withoutAbsent(options),
  };
  const problems = [
    ...environment.problems,
    ...(config.sinks === undefined ? outputProblems(environment, config) : []),
    // A placeholder for the outputs, which are not opened before everything is valid. No thread can make it.
    ...spanProcessorProblems({
      sinks: [new MemorySink()],
      ...config,
      ...(config.sinks ? {} : { thread: false }),
    }),
  ];
  if (problems.length > 0) throw new TypeError(`${PACKAGE_NAME}: ${caller}: ${problems.join('; ')}`);
  return { ...config, sinks: config.sinks ?? openOutputs(environment, caller) };
}

function spoolOf({ spoolDirectory, spoolMaxBytes }: ChaukasSettings): ChaukasSpanProcessorConfig['spool'] {
  if (spoolDirectory === undefined) return undefined;
  return { directory: spoolDirectory, ...(spoolMaxBytes !== undefined && { maxBytes: spoolMaxBytes }) };
}
