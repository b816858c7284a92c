/** The command to call, as a program and its first arguments; installed first where it is missing and can be. */
export function ensureDockerCompose(): [string, ...string[]];
