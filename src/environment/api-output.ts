import type { ChaukasSpanProcessorConfig } from '../events/span-processor-config.js';
import type { ChaukasEnvironment, SettingName } from './chaukas-environment.js';

/** What the API needs, and the option that says it where there is one. */
const NEEDED: ReadonlyArray<readonly [variable: string, setting: SettingName, option?: Tenancy]> = [
  ['CHAUKAS_ENDPOINT', 'endpoint'],
  ['CHAUKAS_API_KEY', 'apiKey'],
  ['CHAUKAS_TENANT_ID', 'tenantId', 'tenantId'],
  ['CHAUKAS_PROJECT_ID', 'projectId', 'projectId'],
];

type Tenancy = 'tenantId' | 'projectId';

/** What is wrong where no sinks are given and the events are to go to the API, in words. */
export function apiOutputProblems(
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
