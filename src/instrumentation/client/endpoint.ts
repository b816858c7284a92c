import type { Attributes } from '@opentelemetry/api';
import { asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import * as semconv from '../../semconv/attributes.js';
import { setIfDefined } from '../../semconv/set-attribute.js';

/** The convention's names of providers, by the domain of their OpenAI-compatible API. */
const PROVIDER_BY_DOMAIN: ReadonlyMap<unknown, string> = new Map([
  ['api.openai.com', 'openai'],
  ['openai.azure.com', 'azure.ai.openai'],
  ['openai.azure.us', 'azure.ai.openai'],
  ['openai.azure.cn', 'azure.ai.openai'],
  ['services.ai.azure.com', 'azure.ai.openai'],
  ['services.ai.azure.us', 'azure.ai.openai'],
  ['services.ai.azure.cn', 'azure.ai.openai'],
  ['cognitiveservices.azure.com', 'azure.ai.openai'],
  ['cognitiveservices.azure.us', 'azure.ai.openai'],
  ['cognitiveservices.azure.cn', 'azure.ai.openai'],
  ['models.ai.azure.com', 'azure.ai.inference'],
  ['inference.ai.azure.com', 'azure.ai.inference'],
  ['api.anthropic.com', 'anthropic'],
  ['api.cohere.ai', 'cohere'],
  ['api.cohere.com', 'cohere'],
  ['api.deepseek.com', 'deepseek'],
  ['generativelanguage.googleapis.com', 'gcp.gemini'],
  ['api.groq.com', 'groq'],
  ['ml.cloud.ibm.com', 'ibm.watsonx.ai'],
  ['wxai.ibm.com', 'ibm.watsonx.ai'],
  ['api.mistral.ai', 'mistral_ai'],
  ['codestral.mistral.ai', 'mistral_ai'],
  ['api.moonshot.ai', 'moonshot_ai'],
  ['api.moonshot.cn', 'moonshot_ai'],
  ['api.perplexity.ai', 'perplexity'],
  ['api.x.ai', 'x_ai'],
]);

/** Providers whose host names contain the region. The whole name has to match. */
const PROVIDER_BY_HOST: readonly (readonly [host: RegExp, provider: string])[] = [
  [/^bedrock-runtime(?:-fips)?\.[a-z0-9-]+\.(?:amazonaws\.(?:com|com\.cn|eu)|api\.aws)$/, 'aws.bedrock'],
  [/^bedrock-mantle\.[a-z0-9-]+\.api\.aws$/, 'aws.bedrock'],
  [/^(?:[a-z0-9-]+-)?aiplatform(?:\.[a-z0-9-]+\.rep)?\.googleapis\.com$/, 'gcp.vertex_ai'],
];

/** Behind the address of a gateway, the client's class or its option `provider` (7.x) names the provider. */
const PROVIDER_BY_CLASS: ReadonlyMap<unknown, string> = new Map([
  ['AzureOpenAI', 'azure.ai.openai'],
  ['BedrockOpenAI', 'aws.bedrock'],
]);
const PROVIDER_BY_OPTION: ReadonlyMap<unknown, string> = new Map([
  ['bedrock', 'aws.bedrock'],
  ['vertex', 'gcp.vertex_ai'],
]);

/** The name for an unknown provider. The convention's provider name stands for the API, which is OpenAI's. */
const API_FLAVOUR = 'openai';

/** The server that answers a client's calls. */
interface Endpoint {
  readonly baseURL: unknown;
  readonly provider: string;
  readonly address: string | undefined;
  readonly port: number | undefined;
}

/** The endpoint of each client. A client hardly ever changes its URL, so the URL is parsed once. */
const known = new WeakMap<object, Endpoint>();

/** Sets the attributes of the server that answers a client's calls: provider name, address and port. */
export function setEndpoint(attributes: Attributes, client: UnknownRecord): void {
  attributes[semconv.ATTR_GEN_AI_PROVIDER_NAME] = endpointOf(client).provider;
  setServer(attributes, client);
}

/** Sets the address and port alone, for a call that is not one of the GenAI convention. */
export function setServer(attributes: Attributes, client: UnknownRecord): void {
  const { address, port } = endpointOf(client);
  setIfDefined(attributes, semconv.ATTR_SERVER_ADDRESS, address);
  setIfDefined(attributes, semconv.ATTR_SERVER_PORT, port);
}

function endpointOf(client: UnknownRecord): Endpoint {
  const { baseURL } = client;
  let endpoint = known.get(client);
  if (endpoint === undefined || endpoint.baseURL !== baseURL) {
    endpoint = readEndpoint(client, baseURL);
    known.set(client, endpoint);
  }
  return endpoint;
}

function readEndpoint(client: object, baseURL: unknown): Endpoint {
  const text = asNonEmptyString(baseURL);
  const url = text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
  return {
    baseURL,
    provider: providerOfHost(url?.hostname) ?? providerOfClient(client) ?? API_FLAVOUR,
    // An IPv6 address has brackets only within a URL.
    address: asNonEmptyString(url?.hostname.replace(/^\[(.*)\]$/, '$1')),
    // The default port of the scheme is left out, as the official instrumentations do.
    port: url === undefined || url.port === '' ? undefined : Number(url.port),
  };
}

function providerOfHost(host: string | undefined): string | undefined {
  if (host === undefined) return undefined;
  const labels = host.split('.');
  for (let first = 0; first < labels.length; first += 1) {
    const provider = PROVIDER_BY_DOMAIN.get(labels.slice(first).join('.'));
    if (provider !== undefined) return provider;
  }
  return PROVIDER_BY_HOST.find(([pattern]) => pattern.test(host))?.[1];
}

function providerOfClient(client: object): string | undefined {
  return providerOfClass(client) ?? PROVIDER_BY_OPTION.get(asRecord(asRecord(client)?._provider)?.name);
}

/** The provider that the client's class, or one of its base classes, stands for. */
function providerOfClass(client: object): string | undefined {
  for (
    let type: unknown = client.constructor;
    typeof type === 'function';
    type = Object.getPrototypeOf(type)
  ) {
    const provider = PROVIDER_BY_CLASS.get(type.name);
    if (provider !== undefined) return provider;
  }
  return undefined;
}
