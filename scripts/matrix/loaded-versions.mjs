// Compares what a run loaded with what it should have loaded: a run on other versions proves nothing.

/** @type {typeof import('./loaded-versions.d.mts').describeLoaded} */
export function describeLoaded({ agents, openai, node, sdk }) {
  return `${agents === undefined ? '' : `agents ${agents} · `}openai ${openai} · Node ${node} · OpenTelemetry SDK ${sdk}`;
}

/** @type {typeof import('./loaded-versions.d.mts').differences} */
export function differences(asked, loaded) {
  if (loaded === undefined) return ['the versions that were loaded are not known'];
  return [
    ...difference('agents', asked.agents, loaded.agents),
    ...difference('openai', asked.openai, loaded.openai),
    ...difference('Node', String(asked.node), major(loaded.node)),
    ...difference('OpenTelemetry SDK', String(asked.sdk), major(loaded.sdk)),
  ];
}

/**
 * @param {string} what
 * @param {string | undefined} asked
 * @param {string | undefined} loaded
 */
function difference(what, asked, loaded) {
  return asked === loaded ? [] : [`${what} should be ${asked} and is ${loaded}`];
}

/** @param {string} version */
function major(version) {
  return version.split('.')[0] ?? version;
}
