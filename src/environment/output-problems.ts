import type { ChaukasEnvironment, OutputMode, SettingName } from './chaukas-environment.js';

/** Options that replace a variable. */
type Tenancy = 'tenantId' | 'projectId';

interface Requirement {
  readonly setting: SettingName;
  readonly variable: string;
  /** The option that replaces the variable, if there is one. */
  readonly option?: Tenancy;
}

/** The variables that each output requires, and the output as a message names it. */
const REQUIRED: { readonly [Mode in OutputMode]?: readonly [name: string, ...Requirement[]] } = {
  api: [
    'the API',
    { setting: 'endpoint', variable: 'CHAUKAS_ENDPOINT' },
    { setting: 'apiKey', variable: 'CHAUKAS_API_KEY' },
    { setting: 'tenantId', variable: 'CHAUKAS_TENANT_ID', option: 'tenantId' },
    { setting: 'projectId', variable: 'CHAUKAS_PROJECT_ID', option: 'projectId' },
  ],
  kafka: [
    'output kafka',
    { setting: 'kafkaBrokers', variable: 'CHAUKAS_KAFKA_BROKERS' },
    { setting: 'kafkaTopic', variable: 'CHAUKAS_KAFKA_TOPIC' },
  ],
  http: ['output http', { setting: 'httpUrl', variable: 'CHAUKAS_HTTP_URL' }],
};

/** Returns a text for each variable that an output requires, if the events go where the variables say. */
export function outputProblems(
  { settings, wrong, variables }: ChaukasEnvironment,
  config: { readonly [Name in Tenancy]?: string | undefined },
): string[] {
  if (wrong.has('outputModes')) return [];
  return settings.outputModes.flatMap((mode) => {
    const [name, ...requirements] = REQUIRED[mode] ?? [''];
    return requirements
      .filter(({ setting, option }) => {
        return !variables.has(setting) && (option === undefined || config[option] === undefined);
      })
      .map(({ variable, option }) =>
        option === undefined
          ? `variable ${variable} is not set; ${name} requires it`
          : `neither variable ${variable} nor option "${option}" is set; ${name} requires one of them`,
      );
  });
}
