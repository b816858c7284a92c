import { PROVIDER_NAMES } from '../../../semconv/provider-names.js';

/** The convention's name for each provider, by the names of other instrumentations in lower case. */
const CONVENTION_NAMES: ReadonlyMap<string, string> = new Map([
  ...PROVIDER_NAMES,
  ['az.ai.openai', 'azure.ai.openai'],
  ['az.ai.inference', 'azure.ai.inference'],
  ['azure_openai', 'azure.ai.openai'],
  ['aws', 'aws.bedrock'],
  ['aws_bedrock', 'aws.bedrock'],
  ['google', 'gcp.gen_ai'],
  ['vertex_ai', 'gcp.vertex_ai'],
  ['vertexai', 'gcp.vertex_ai'],
  ['mistralai', 'mistral_ai'],
]);

export function providerName(name: string | undefined): string | undefined {
  const lower = name?.toLowerCase();
  return lower === undefined ? undefined : (CONVENTION_NAMES.get(lower) ?? lower);
}
