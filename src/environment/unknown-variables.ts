const PREFIX = 'CHAUKAS_';

/**
 * Kubernetes gives every container such variables of each service, and one is likely named `chaukas`: nobody has
 * written them. https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
const OF_KUBERNETES =
  /^CHAUKAS_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/;

/**
 * What is wrong with names: a variable that is misspelt would else do nothing, without a word. Not with values: that of
 * `CHAUKAS_APIKEY` is a secret.
 */
export function unknownVariables(env: Readonly<NodeJS.ProcessEnv>, known: readonly string[]): string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && (env[name]?.trim() ?? '') !== '')
    .filter((name) => !known.includes(name) && !OF_KUBERNETES.test(name))
    .sort()
    .map((name) => `unknown variable ${name}; known are: ${known.join(', ')}`);
}
