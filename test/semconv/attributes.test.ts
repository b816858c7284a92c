import { describe, expect, it } from 'vitest';
import * as names from '../../src/semconv/attributes.js';
import convention from './convention-attributes.json' with { type: 'json' };

// The names of the convention at the commit that the file names, as of section 9 of our digest of it.

const CONSTANTS = Object.entries(names).filter(([constant]) => constant.startsWith('ATTR_'));

/** Gone from the convention, and needed for the metrics of the older one. */
const OLDER = ['gen_ai.token.type'];

/** The convention lists a name that goes on with a key of the application's by a placeholder. */
const inConvention = (name: string) =>
  convention.attributes.includes(name.endsWith('.') ? `${name}<key>` : name);

/** Names of the general conventions, which the table of the GenAI ones does not list. */
const GENERAL = [
  'session.id',
  'user.id',
  'enduser.id',
  'http.request.method',
  'http.request.resend_count',
  'http.response.status_code',
  'url.template',
];

describe('Attribute names', () => {
  it('in a namespace of the convention are names of the convention', () => {
    const unknown = CONSTANTS.map(([, name]) => name)
      .filter((name) => /^(gen_ai|openai|mcp)\./.test(name))
      .filter((name) => !inConvention(name));
    expect(unknown).toEqual(OLDER);
  });

  it('are those of the convention or in a namespace of our own', () => {
    const strange = CONSTANTS.map(([, name]) => name)
      .filter((name) => !name.startsWith('openai_agents.'))
      .filter((name) => !inConvention(name) && !OLDER.includes(name));
    expect(strange).toEqual(GENERAL);
  });

  it('keep our own namespace free of names of the convention', () => {
    expect(convention.attributes.filter((name) => name.startsWith('openai_agents.'))).toEqual([]);
  });

  it.each(CONSTANTS)('%s matches its name', (constant, name) => {
    // The names of this package leave out the last word if it is only the kind of thing that is named.
    const words = constant.slice('ATTR_'.length).toLowerCase();
    expect(name.replaceAll('.', '_')).toContain(words);
  });

  it('are unique', () => {
    const values = CONSTANTS.map(([, name]) => name);
    expect(new Set(values).size).toBe(values.length);
  });

  const events = Object.entries(names).filter(([constant]) => constant.startsWith('EVENT_'));
  /** Events of the convention, whose table here has attributes only. */
  const CONVENTION_EVENTS = ['gen_ai.evaluation.result'];

  it('and those of events are in a namespace of our own, or of the convention', () => {
    const strange = events.map(([, name]) => name).filter((name) => !name.startsWith('openai_agents.'));
    expect(strange).toEqual(CONVENTION_EVENTS);
  });

  // The table that the fixture was taken from has them all; a cut-off copy would let wrong names pass as unknown ones.
  it('are compared with the whole table', () => {
    expect(convention.attributes.filter((name) => name.startsWith('gen_ai.'))).toHaveLength(79);
  });
});
