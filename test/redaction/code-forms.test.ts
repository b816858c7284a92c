/**
 * Keys that have no prefix of their own, of 50 services, in the forms in which code, configuration and commands name them.
 * The names and the forms are those of gitleaks' rules and of the samples that its rule tests generate
 * (cmd/generate/config/rules, cmd/generate/config/utils). The table says how many are masked.
 */
import { expect, it } from 'vitest';
import { createRedactor } from '../../src/redaction/redactor.js';
import { messageEvent } from './message-event.js';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const HEX = '0123456789abcdef';
const LOWER = `${LETTERS}0123456789`;
const ANY = `${LOWER}${LETTERS.toUpperCase()}`;

const KEYS: readonly (readonly [service: string, characters: string, length: number])[] = [
  ...['adafruit', 'fastly', 'trello'].map((name) => [name, ANY, 32] as const),
  ...['airtable', 'linkedin', 'travisci'].map((name) => [name, ANY, 17] as const),
  ...['algolia', 'asana', 'bittrex', 'codecov', 'droneci', 'flickr', 'nytimes'].map(
    (name) => [name, LOWER, 32] as const,
  ),
  ...['cohere', 'gitter', 'gocardless', 'sonar', 'yandex', 'zendesk'].map((name) => [name, ANY, 40] as const),
  ...['coinbase', 'freshbooks', 'confluent', 'bitbucket', 'newrelic', 'sumologic'].map(
    (name) => [name, LOWER, 64] as const,
  ),
  ...['adobe', 'facebook', 'finicity', 'hubspot', 'mailgun', 'discord', 'sentry', 'sendbird', 'kucoin'].map(
    (name) => [name, HEX, 32] as const,
  ),
  ...['atlassian', 'etsy', 'finnhub', 'looker', 'mattermost', 'messagebird', 'plaid', 'twitch'].map(
    (name) => [name, LOWER, 26] as const,
  ),
  ...['contentful', 'netlify', 'okta', 'rapidapi', 'twitter', 'intercom', 'kraken', 'launchdarkly'].map(
    (name) => [name, ANY, 45] as const,
  ),
];

const FORMS: Readonly<Record<string, (name: string, key: string) => string>> = {
  'name_token=…': (name, key) => `${name}_token=${key}`,
  'NAME_API_KEY=…': (name, key) => `export ${name.toUpperCase()}_API_KEY=${key}`,
  'nameToken="…"': (name, key) => `${name}Token="${key}"`,
  "const nameApiKey = '…'": (name, key) => `const ${name}ApiKey = '${key}'`,
  'nameToken := "…"': (name, key) => `${name}Token := "${key}"`,
  'string nameToken = "…";': (name, key) => `string ${name}Token = "${key}";`,
  'let nameToken: String = "…"': (name, key) => `let ${name}Token: String = "${key}"`,
  '$name_secret = ‘…’;': (name, key) => `$${name}_secret = '${key}';`,
  'NAME_SECRET_KEY = "…"': (name, key) => `static final String ${name.toUpperCase()}_SECRET_KEY = "${key}";`,
  '{"name_token": "…"}': (name, key) => `{"${name}_token": "${key}"}`,
  '{"nameSecret":"…"}': (name, key) => `{"${name}Secret":"${key}"}`,
  'name_client_secret in Python': (name, key) => `{'${name}_client_secret': '${key}'}`,
  'name_token: … in YAML': (name, key) => `${name}_token: ${key}`,
  '<name_token>…': (name, key) => `<${name}_token>${key}</${name}_token>`,
  '<nameToken>…': (name, key) => `<${name}Token>${key}</${name}Token>`,
  'access_token in a URL': (name, key) => `https://api.${name}.com/v1?access_token=${key}&page=1`,
  'X-Name-Token: …': (name, key) => `X-${name}-Token: ${key}`,
  'Authorization: Bearer …': (name, key) => `curl -H "Authorization: Bearer ${key}" https://${name}.com`,
  '--api-key=…': (name, key) => `${name} --api-key=${key}`,
  '--token …': (name, key) => `${name} login --token ${key}`,
  'API key is …': (name, key) => `The ${name} API key is ${key}`,
};

/** Numbers that look random and are the same in each run. */
function makeRandom(): (below: number) => number {
  let state = 1;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

it('Keys without a prefix are masked in the forms of the table', async () => {
  const random = makeRandom();
  const redact = createRedactor();
  const rows = Object.entries(FORMS).map(([form, write]) => {
    const masked = KEYS.filter(([name, characters, length]) => {
      const key = Array.from({ length }, () => characters[random(characters.length)]).join('');
      return redact(messageEvent(write(name, key))).message?.text?.includes(key) === false;
    });
    return `| \`${form}\` | ${masked.length} of ${KEYS.length} |`;
  });
  const table = ['| form | masked |', '| --- | --- |', ...rows, ''].join('\n');
  await expect(table).toMatchFileSnapshot('corpus/code-forms.md');
});
