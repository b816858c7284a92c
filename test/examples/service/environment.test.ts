import { describe, expect, it } from 'vitest';
import { readEnvironment, serviceEnvironment, text } from '../../../examples/service/environment.js';
import { streamingApiEnvironment } from '../../../examples/streaming-api/environment.js';

const schema = serviceEnvironment('streaming-api', 8080);

describe('The environment of a service', () => {
  it('has defaults', () => {
    expect(readEnvironment(schema, {})).toEqual({
      PORT: 8080,
      HOST: '127.0.0.1',
      WORKERS: 1,
      LOG_LEVEL: 'info',
      BODY_LIMIT_BYTES: 1_048_576,
      SHUTDOWN_SECONDS: 30,
      OPENAI_MODEL: 'gpt-5-mini',
      OUTPUT_DIR: 'demo-output/streaming-api',
    });
  });

  it('treats an empty variable as unset', () => {
    expect(readEnvironment(schema, { PORT: ' ', JAEGER_URL: '' })).toMatchObject({ PORT: 8080 });
  });

  it.each([
    [{ PORT: '8080.5' }, 'PORT is "8080.5": set it to a whole number from 0 to 65535.'],
    [{ PORT: '70000' }, 'PORT is "70000": set it to a whole number from 0 to 65535.'],
    [
      { LOG_LEVEL: 'loud' },
      'LOG_LEVEL is "loud": set it to one of trace, debug, info, warn, error, fatal, silent.',
    ],
    [
      { JAEGER_URL: 'jaeger', WORKERS: '0' },
      'WORKERS is "0": set it to a whole number from 1 to 64. JAEGER_URL is "jaeger": set it to an http or https address.',
    ],
  ])('rejects %j, with the fix', (env, message) => {
    expect(() => readEnvironment(schema, env)).toThrow(message);
  });

  it('rejects the variables of the streaming API in the same way', () => {
    expect(() => readEnvironment(streamingApiEnvironment, { HEARTBEAT_SECONDS: 'often' })).toThrow(
      'HEARTBEAT_SECONDS is "often": set it to a whole number from 1 to 3600.',
    );
  });

  it('names a variable that is missing', () => {
    const stricter = schema.extend({ TENANT: text('the name of a tenant') });
    expect(() => readEnvironment(stricter, {})).toThrow('TENANT is not set: set it to the name of a tenant.');
  });

  it('does not show a key that is wrong', () => {
    const stricter = schema.extend({ SIGNING_KEY: text('a key of 32 letters').length(32) });
    const message = 'SIGNING_KEY is not accepted: set it to a key of 32 letters.';
    expect(() => readEnvironment(stricter, { SIGNING_KEY: 'secret-value' })).toThrow(message);
  });
});
