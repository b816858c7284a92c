import type { Attributes } from '@opentelemetry/api';
import { asText, isRecord } from '../../foreign/read.js';
import {
  ATTR_GEN_AI_PROVIDER_NAME,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
} from '../../semconv/attributes.js';

const AZURE_HOST = /\.(openai|services\.ai|cognitiveservices)\.azure\.(com|us|cn)$/;

/** A client talks to one endpoint for nearly all of its life, so its URL is taken apart once. */
const known = new WeakMap<object, { readonly baseURL: unknown; readonly attributes: Attributes }>();

/** Who answers a client's calls: provider name, server address and port. */
export function endpointAttributes(client: unknown): Attributes {
  if (!isRecord(client)) return { [ATTR_GEN_AI_PROVIDER_NAME]: 'openai' };
  const { baseURL } = client;
  const cached = known.get(client);
  if (cached !== undefined && cached.baseURL === baseURL) return cached.attributes;
  const attributes = readEndpoint(client, baseURL);
  known.set(client, { baseURL, attributes });
  return attributes;
}

function readEndpoint(client: object, baseURL: unknown): Attributes {
  const text = asText(baseURL);
  const url = text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
  const azure = client.constructor?.name === 'AzureOpenAI' || AZURE_HOST.test(url?.hostname ?? '');
  return {
    [ATTR_GEN_AI_PROVIDER_NAME]: azure ? 'azure.ai.openai' : 'openai',
    [ATTR_SERVER_ADDRESS]: url?.hostname,
    // As the official instrumentations do: the scheme's default port says nothing.
    [ATTR_SERVER_PORT]: url === undefined || url.port === '' ? undefined : Number(url.port),
  };
}
