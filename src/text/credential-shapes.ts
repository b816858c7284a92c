/**
 * The shapes of credentials, in one table. Three modules are built from it:
 *
 * - `mask-secrets.ts` masks credentials in texts.
 * - `redaction/credential-scan.ts` decides at a fraction of that cost whether a text may contain a credential. A false
 *   positive there costs time, a false negative leaks a secret.
 * - `redaction/member-names.ts` knows the members of JSON objects whose values are credentials; most of them by the words
 *   in `redaction/credential-names.ts`.
 *
 * A new row needs no change in these modules; `test/text/credential-shapes.test.ts` checks every row in both of the first
 * two. The rows are parts of regular expressions and must keep them linear in the length of the text: an unlimited
 * repetition is of a single character class, and the pattern cannot start again within it.
 */

/** A key that begins with one of a few fixed prefixes. */
export interface KeyShape {
  /**
   * The scan finds one that ends with `-`, `_` or `.`, or has one of {@link RARE_LETTERS} behind its first letter, at that
   * character. It finds another one when a long word has ended.
   */
  readonly prefixes: readonly string[];
  /** Character class of the key behind its prefix. */
  readonly characters: string;
  /** Least number of these characters. */
  readonly least: number;
  /** Lookahead behind the prefix that excludes ordinary words. */
  readonly ahead?: string;
  /** Whether the mask replaces the prefix too. */
  readonly masksPrefix?: true;
}

/** Letters that are rare in ordinary words, so that the scan may stop at each of them. */
export const RARE_LETTERS = 'zKSJ';

/** Servers shorten the keys that they quote: stars or dots of any kind stand for the middle. */
const KEY_CHARACTER = '[A-Za-z0-9_.*%…•·●-]';

/** Keys of model providers, and ids of OpenAI's organisations and projects. */
export const MODEL_PROVIDER_KEYS: readonly KeyShape[] = [
  { prefixes: ['sk-', 'pk-', 'sess-', 'rk-'], characters: KEY_CHARACTER, least: 3 },
  {
    prefixes: ['sk_', 'pk_', 'rk_', 'ek_', 'whsec_', 'gsk_', 'hf_', 'xai-', 'pplx-', 'nvapi-'],
    characters: KEY_CHARACTER,
    least: 8,
    // Identifiers in code look like these, but have neither a digit nor the marks of a shortened key.
    ahead: '(?=[A-Za-z_-]{0,64}[0-9*.…•·●])',
  },
  { prefixes: ['AIza', 'AKIA', 'ASIA'], characters: KEY_CHARACTER, least: 12 },
  // A JSON Web Token begins with `{"` in base64.
  { prefixes: ['eyJ'], characters: '[A-Za-z0-9_.=+/-]', least: 16, masksPrefix: true },
  { prefixes: ['org-', 'proj_'], characters: '[A-Za-z0-9*]', least: 6 },
];

/** Lookahead for prefixes that also begin identifiers in code, which have no digit. */
const HAS_DIGIT = '(?=[A-Za-z_-]{0,64}[0-9])';

const WORD_CHARACTER = '[A-Za-z0-9_-]';
const HEX = '[0-9a-f]';

/**
 * Keys of services that tools call. The prefixes are facts that the services publish, for scanners of secrets among
 * others.
 */
export const TOOL_SERVICE_KEYS: readonly KeyShape[] = [
  // GitHub, npm
  {
    prefixes: ['gho_', 'ghp_', 'ghr_', 'ghs_', 'ghu_', 'github_pat_', 'npm_'],
    characters: '[A-Za-z0-9_]',
    least: 20,
  },
  // GitLab, Slack, Google OAuth, SendGrid
  {
    prefixes: [
      ...['glpat-', 'gldt-', 'glrt-', 'glcbt-', 'glptt-', 'glft-', 'glimt-', 'glagent-', 'gloas-', 'glsoat-'],
      ...[...'abcdefghijklmnopqrstuvwxyz'].map((kind) => `xox${kind}-`),
      ...['xapp-', 'xwfp-', 'ya29.', 'SG.', 'GOCSPX-'],
    ],
    characters: '[A-Za-z0-9_.-]',
    least: 10,
  },
  // Code and packages: PyPI, RubyGems, Docker, CircleCI, Buildkite, Clojars, NuGet, Sourcegraph, SonarQube, Artifactory
  {
    prefixes: [
      ...['pypi-', 'rubygems_', 'dckr_pat_', 'dckr_oat_', 'CCIPAT_', 'CCIPRJ_', 'bkua_', 'bkat_', 'CLOJARS_'],
      ...['sgp_', 'slk_', 'sqp_', 'squ_', 'sqa_', 'AKCp', 'GR1348941'],
    ],
    characters: WORD_CHARACTER,
    least: 20,
    ahead: HAS_DIGIT,
  },
  { prefixes: ['cmVmdGtu'], characters: '[A-Za-z0-9]', least: 30 },
  { prefixes: ['oy2'], characters: '[a-z0-9]', least: 43 },
  // Clouds: AWS, Alibaba, Tencent, Yandex, DigitalOcean, Cloudflare, Heroku, Fly, Vercel, Netlify, Render, PlanetScale,
  // Supabase, Databricks, MongoDB, Scalingo
  { prefixes: ['ABIA', 'ACCA'], characters: '[A-Z0-9]', least: 16 },
  { prefixes: ['LTAI'], characters: '[A-Za-z0-9]', least: 16, ahead: HAS_DIGIT },
  { prefixes: ['AKID'], characters: '[A-Za-z0-9]', least: 28, ahead: HAS_DIGIT },
  { prefixes: ['AQVN', 't1.', 'y0_'], characters: WORD_CHARACTER, least: 35, ahead: HAS_DIGIT },
  {
    prefixes: [
      ...[
        'dop_v1_',
        'doo_v1_',
        'dor_v1_',
        'cfut_',
        'cfat_',
        'v1.0-',
        'HRKU-',
        'fm2_',
        'fo1_',
        'rnd_',
        'sbp_',
      ],
      ...[
        'vcp_',
        'vck_',
        'vca_',
        'vci_',
        'vcr_',
        'nfp_',
        'nfc_',
        'nfo_',
        'nfu_',
        'pscale_tkn_',
        'pscale_pw_',
      ],
      ...['pscale_oauth_', 'sb_secret_', 'tk-us-'],
    ],
    characters: WORD_CHARACTER,
    least: 20,
    ahead: HAS_DIGIT,
  },
  { prefixes: ['dapi', 'SK'], characters: HEX, least: 32 },
  // Secret stores: Vault, Doppler, Terraform Cloud, age, 1Password
  {
    prefixes: [
      ...[
        'hvs.',
        'hvb.',
        'hvr.',
        'dp.pt.',
        'dp.st.',
        'dp.ct.',
        'dp.sa.',
        'dp.scim.',
        'dp.audit.',
        'atlasv1.',
      ],
      ...['AGE-SECRET-KEY-'],
    ],
    characters: WORD_CHARACTER,
    least: 20,
  },
  {
    prefixes: ['s.'],
    characters: '[A-Za-z0-9]',
    least: 24,
    ahead: '(?=[A-Za-z]{0,22}[0-9])(?![A-Za-z0-9]{25})',
  },
  { prefixes: ['A3-'], characters: '[A-Z0-9-]', least: 32 },
  // Monitoring: Grafana, New Relic, Dynatrace, Sentry, PostHog, Infracost, LaunchDarkly, Segment
  {
    prefixes: [
      ...[
        'glsa_',
        'glc_',
        'NRAK-',
        'NRAA-',
        'NRII-',
        'NRJS-',
        'NRRA-',
        'dt0c01.',
        'dt0s01.',
        'sntrys_',
        'sntryu_',
      ],
      ...['phc_', 'phx_', 'phs_', 'phr_', 'ico-'],
    ],
    characters: '[A-Za-z0-9_.-]',
    least: 20,
    ahead: HAS_DIGIT,
  },
  { prefixes: ['sdk-', 'mob-', 'api-'], characters: '[0-9a-f-]', least: 36 },
  // Shops and payments: Shopify, Square, Flutterwave, EasyPost, Shippo, Duffel
  {
    prefixes: [
      ...[
        'shpat_',
        'shpca_',
        'shppa_',
        'shpss_',
        'sq0atp-',
        'sq0csp-',
        'sq0idp-',
        'FLWSECK_TEST-',
        'FLWSECK-',
      ],
      ...['FLWPUBK_TEST-', 'FLWPUBK-', 'shippo_live_', 'shippo_test_', 'duffel_live_', 'duffel_test_'],
    ],
    characters: WORD_CHARACTER,
    least: 16,
    ahead: HAS_DIGIT,
  },
  { prefixes: ['EZAK', 'EZTK'], characters: '[A-Za-z0-9]', least: 54 },
  // Mail and messages: Mailgun, Brevo, Resend
  { prefixes: ['key-', 'pubkey-'], characters: HEX, least: 32 },
  { prefixes: ['xkeysib-', 'xsmtpsib-', 're_'], characters: WORD_CHARACTER, least: 20, ahead: HAS_DIGIT },
  // Work: Atlassian, Linear, Notion, Figma, HubSpot, Postman, Contentful, Pulumi, Prefect, ReadMe, Typeform, Tailscale,
  // Frame.io, Adafruit, Meta
  { prefixes: ['ATATT3', 'ATCTT3', 'ATBB'], characters: '[A-Za-z0-9_=-]', least: 24 },
  {
    prefixes: [
      ...[
        'lin_api_',
        'lin_oauth_',
        'ntn_',
        'figd_',
        'figo_',
        'pat-na1-',
        'pat-na2-',
        'pat-eu1-',
        'PMAK-',
        'CFPAT-',
      ],
      ...[
        'pul-',
        'pnu_',
        'pnb_',
        'rdme_',
        'tfp_',
        'tskey-auth-',
        'tskey-api-',
        'tskey-client-',
        'fio-u-',
        'aio_',
      ],
    ],
    characters: WORD_CHARACTER,
    least: 20,
    ahead: HAS_DIGIT,
  },
  { prefixes: ['secret_'], characters: '[A-Za-z0-9]', least: 40, ahead: HAS_DIGIT },
  { prefixes: ['EAA'], characters: '[A-Za-z0-9]', least: 40, ahead: HAS_DIGIT },
  // Models and tools of agents: Replicate, LangSmith, Pinecone, Tavily, E2B, Jina, Browserbase, Weights & Biases,
  // Fireworks, Cerebras, Together, Anyscale, Firecrawl, Brave
  {
    prefixes: [
      ...[
        'r8_',
        'lsv2_pt_',

        'pcsk_',
        'tvly-',
        'e2b_',
        'jina_',
        'bb_live_',
        'wandb_v1_',
        'fw_',
        'csk-',
      ],
      ...['tgp_v1_', 'esecret_', 'flp_', 'BSA'],
    ],
    characters: WORD_CHARACTER,
    least: 20,
    ahead: HAS_DIGIT,
  },
  { prefixes: ['fc-'], characters: HEX, least: 32 },
  { prefixes: ['hf_'], characters: '[A-Za-z]', least: 30 },
  // Addresses that anyone may post to: Slack, Teams, Discord, Zapier
  {
    prefixes: ['hooks.slack.', 'webhook.office.', 'discord.', 'discordapp.', 'hooks.zapier.'],
    characters: '[A-Za-z0-9_./@-]',
    least: 30,
    ahead: '(?=com/(?:services|workflows|triggers|webhookb2|api/webhooks|hooks)/)',
  },
];

/** A key that is known by its parts. */
export interface PartedKey {
  /** The whole key, from the beginning of a word. */
  readonly pattern: string;
  /** The part behind `stop`, at which the scan looks for the key. */
  readonly stop: ':' | '.' | '-' | '~' | '/';
  readonly behind: string;
  /** Characters of which one stands `signAt` behind `stop`. The scan looks there first, since it is cheap. */
  readonly sign: string;
  readonly signAt: number;
}

export const KEYS_WITHOUT_PREFIX: readonly PartedKey[] = [
  // Telegram's bots
  {
    pattern: '[0-9]{8,10}:AA[A-Za-z0-9_-]{32,33}',
    stop: ':',
    behind: 'AA[A-Za-z0-9_-]{32}',
    sign: 'A',
    signAt: 1,
  },
  // Discord's bots
  {
    pattern: String.raw`[MNO][\w-]{22,27}\.[\w-]{6}\.[\w-]{25,}`,
    stop: '.',
    behind: String.raw`[\w-]{6}\.[\w-]{25}`,
    sign: '.',
    signAt: 7,
  },
  // Airtable
  {
    pattern: String.raw`pat\w{14}\.[0-9a-f]{64}`,
    stop: '.',
    behind: '[0-9a-f]{64}',
    sign: '0123456789abcdef',
    signAt: 64,
  },
  // Mailchimp
  {
    pattern: String.raw`[0-9a-f]{32}-us[0-9]{1,2}(?!\w)`,
    stop: '-',
    behind: String.raw`us[0-9]{1,2}(?!\w)`,
    sign: 'u',
    signAt: 1,
  },
  // Microsoft Entra
  {
    pattern: String.raw`[\w.~-]{3}[0-9]Q~[\w.~-]{31,34}`,
    stop: '~',
    behind: String.raw`[\w.~-]{31}`,
    sign: 'Q',
    signAt: -1,
  },
  // Google's refresh tokens
  { pattern: String.raw`1//0[\w-]{40,}`, stop: '/', behind: String.raw`0[\w-]{40}`, sign: '0', signAt: 1 },
];

/** The name of an HTTP authentication scheme, before its credential. */
export interface AuthScheme {
  readonly name: string;
  readonly ignoresCase: boolean;
  /** The least credential behind the separator, as a pattern. */
  readonly credential: string;
}

/** Characters of a value that is not in quotes. */
export const BARE = String.raw`[^\s"'\`,;&<>()[\]{}\\]`;

/** Separator between the name of a scheme and the credential. */
export const SCHEME_SEPARATOR = String.raw`[\s+:=]{1,4}`;

/** Words of a sentence that may follow the name of a scheme in place of a credential. */
const NOT_PROSE = String.raw`(?!(?:auth(?:entication|orization)?|tokens?|scheme|headers?|access|or|and|is)(?![\w-]))`;

export const AUTH_SCHEMES: readonly AuthScheme[] = [
  { name: 'Bearer', ignoresCase: true, credential: `${NOT_PROSE}${BARE}{3}` },
  // Text in base64 is almost never all lower case.
  {
    name: 'Basic',
    ignoresCase: false,
    credential: String.raw`${NOT_PROSE}(?=\w[a-z]{0,64}[A-Z0-9+/=])${BARE}{4}`,
  },
];

/**
 * Names of headers, members, parameters and variables whose values are credentials. Patterns that ignore case; each ends
 * with two plain letters, which is what the scan looks at first.
 */
export const SECRET_LABELS: readonly string[] = [
  ...['provided', 'given', 'passed', 'received', 'used'].map((word) => `api[-_ ]?key ${word}`),
  'api[-_ ]?key',
  'subscription[-_]key',
  'access[-_ ]?key[-_ ]?id',
  'access[-_ ]?key',
  '(?:secret|private|signing|encryption|account|master|storage|shared|license|deploy|webhook)[-_]?key',
  '(?:access|refresh|id|auth|session|security)[-_ ]?token',
  '(?:private|vault|csrf|xsrf|job|deploy|api|bot|bearer|service|admin|personal|device)[-_ ]?token',
  '(?:client|webhook)[-_ ]?secret',
  '(?:app|consumer|shared|signing|api|auth|jwt|session|token|cookie)[-_ ]?secret',
  'password',
  'passwd',
  'passphrase',
  'openai-organization',
  'openai-project',
];

/** The two headers whose values have a syntax of their own. */
export const AUTHORIZATION = 'authorization';
export const COOKIE = 'cookie';

/** Every name whose value is a credential wherever it stands. */
export const LABEL = oneOfPatterns([...SECRET_LABELS, AUTHORIZATION, COOKIE]);

/** Names whose values are credentials in `name=value`. Elsewhere they are ordinary words. */
export const PARAMETER_LABELS: readonly string[] = [
  ...['token', 'secret', 'key', 'signature', 'sig', 'pwd', 'pass', 'passcode', 'credential'],
  // Cookies of sessions, by framework.
  ...['phpsessid', 'jsessionid', 'sessionid', 'asp.net_sessionid', 'connect.sid', 'csrftoken', 'xsrf-token'],
];

/** Errors of Node quote a header value with a line break in it: `Headers.append: "…`. */
export const REFUSED_HEADER = { prefix: 'Headers', rest: String.raw`\.\w{1,20}: "` } as const;

export function oneOfPatterns(patterns: readonly string[]): string {
  return `(?:${patterns.join('|')})`;
}

/**
 * The beginning of a word, as a pattern: not within another word (`task-force`), but right behind an escape of JSON that
 * ends with a letter (`\nsk-…`). {@link mayBeginWord} is the same test as code.
 */
export const WORD_START = String.raw`(?:(?<![A-Za-z0-9])|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4}))`;

const ESCAPE_LETTERS = 'bfnrt';

/** Whether {@link WORD_START} may match at this index. */
export function mayBeginWord(text: string, start: number): boolean {
  if (start === 0 || !isAlphanumeric(text.charCodeAt(start - 1))) return true;
  return (
    (ESCAPE_LETTERS.includes(text[start - 1] ?? '') && text[start - 2] === '\\') ||
    text.startsWith('\\u', start - 6)
  );
}

function isAlphanumeric(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || (code >= 0x30 && code <= 0x39);
}
