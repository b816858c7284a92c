import type { EventType } from '../chaukas/event.js';
import type { PersonalDataDetectorName, RedactionDetector } from './detectors/index.js';

/**
 * The replacement of redacted text:
 *
 * - `mask`: a word such as `[REDACTED:email]`
 * - `hash`: a word that is the same for the same value (`[email_9f86d081884c7d65]`), so that events of one person can
 *   still be found together
 * - `drop`: no replacement
 */
export type RedactionMethod = 'mask' | 'hash' | 'drop';

/** A pattern for personal data of the application's own kind, such as customer numbers. */
export interface RedactionPattern {
  /** Name in `pii_categories` and in the mask: letters, digits, `_`, `-` and `.`. */
  category: string;
  /**
   * A literal text or a regular expression. It runs on every text of every event, so an expression that backtracks badly
   * (`(a+)+$`) blocks the application.
   */
  pattern: string | RegExp;
  /** @defaultValue the option `method` */
  method?: RedactionMethod;
}

/** A field that is redacted whatever it contains. */
export interface RedactionField {
  /** Path in the event, as in option `fields`. */
  path: string;
  /** Name in `pii_categories` and in the mask. */
  category?: string;
  /** @defaultValue the option `method` */
  method?: RedactionMethod;
}

/** Changes to the names whose values are credentials. */
export interface CredentialNameOptions {
  /** Names whose values are credentials, too. */
  add?: readonly string[];
  /** Names whose values are none. */
  remove?: readonly string[];
}

/** The event that contains the text passed to a {@link RedactionCallback}; without members for a text on a span. */
export interface RedactionEventInfo {
  readonly type?: EventType | undefined;
  readonly event_id?: string | undefined;
  readonly session_id?: string | undefined;
  readonly agent_name?: string | undefined;
}

/**
 * Redacts a text by the application's own code.
 *
 * @param value - the text after the detectors ran.
 * @param path - path of the text in the event: `llm_invocation.request.messages[0].content`. On a span it begins with the
 *   attribute: `["gen_ai.input.messages"][0].parts[0].content`.
 * @returns the text to record; `undefined` or the same text leaves it unchanged.
 */
export type RedactionCallback = (
  value: string,
  path: string,
  event: RedactionEventInfo,
) => string | undefined;

/**
 * Options for the redaction of events before they are stored or sent, and of content on spans and in log records.
 * Credentials (keys, tokens, passwords, private keys) are always redacted.
 *
 * All content of an event is searched, its metadata and extensions included, also inside of texts that are JSON.
 * Identifiers are not: an application that uses e-mail addresses as session ids publishes them.
 */
export interface RedactionOptions {
  /**
   * Kinds of personal data to search for: `email`, `phone`, `credit_card`, `iban`, `us_ssn`, `ip_address`. `api_key` and
   * `private_key` may be listed, but are always searched for.
   *
   * @defaultValue all
   */
  detectors?: readonly RedactionDetector[];
  /** @defaultValue none */
  patterns?: readonly RedactionPattern[];
  /**
   * Fields that are redacted whatever they contain, by their paths in the event: `tool_response.output.customer.*`,
   * `llm_invocation.request.messages[*].content`, `**.date_of_birth`.
   *
   * - `*` is any member, `[*]` any entry of a list, `**` any number of both.
   * - `["a.b"]` is a member whose name has other characters than letters, digits, `_`, `-`, `$` and `@`.
   * - A path may lead into a text that is JSON.
   * - `llm_invocation.request.messages[0]` is the first message that was sent, also if the event of a later call has only
   *   those that are new.
   * - A path in an event also names the content of spans that holds the same: that of a tool's result, for example,
   *   `gen_ai.tool.call.result`. A path may also begin with such an attribute: `["gen_ai.retrieval.documents"][*].content`.
   *
   * @defaultValue none
   */
  fields?: ReadonlyArray<string | RedactionField>;
  /**
   * Changes to the names of members whose values are masked as credentials, whatever they are. Known are names with a word
   * such as `password`, `secret`, `token`, `pin` or `auth`, or with `key` at the end, in any style (`dbPass`, `DB_PASS`):
   * `{ add: ['vault_ref'], remove: ['session_token'] }`.
   *
   * @defaultValue none
   */
  credentialNames?: CredentialNameOptions;
  /**
   * Method for everything that has no method of its own. Credentials are always masked.
   *
   * `drop` removes a match from its text. A dropped field is left out; in a list and inside of a JSON text it becomes
   * `null`.
   *
   * @defaultValue `'mask'`
   */
  method?: RedactionMethod;
  /** Methods by detector: `{ email: 'hash' }`. */
  methods?: Readonly<Partial<Record<PersonalDataDetectorName, RedactionMethod>>>;
  /**
   * Key of the hashes, at least 16 characters. Required for the method `hash`. The hash is HMAC-SHA-256, of which 16
   * hexadecimal digits are recorded. Keep the salt secret: with it, a hash can be matched to its value.
   */
  salt?: string;
  /** Name of the salt, in `redaction.salt_id`. Required for the method `hash`. Change it whenever the salt changes. */
  saltId?: string;
  /**
   * Called with each text of an event after all other redaction. It runs on the application's thread, so it must be fast.
   * If it throws or returns a value that is not a text, the whole field is masked.
   */
  callback?: RedactionCallback;
  /**
   * Maximum length of a text after redaction, in UTF-16 code units: at least 256, or `Infinity` for no limit. A longer
   * text keeps its beginning and gets a mark with its full length and the hash of the redacted text.
   *
   * @defaultValue 65,536
   */
  maxFieldLength?: number;
}

export const DEFAULT_MAX_FIELD_LENGTH = 65_536;

/** Accepted values of option `redaction`, in the words of messages. */
export const REDACTION_ACCEPTED =
  "an object of options, e.g. { method: 'mask' }, or false, which leaves personal data as it is";
