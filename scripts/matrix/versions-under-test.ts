import { realpathSync } from 'node:fs';
import path from 'node:path';
import type { Plugin } from 'vitest/config';

export interface VersionsUnderTest {
  /** The folder of the `openai` package to load. By default it is that of package.json. */
  readonly openaiDir: string | undefined;
  /** The folder whose node_modules holds the OpenTelemetry packages. By default they are those of package.json. */
  readonly otelSdkDir: string | undefined;
  /**
   * The folder whose node_modules holds the Agents SDK and the `openai` and `zod` it depends on. By default they are
   * those of package.json.
   */
  readonly agentsDir: string | undefined;
}

/**
 * Resolves the SDKs and `@opentelemetry/*` to other folders when `src`, tests or examples import them. Packages find
 * their own dependencies as usual: `@openai/agents` keeps its `openai`.
 */
export function versionsUnderTest({ openaiDir, otelSdkDir, agentsDir }: VersionsUnderTest): Plugin {
  const folderFor = (specifier: string): string | undefined => {
    if (isOf('openai', specifier)) return openaiDir ?? agentsDir;
    if (specifier.startsWith('@openai/') || isOf('zod', specifier)) return agentsDir;
    if (specifier.startsWith('@opentelemetry/')) return otelSdkDir;
    return undefined;
  };
  return {
    name: 'versions-under-test',
    enforce: 'pre',
    async resolveId(specifier, _importer, options) {
      const folder = folderFor(specifier);
      if (folder === undefined) return null;
      const wanted = nameThere(specifier);
      const found = await this.resolve(wanted, path.join(folder, 'package.json'), options);
      // A single package of package.json's among them would bring its own copy of the API.
      if (found === null || !found.id.startsWith(realpathSync(folder) + path.sep)) {
        throw new Error(
          `${wanted} is not in ${folder}: add it to what scripts/matrix/installed-versions.mjs installs.`,
        );
      }
      return found;
    },
  };
}

function isOf(name: string, specifier: string): boolean {
  return specifier === name || specifier.startsWith(`${name}/`);
}

/** SDK 3.x has one package for the three of 2.x. */
function nameThere(specifier: string): string {
  return specifier === '@opentelemetry/sdk-trace-node' ? '@opentelemetry/sdk-trace' : specifier;
}
