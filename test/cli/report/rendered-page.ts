import { marked } from 'marked';

/** A node of a page, as a browser builds it. */
export interface PageNode {
  readonly nodeName: string;
  readonly value?: string;
  readonly attrs?: readonly { readonly name: string; readonly value: string }[];
  readonly childNodes?: readonly PageNode[];
}

// Imported by a variable, so that the types of the installed version do not matter.
const PARSER = 'parse5';
const { parse } = (await import(PARSER)) as {
  parse: (html: string, options?: { onParseError: (error: { code: string }) => void }) => PageNode;
};

export function htmlTree(html: string): PageNode {
  return parse(html);
}

/** The errors that a browser would pass over. */
export function htmlErrors(html: string): string[] {
  const errors: string[] = [];
  parse(html, { onParseError: ({ code }) => errors.push(code) });
  return errors;
}

/** The page that a program makes of Markdown. */
export function markdownTree(markdown: string): PageNode {
  return parse(marked.parse(markdown, { gfm: true, async: false }) as string);
}

/** All nodes, each before the nodes in it. */
export function* nodes(node: PageNode): Generator<PageNode> {
  yield node;
  for (const child of node.childNodes ?? []) yield* nodes(child);
}

export function elements(tree: PageNode, name: string): PageNode[] {
  return [...nodes(tree)].filter(({ nodeName }) => nodeName === name);
}

export function textOf(node: PageNode): string {
  return [...nodes(node)].map(({ nodeName, value }) => (nodeName === '#text' ? (value ?? '') : '')).join('');
}

/** The cells of a table by its caption, which Markdown has as a paragraph before it. */
export function tableRows(tree: PageNode, caption: string): string[][] {
  let last = '';
  for (const node of nodes(tree)) {
    if (node.nodeName === 'caption' || node.nodeName === 'p') last = textOf(node);
    if (node.nodeName !== 'tbody' || last !== caption) continue;
    return elements(node, 'tr').map((row) =>
      (row.childNodes ?? []).filter(({ nodeName }) => /^t[dh]$/.test(nodeName)).map(textOf),
    );
  }
  return [];
}
