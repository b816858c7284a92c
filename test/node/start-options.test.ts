import { describe, expect, it } from 'vitest';
import { readStartConfig } from '../../src/node/start-options.js';
import { MemorySink } from '../../src/sinks/memory-sink.js';

const PREFIX = 'opentelemetry-instrumentation-openai-agents: startTelemetry: ';
const sinks = [new MemorySink()];

function read(options: unknown, env: NodeJS.ProcessEnv = {}) {
  const problems: string[] = [];
  const config = readStartConfig(options, env, ({ message }) => problems.push(message));
  return { config, problems };
}

describe('The options of startTelemetry()', () => {
  it('may all be left out, and then there is no event stream', () => {
    expect(read({})).toEqual({
      config: {
        serviceName: undefined,
        instrumentation: {},
        instrumentations: [],
        spanProcessors: [],
        exitTimeoutMillis: 5_000,
        events: undefined,
      },
      problems: [],
    });
  });

  it.each<[what: string, options: object, env: NodeJS.ProcessEnv, events: object]>([
    ['an option', { sinks, tenantId: 'acme' }, {}, { sinks, tenantId: 'acme' }],
    ['a variable beside an option', { sinks }, { CHAUKAS_TENANT_ID: 'acme' }, { sinks, tenantId: 'acme' }],
    [
      'an option instead of a variable',
      { sinks, branch: 'a' },
      { CHAUKAS_BRANCH: 'b' },
      { sinks, branch: 'a' },
    ],
  ])('start the event stream with %s', (_what, options, env, events) => {
    expect(read(options, env)).toMatchObject({ config: { events }, problems: [] });
  });

  it('take those of the instrumentation before its variables', () => {
    const env = {
      OTEL_INSTRUMENTATION_OPENAI_AGENTS_OTHER_CALLS: 'false',
      OTEL_INSTRUMENTATION_OPENAI_AGENTS_LEGACY_METRICS: 'true',
    };
    const { config } = read({ instrumentation: { otherCalls: true } }, env);
    expect(config.instrumentation).toEqual({ otherCalls: true, legacyMetrics: true });
  });

  it.each<[what: string, options: unknown, problem: string | RegExp]>([
    ['no object', 'support-desk', "the options are 'support-desk'; they must be an object, or left out"],
    ['an empty name', { serviceName: '' }, 'option "serviceName" is \'\'; it must be a non-empty string'],
    ['one processor', { spanProcessors: {} }, 'option "spanProcessors" is an object; it must be an array'],
    [
      'no time',
      { exitTimeoutMillis: 0 },
      'option "exitTimeoutMillis" is 0; it must be a whole number above 0',
    ],
    [
      'a misspelt name',
      { serviceNam: 'a' },
      /^unknown option "serviceNam"; known options: serviceName, .*, sinks, /,
    ],
    ['no sinks', { sinks: [] }, /^option "sinks" is an empty array; /],
  ])('are refused: %s', (_what, options, problem) => {
    const message =
      typeof problem === 'string'
        ? PREFIX + problem
        : expect.stringMatching(problem.source.replace('^', PREFIX));
    expect(() => read(options)).toThrow(expect.objectContaining({ name: 'TypeError', message }));
  });

  it.each<[env: NodeJS.ProcessEnv, problem: string]>([
    [{ CHAUKAS_FLUSH_INTERVAL: 'soon' }, 'CHAUKAS_FLUSH_INTERVAL'],
    [{ CHAUKAS_TENANT: 'acme' }, 'unknown variable CHAUKAS_TENANT'],
    [{ OTEL_INSTRUMENTATION_OPENAI_AGENTS_OTHER_CALLS: 'never' }, 'OTHER_CALLS'],
  ])('leave out what variables say wrongly, and report it: %o', (env, problem) => {
    expect(read({}, env)).toEqual({
      config: expect.objectContaining({ events: undefined, instrumentation: {} }),
      problems: [expect.stringContaining(problem)],
    });
  });
});
