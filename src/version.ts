/** Name of the instrumentation scope; the same as the npm package's. */
export const PACKAGE_NAME = 'opentelemetry-instrumentation-openai-agents';

/** Version of the instrumentation scope. A test holds it against package.json. */
export const PACKAGE_VERSION = '0.1.0';
