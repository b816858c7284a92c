/** Decides from the name of a member whether its value is a credential: `DB_PASS`, `stripeSecretKey`, `X-Vault-Token`. */

/** Words that make any value of a member a credential. */
const CREDENTIAL_WORDS: ReadonlySet<string> = new Set([
  ...[
    'pass',
    'passphrase',
    'passcode',
    'passkey',
    'pwd',
    'pw',
    'secret',
    'secrets',
    'token',
    'apikey',
    'jwt',
  ],
  ...['bearer', 'credential', 'credentials', 'creds', 'cred', 'auth', 'authorization', 'cookie', 'cookies'],
  ...['otp', 'totp', 'pin', 'cvv', 'cvv2', 'cvc', 'csc', 'private', 'mnemonic', 'authtoken', 'accesstoken'],
  ...['secretkey', 'privatekey', 'accesskey', 'sessionid', 'csrf', 'xsrf', 'hmac', 'keystore'],
]);

/** Words whose values are numbers, too. Other numbers behind a name such as `token` are counts and flags. */
const NUMERIC_WORDS: ReadonlySet<string> = new Set([
  ...['pass', 'passcode', 'password', 'pwd', 'otp', 'totp', 'pin', 'cvv', 'cvv2', 'cvc', 'csc', 'secret'],
]);

/** Last words of names that say something about a credential: `token_type`, `password_expires_at`. */
const DESCRIPTIONS: ReadonlySet<string> = new Set([
  ...[
    'type',
    'count',
    'counts',
    'limit',
    'limits',
    'url',
    'uri',
    'endpoint',
    'name',
    'arn',
    'ref',
    'version',
  ],
  ...[
    'policy',
    'expires',
    'expiry',
    'expiration',
    'at',
    'in',
    'length',
    'size',
    'required',
    'enabled',
    'disabled',
  ],
  ...[
    'method',
    'methods',
    'mode',
    'status',
    'state',
    'provider',
    'algorithm',
    'alg',
    'time',
    'budget',
    'usage',
  ],
  ...[
    'index',
    'position',
    'valid',
    'present',
    'set',
    'reset',
    'changed',
    'updated',
    'scope',
    'scopes',
    'ttl',
    'age',
  ],
  ...[
    'description',
    'format',
    'schema',
    'kind',
    'level',
    'field',
    'fields',
    'rotation',
    'strength',
    'attempts',
  ],
  ...[
    'tokens',
    'ip',
    'ips',
    'network',
    'subnet',
    'dns',
    'zone',
    'repo',
    'repository',
    'repositories',
    'address',
  ],
  ...[
    'link',
    'messages',
    'channel',
    'beta',
    'mask',
    'id',
    'ids',
    'file',
    'path',
    'paths',
    'domain',
    'flow',
    'server',
  ],
]);

/** Names with a word of the list that are known for something else. */
const KNOWN_HARMLESS: ReadonlySet<string> = new Set([
  ...['page token', 'next token', 'next page token', 'continuation token', 'sync token', 'next sync token'],
  ...['cancel token', 'cancellation token', 'eos token', 'bos token', 'pad token', 'unk token', 'sep token'],
  ...['cls token', 'mask token', 'stop token', 'special token', 'start token', 'end token', 'image token'],
  ...[
    'cost per token',
    'price per token',
    'per token',
    'time per token',
    'time to first token',
    'first token',
  ],
  ...['bytes per token', 'ms per token', 'seconds per token', 'last token', 'top token', 'chars per token'],
]);

/** Names that end with `key` and hold no secret. `key` alone names an entry. */
const PUBLIC_KEYS: ReadonlySet<string> = new Set([
  ...[
    'public',
    'primary',
    'foreign',
    'partition',
    'sort',
    'cache',
    'idempotency',
    'object',
    'row',
    'hash',
    'range',
  ],
  ...['routing', 'group', 'lookup', 'unique', 'composite', 'natural', 'surrogate', 'map', 'dict', 'index'],
  ...[
    'field',
    'column',
    'table',
    'translation',
    'message',
    'issue',
    'project',
    'ticket',
    'file',
    'item',
    'parent',
  ],
  ...[
    'child',
    'search',
    'sorting',
    'order',
    's3',
    'blob',
    'bucket',
    'hot',
    'arrow',
    'shortcut',
    'join',
    'prompt',
  ],
  ...['dedupe', 'deduplication', 'shard', 'state', 'feature', 'flag', 'config', 'setting'],
  ...[
    'output',
    'input',
    'result',
    'tag',
    'label',
    'metric',
    'event',
    'entity',
    'document',
    'record',
    'kv',
    'redis',
  ],
]);

/** Facts about the name of a member. */
export interface CredentialName {
  /** Whether a text behind this name is a credential. */
  readonly isText: boolean;
  /** Whether a number behind this name is one. */
  readonly isNumber: boolean;
}

export const NO_CREDENTIAL_NAME: CredentialName = { isText: false, isNumber: false };
const MAX_KNOWN = 4096;
/** A longer name is not read: it is a text, and not the name of a credential. */
export const LONGEST_CREDENTIAL_NAME = 64;
const known = new Map<string, CredentialName>();

export function credentialName(name: string): CredentialName {
  if (name.length > LONGEST_CREDENTIAL_NAME || name.length < 2) return NO_CREDENTIAL_NAME;
  const found = known.get(name);
  if (found !== undefined) return found;
  const facts = readName(name);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(name, facts);
  return facts;
}

function readName(name: string): CredentialName {
  const words = wordsOf(name);
  const last = words.at(-1);
  if (last === undefined) return NO_CREDENTIAL_NAME;
  const joined = words.join(' ');
  if (KNOWN_HARMLESS.has(joined)) return NO_CREDENTIAL_NAME;
  const named = words.some((word) => CREDENTIAL_WORDS.has(word) || word.startsWith('passw'));
  if (named && !(words.length > 1 && DESCRIPTIONS.has(last))) {
    return {
      isText: true,
      isNumber: words.some((word) => NUMERIC_WORDS.has(word) || word.startsWith('passw')),
    };
  }
  const isKey = last === 'key' && words.length > 1 && !PUBLIC_KEYS.has(words.at(-2) ?? '');
  return isKey ? { isText: true, isNumber: false } : NO_CREDENTIAL_NAME;
}

/** The words of a name in any style: `stripeSecretKey`, `DB_PASS`, `x-api-key`. */
export function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}
