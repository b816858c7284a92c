/** How the packages that this one hooks are recognised in a process that has loaded them unseen. */

/** A package that can be loaded without its hook. */
export interface PackageMark {
  readonly name: string;
  /** The end of the path of the file that makes the package loaded. */
  readonly file: RegExp;
  /** Text that the package contains in each supported version, and that bundlers keep. */
  readonly text: string;
}

/** Joined here, so that a bundle with this package alone does not contain the texts. */
function text(...parts: readonly string[]): string {
  return parts.join('');
}

/**
 * `openai` 7 requires a file of its CommonJS build from its ES modules, which does not load the client a second time, so
 * its entry does not count.
 */
export const OPENAI_MARK: PackageMark = {
  name: 'openai',
  file: /[/\\]node_modules[/\\]openai[/\\]client\.m?js$/,
  text: text('X-Stainless-', 'Retry-Count'),
};

export const AGENTS_MARK: PackageMark = {
  name: '@openai/agents-core',
  file: /[/\\]node_modules[/\\]@openai[/\\]agents-core[/\\]dist[/\\]index\.m?js$/,
  text: text('openai-agents', ':core'),
};

export const PACKAGE_MARKS: readonly PackageMark[] = [OPENAI_MARK, AGENTS_MARK];
