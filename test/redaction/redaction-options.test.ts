import { describe, expect, it } from 'vitest';
import { REDACTION_RULE } from '../../src/redaction/redaction-rule.js';
import { createRedactor } from '../../src/redaction/redactor.js';

const DETECTORS = 'email, iban, credit_card, us_ssn, ip_address, phone, api_key, private_key';
const ANY_DETECTOR =
  "'email', 'iban', 'credit_card', 'us_ssn', 'ip_address', 'phone', 'api_key' or 'private_key'";
const SALT = 'a salt of a test, no secret';

describe('The option redaction', () => {
  it.each<[value: unknown, problems: string[]]>([
    [false, []],
    [{}, []],
    [{ method: undefined, detectors: [], patterns: [], fields: [] }, []],
    [{ detectors: ['email', 'api_key'], method: 'hash', salt: SALT, saltId: 'a' }, []],
    [{ maxFieldLength: Number.POSITIVE_INFINITY, callback: () => undefined }, []],
    [
      {
        fields: [
          'message.text',
          '**.a',
          '*.text',
          'metadata',
          'extensions[0]["@type"]',
          { path: 'error.stack_trace' },
        ],
      },
      [],
    ],
    [
      true,
      [
        `option "redaction" is true; it must be an object of options, e.g. { method: 'mask' }, or false, which leaves personal data as it is`,
      ],
    ],
    [
      { mode: 1 },
      [
        'unknown option "redaction.mode"; known options: detectors, patterns, fields, credentialNames, method, methods, salt, saltId, callback, maxFieldLength',
      ],
    ],
    [
      { detectors: 'email' },
      [`option "redaction.detectors" is 'email'; it must be an array of detectors (${DETECTORS})`],
    ],
    [{ detectors: ['mail'] }, [`option "redaction.detectors[0]" is 'mail'; it must be ${ANY_DETECTOR}`]],
    [{ method: 'remove' }, [`option "redaction.method" is 'remove'; it must be 'mask', 'hash' or 'drop'`]],
    [
      { methods: { api_key: 'drop', mail: 'mask', email: 1 } },
      [
        'option "redaction.methods.api_key" is \'drop\'; it must be left out, because credentials are always masked',
        'unknown option "redaction.methods.mail"; known options: email, iban, credit_card, us_ssn, ip_address, phone',
        `option "redaction.methods.email" is 1; it must be 'mask', 'hash' or 'drop'`,
      ],
    ],
    [
      { method: 'hash' },
      [
        `option "redaction.salt" is missing; it must be a string of at least 16 characters, because the method 'hash' needs it`,
        `option "redaction.saltId" is missing; it must be a non-empty string, because the method 'hash' needs it`,
      ],
    ],
    [
      { fields: [{ path: 'metadata', method: 'hash' }], salt: SALT },
      [
        `option "redaction.saltId" is missing; it must be a non-empty string, because the method 'hash' needs it`,
      ],
    ],
    [
      { salt: 'short', saltId: '' },
      [
        'option "redaction.salt" is a string of 5 characters; it must be a string of at least 16 characters',
        `option "redaction.saltId" is ''; it must be a non-empty string`,
      ],
    ],
    [
      { maxFieldLength: 255 },
      ['option "redaction.maxFieldLength" is 255; it must be a whole number of at least 256, or Infinity'],
    ],
    [
      { callback: 'x' },
      [`option "redaction.callback" is 'x'; it must be a function of a text, its path and its event`],
    ],
    [
      { patterns: [{ category: 'a b', pattern: '', name: 1 }, /x/] },
      [
        'unknown option "redaction.patterns[0].name"; known options: category, pattern, method',
        `option "redaction.patterns[0].category" is 'a b'; it must be up to 64 letters, digits, "_", "-" and "."`,
        `option "redaction.patterns[0].pattern" is ''; it must be a non-empty string or a regular expression`,
        'option "redaction.patterns[1]" is /x/; it must be an object with "category" and "pattern"',
      ],
    ],
    [
      { fields: ['session_id', 'tool_call', 'tool_call.id', 'a..b', '[0]', 'metadata["a]', ''] },
      [
        `option "redaction.fields[0]" is 'session_id'; it must be a path that begins with one of: message, tool_call, tool_response, llm_invocation, policy, data_access, state_update, error, agent_handoff, mcp_call, metadata, tags, extensions; other members are never changed`,
        `option "redaction.fields[1]" is 'tool_call'; it must be a path that begins with one of: tool_call.name, tool_call.arguments, tool_call.function_name; other members of it are never changed`,
        `option "redaction.fields[2]" is 'tool_call.id'; it must be a path that begins with one of: tool_call.name, tool_call.arguments, tool_call.function_name; other members of it are never changed`,
        ...['a..b', '[0]', 'metadata["a]', ''].map(
          (path, index) =>
            `option "redaction.fields[${index + 3}]" is '${path}'; it must be a path such as 'tool_response.output.customer.*', 'message.metadata["a.b"]' or '**.password'`,
        ),
      ],
    ],
  ])('%j is checked', (value, problems) => {
    expect(REDACTION_RULE.problems('redaction', value)).toEqual(problems);
  });

  it('is validated by createRedactor, which throws one error for all problems', () => {
    expect(() => createRedactor({ method: 'x' as 'mask', maxFieldLength: 0 })).toThrow(
      new TypeError(
        "opentelemetry-instrumentation-openai-agents: option \"redaction.method\" is 'x'; it must be 'mask', 'hash' or 'drop'; " +
          'option "redaction.maxFieldLength" is 0; it must be a whole number of at least 256, or Infinity',
      ),
    );
  });
});
