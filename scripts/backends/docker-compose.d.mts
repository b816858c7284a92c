/**
 * Returns the command to call, as a program and its first arguments. Installs it if it is missing and can be
 * installed.
 */
export function ensureDockerCompose(): [string, ...string[]];
