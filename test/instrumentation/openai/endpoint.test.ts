import { AzureOpenAI, OpenAI } from 'openai';
import { describe, expect, it } from 'vitest';
import { endpointAttributes } from '../../../src/instrumentation/openai/endpoint.js';

const openai = (address?: string, port?: number) => ({
  'gen_ai.provider.name': 'openai',
  ...(address !== undefined && { 'server.address': address }),
  ...(port !== undefined && { 'server.port': port }),
});
const azure = (address: string, port?: number) => ({
  ...openai(address, port),
  'gen_ai.provider.name': 'azure.ai.openai',
});

describe('endpointAttributes', () => {
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
    ['not an address', openai()],
    ['', openai()],
    [undefined, openai()],
    [null, openai()],
    [5, openai()],
    [{ href: 'https://host' }, openai()],
  ])('baseURL %s', (baseURL, expected) => {
    expect(endpointAttributes({ baseURL })).toEqual(expected);
  });

  it.each([null, undefined, 'https://api.openai.com/v1', 5, ['https://api.openai.com/v1'], () => {}])(
    'knows no address of %s',
    (client) => {
      expect(endpointAttributes(client)).toEqual(openai());
    },
  );

  it('reads the client itself', () => {
    const client = new OpenAI({ apiKey: 'sk-test', baseURL: 'http://127.0.0.1:4321/v1' });
    expect(endpointAttributes(client)).toEqual(openai('127.0.0.1', 4321));
  });

  it('takes the Azure client for Azure, whatever gateway it talks to', () => {
    const client = new AzureOpenAI({
      apiKey: 'key',
      apiVersion: '2025-04-01-preview',
      endpoint: 'https://gateway.example',
    });
    expect(endpointAttributes(client)).toEqual(azure('gateway.example'));
  });

  it('sees that a client was given another address', () => {
    const client = { baseURL: 'http://one:1' };
    expect(endpointAttributes(client)).toEqual(openai('one', 1));
    client.baseURL = 'http://two:2';
    expect(endpointAttributes(client)).toEqual(openai('two', 2));
  });

  it('takes an address apart once', () => {
    const client = { baseURL: 'http://one:1' };
    expect(endpointAttributes(client)).toBe(endpointAttributes(client));
  });

  it('does not mix clients up', () => {
    expect(endpointAttributes({ baseURL: 'http://one:1' })).toEqual(openai('one', 1));
    expect(endpointAttributes({ baseURL: 'http://two:2' })).toEqual(openai('two', 2));
  });
});
