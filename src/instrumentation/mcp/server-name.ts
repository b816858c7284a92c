import { asText } from '../../foreign/read.js';

/** `https://…`, or behind the name of the transport. */
const ADDRESS = /^((?:sse|streamable-http): )?(https?:\/\/\S+)$/;

/**
 * What an agent calls a server. Without a name from the application that is its address, which up to 0.14 has the
 * credentials and the query in it.
 */
export function readServerName(value: unknown): string | undefined {
  const name = asText(value);
  const [, transport = '', address = ''] = name?.match(ADDRESS) ?? [];
  return URL.canParse(address) ? transport + publicAddress(new URL(address)) : name;
}

/** An address without what may give access to it. */
export function publicAddress({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname}`;
}
