/** `agent-events view` as a user starts it, and its page in the browser. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import { PROJECT } from '../run-fixture.js';

/** A folder for one test file, gone afterwards. */
export class TemporaryFolder {
  readonly path = mkdtempSync(path.join(tmpdir(), 'viewer-test-'));

  /** @returns the file's path. */
  write(name: string, lines: readonly object[]): string {
    const file = path.join(this.path, name);
    writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return file;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Runs the demo of the README and keeps its events; see `demo-setup.ts`. It writes beside itself, so it is serial with `npm run demo`. */
export function recordDemo(folder: TemporaryFolder): string {
  const example = './examples/support-desk';
  execFileSync(
    process.execPath,
    ['--import', 'tsx', '--import', `${example}/telemetry.ts`, `${example}/main.ts`],
    { cwd: PROJECT, stdio: 'ignore' },
  );
  const file = path.join(folder.path, 'demo.jsonl');
  mkdirSync(path.dirname(file), { recursive: true });
  cpSync(path.join(PROJECT, 'demo-output/events.jsonl'), file);
  return file;
}

export class ViewProcess {
  /** With its token. */
  readonly url: string;
  /** The variables that it printed for applications. */
  readonly variables: Readonly<Record<string, string>>;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, printed: string) {
    this.#child = child;
    this.url = /http:\/\/\S+\?token=\S+/.exec(printed)?.[0] ?? '';
    this.variables = Object.fromEntries(
      Array.from(printed.matchAll(/^ +([A-Z_]+)=(\S+)$/gm), ([, name = '', value = '']) => [name, value]),
    );
  }

  static async start(...args: readonly string[]): Promise<ViewProcess> {
    const command = [path.join(PROJECT, 'dist/cli/main.js'), 'view', '--no-open', ...args];
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    await new Promise<void>((resolve, reject) => {
      const read = (chunk: Buffer) => {
        output += chunk;
        // It is the last line.
        if (output.includes('press Ctrl-C')) resolve();
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('exit', (code) => reject(new Error(`agent-events view ended with ${code}:\n${output}`)));
    });
    return new ViewProcess(child, output);
  }

  get origin(): string {
    return new URL(this.url).origin;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    await ended;
  }
}

export interface OpenedView {
  readonly page: Page;
  /** Requests to another host, faults in scripts, and what the policy of the page refused. */
  readonly faults: string[];
  /** Goes to an address within the page, from a page that is new. */
  readonly show: (hash: string) => Promise<void>;
}

export async function openView(
  browser: Browser,
  { url, origin }: ViewProcess,
  options: BrowserContextOptions = {},
): Promise<OpenedView> {
  const context = await browser.newContext({
    viewport: { width: 1360, height: 800 },
    timezoneId: 'Europe/Berlin',
    colorScheme: 'light',
    ...options,
  });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) faults.push(`request to ${request.url()}`);
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  await page.goto(url);
  await page.getByRole('navigation').waitFor();
  const show = async (hash: string) => {
    await page.goto('about:blank');
    await page.goto(`${origin}/${hash}`);
    await page.getByRole('navigation').waitFor();
  };
  return { page, faults, show };
}

/** Waits until the view is there and asks for nothing more. */
export async function settled(page: Page): Promise<void> {
  await page.locator('main h1, main h2').first().waitFor({ state: 'attached' });
  await expect.poll(() => page.locator('.spinner').count()).toBe(0);
}
