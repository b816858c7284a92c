import type { Attributes } from '@opentelemetry/api';
import { AzureOpenAI, BedrockOpenAI, OpenAI } from 'openai';
import { describe, expect, it } from 'vitest';
import { setEndpoint } from '../../../src/instrumentation/client/endpoint.js';
import type { UnknownRecord } from '../../../src/json/readers.js';

function endpointAttributes(client: object): Attributes {
  const attributes: Attributes = {};
  setEndpoint(attributes, client as UnknownRecord);
  return attributes;
}

const openai = (address?: string, port?: number) => ({
  'gen_ai.provider.name': 'openai',
  ...(address !== undefined && { 'server.address': address }),
  ...(port !== undefined && { 'server.port': port }),
});
const azure = (address: string, port?: number) => ({
  ...openai(address, port),
  'gen_ai.provider.name': 'azure.ai.openai',
});

describe('setEndpoint', () => {
  it.each<[baseURL: unknown, expected: unknown]>([
    ['https://api.openai.com/v1', openai('api.openai.com')],
    ['https://eu.api.openai.com/v1/', openai('eu.api.openai.com')],
    ['https://api.openai.com:443/v1', openai('api.openai.com')],
    ['http://gateway:80/v1', openai('gateway')],
    ['http://localhost:8080/v1', openai('localhost', 8080)],
    ['https://gateway:80/v1', openai('gateway', 80)],
    ['http://127.0.0.1:3000', openai('127.0.0.1', 3000)],
    ['https://user:password@gateway:8443/v1?key=secret', openai('gateway', 8443)],
    ['https://acme.openai.azure.com/openai', azure('acme.openai.azure.com')],
    ['https://acme.services.ai.azure.com/openai/v1', azure('acme.services.ai.azure.com')],
    ['https://acme.cognitiveservices.azure.com/', azure('acme.cognitiveservices.azure.com')],
    ['https://acme.openai.azure.us/openai', azure('acme.openai.azure.us')],
    ['https://acme.openai.azure.cn/openai', azure('acme.openai.azure.cn')],
    ['https://acme.openai.azure.com:8443/openai', azure('acme.openai.azure.com', 8443)],
    ['https://openai.azure.com.evil.example/v1', openai('openai.azure.com.evil.example')],
    ['https://acmeopenai.azure.com/v1', openai('acmeopenai.azure.com')],
    ['https://gateway/acme.openai.azure.com', openai('gateway')],
    ['http://[::1]:3000/v1', openai('::1', 3000)],
    ['http://[2001:db8::7]/v1', openai('2001:db8::7')],
    ['not an address', openai()],
    ['', openai()],
    [undefined, openai()],
    [null, openai()],
    [5, openai()],
    [{ href: 'https://host' }, openai()],
  ])('reads the baseURL %s', (baseURL, expected) => {
    expect(endpointAttributes({ baseURL })).toEqual(expected);
  });

  it.each<[host: string, provider: string]>([
    ['acme.eastus.models.ai.azure.com', 'azure.ai.inference'],
    ['acme.eastus.inference.ai.azure.com', 'azure.ai.inference'],
    ['api.anthropic.com', 'anthropic'],
    ['api.cohere.ai', 'cohere'],
    ['api.cohere.com', 'cohere'],
    ['api.deepseek.com', 'deepseek'],
    ['generativelanguage.googleapis.com', 'gcp.gemini'],
    ['api.groq.com', 'groq'],
    ['us-south.ml.cloud.ibm.com', 'ibm.watsonx.ai'],
    ['ap-south-1.aws.wxai.ibm.com', 'ibm.watsonx.ai'],
    ['api.mistral.ai', 'mistral_ai'],
    ['codestral.mistral.ai', 'mistral_ai'],
    ['api.moonshot.ai', 'moonshot_ai'],
    ['api.moonshot.cn', 'moonshot_ai'],
    ['api.perplexity.ai', 'perplexity'],
    ['api.x.ai', 'x_ai'],
    ['us-east-1.api.x.ai', 'x_ai'],
    ['aiplatform.googleapis.com', 'gcp.vertex_ai'],
    ['us-central1-aiplatform.googleapis.com', 'gcp.vertex_ai'],
    ['aiplatform.eu.rep.googleapis.com', 'gcp.vertex_ai'],
    ['bedrock-runtime.us-east-1.amazonaws.com', 'aws.bedrock'],
    ['bedrock-runtime-fips.us-east-1.amazonaws.com', 'aws.bedrock'],
    ['bedrock-runtime.cn-north-1.amazonaws.com.cn', 'aws.bedrock'],
    ['bedrock-mantle.eu-west-1.api.aws', 'aws.bedrock'],
    ['API.GROQ.COM', 'groq'],
  ])('knows the provider at %s', (host, provider) => {
    const baseURL = `https://${host}/v1`;
    expect(endpointAttributes({ baseURL })).toEqual({
      'gen_ai.provider.name': provider,
      'server.address': host.toLowerCase(),
    });
  });

  it.each([
    'evil-api.groq.com.example.org',
    'evil-api.groq.com',
    'api.groq.com.example.org',
    'groq.com',
    'x.ai',
    'notapi.x.ai',
    'bedrock-runtime.us-east-1.amazonaws.com.example.org',
    'evil.bedrock-runtime.us-east-1.amazonaws.com',
    'bedrock-mantle.a.b.api.aws',
    'storage.googleapis.com',
    'evilaiplatform.googleapis.com',
    'constructor',
    'openrouter.ai',
  ])('does not take %s for a known provider', (host) => {
    expect(endpointAttributes({ baseURL: `https://${host}/api.groq.com/v1` })).toEqual(openai(host));
  });

  it('ignores providers that stand in a URL outside of its host', () => {
    const baseURL = 'https://api.groq.com:api.x.ai@gateway/api.mistral.ai?api.deepseek.com#api.cohere.com';
    expect(endpointAttributes({ baseURL })).toEqual(openai('gateway'));
  });

  it('reads the client itself', () => {
    const client = new OpenAI({ apiKey: 'sk-test', baseURL: 'http://127.0.0.1:4321/v1' });
    expect(endpointAttributes(client)).toEqual(openai('127.0.0.1', 4321));
  });

  it('takes the Azure client for Azure behind any gateway', () => {
    const client = new AzureOpenAI({
      apiKey: 'key',
      apiVersion: '2025-04-01-preview',
      endpoint: 'https://gateway.example',
    });
    expect(endpointAttributes(client)).toEqual(azure('gateway.example'));
  });

  it('takes the Bedrock client for Bedrock behind any gateway', () => {
    const client = new BedrockOpenAI({ apiKey: 'key', baseURL: 'https://gateway.example/v1' });
    expect(endpointAttributes(client)).toEqual({
      'gen_ai.provider.name': 'aws.bedrock',
      'server.address': 'gateway.example',
    });
  });

  it("recognises the application's own class by its base class", () => {
    class OurAzure extends AzureOpenAI {}
    const client = new OurAzure({
      apiKey: 'key',
      apiVersion: '2025-04-01-preview',
      endpoint: 'https://gateway',
    });
    expect(endpointAttributes(client)).toEqual(azure('gateway'));
  });

  it.each<[option: unknown, provider: string]>([
    [{ name: 'bedrock' }, 'aws.bedrock'],
    [{ name: 'vertex' }, 'gcp.vertex_ai'],
    [{ name: 'constructor' }, 'openai'],
    [{ name: 5 }, 'openai'],
    ['bedrock', 'openai'],
    [undefined, 'openai'],
  ])('reads the provider option %j if the host is unknown', (_provider, provider) => {
    expect(endpointAttributes({ baseURL: 'https://gateway/v1', _provider })).toEqual({
      'gen_ai.provider.name': provider,
      'server.address': 'gateway',
    });
    expect(endpointAttributes({ baseURL: 'https://api.x.ai/v1', _provider })).toMatchObject({
      'gen_ai.provider.name': 'x_ai',
    });
  });

  it('notices that a client has another address', () => {
    const client = { baseURL: 'http://one:1' };
    expect(endpointAttributes(client)).toEqual(openai('one', 1));
    client.baseURL = 'http://two:2';
    expect(endpointAttributes(client)).toEqual(openai('two', 2));
  });

  it('keeps clients apart', () => {
    expect(endpointAttributes({ baseURL: 'http://one:1' })).toEqual(openai('one', 1));
    expect(endpointAttributes({ baseURL: 'http://two:2' })).toEqual(openai('two', 2));
  });
});
