/** The convention's names of providers, by common other names in lower case. */
export const PROVIDER_NAMES: readonly (readonly [name: string, conventionName: string])[] = [
  ['amazon-bedrock', 'aws.bedrock'],
  ['azure', 'azure.ai.openai'],
  ['azure-openai', 'azure.ai.openai'],
  ['bedrock', 'aws.bedrock'],
  ['gemini', 'gcp.gemini'],
  ['mistral', 'mistral_ai'],
  ['moonshot', 'moonshot_ai'],
  ['watsonx', 'ibm.watsonx.ai'],
  ['x-ai', 'x_ai'],
  ['xai', 'x_ai'],
];
