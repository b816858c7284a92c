// Who is let in by the server of agent-events view.
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { EVERY_TYPE } from '../run-command.js';
import { type StartedView, startView } from './started-view.js';

interface Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly text: string;
}

/** A request as it is written, since `fetch` forbids some headers and normalises paths. */
function raw(
  { origin, token }: StartedView,
  path: string,
  { method = 'GET', headers = {}, bearer = token }: RawOptions = {},
): Promise<Answer> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const authorization = bearer === '' ? {} : { authorization: `Bearer ${bearer}` };
    const sent = request(
      { hostname, port, path, method, headers: { ...authorization, ...headers } },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
      },
    );
    sent.once('error', reject);
    sent.end();
  });
}

interface RawOptions {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly bearer?: string;
}

const API = '/api/state';

describe('A request', () => {
  it('needs the token', async () => {
    const view = await startView([EVERY_TYPE]);
    expect((await raw(view, API)).status).toBe(200);
    for (const bearer of ['', 'x', `${view.token}x`, view.token.slice(1), 'x'.repeat(view.token.length)]) {
      const { status, text } = await raw(view, API, { bearer });
      expect([status, text]).toEqual([401, expect.stringContaining('needs the URL')]);
      expect(text).not.toContain(view.token);
    }
    for (const path of [
      '/',
      '/index.html',
      '/api/sessions',
      '/api/events/0',
      '/api/export/events',
      '/none',
    ]) {
      expect((await raw(view, path, { bearer: '' })).status).toBe(401);
    }
  });

  it('with the printed URL gets a cookie, and an address without the token', async () => {
    const view = await startView([EVERY_TYPE]);
    const { status, headers } = await raw(view, `/?token=${view.token}`, { bearer: '' });
    expect([status, headers.location]).toEqual([303, '/']);
    const cookie = String(headers['set-cookie']);
    const { port } = new URL(view.origin);
    expect(cookie).toBe(`agent-events-${port}=${view.token}; Path=/; HttpOnly; SameSite=Strict`);
    const kept = cookie.split(';')[0] ?? '';
    expect((await raw(view, API, { bearer: '', headers: { cookie: `a=b; ${kept}` } })).status).toBe(200);
    expect((await raw(view, API, { bearer: '', headers: { cookie: `${kept}x` } })).status).toBe(401);
    expect((await raw(view, `/?token=${view.token}x`, { bearer: '' })).status).toBe(401);
    // Elsewhere the token in an address does not count.
    expect((await raw(view, `${API}?token=${view.token}`, { bearer: '' })).status).toBe(401);
  });

  it('must be for this server, against DNS rebinding', async () => {
    const view = await startView([EVERY_TYPE]);
    const { port } = new URL(view.origin);
    const statusOf = async (host: string) => (await raw(view, API, { headers: { host } })).status;
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`]) {
      expect([host, await statusOf(host)]).toEqual([host, 200]);
    }
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      '127.0.0.1',
      `127.0.0.1:${Number(port) + 1}`,
    ]) {
      expect([host, await statusOf(host)]).toEqual([host, 421]);
    }
  });

  it('must not come from another origin or site', async () => {
    const view = await startView([EVERY_TYPE]);
    const { port } = new URL(view.origin);
    const statusOf = async (headers: Record<string, string>) => (await raw(view, API, { headers })).status;
    expect(await statusOf({ origin: view.origin, 'sec-fetch-site': 'same-origin' })).toBe(200);
    expect(await statusOf({ 'sec-fetch-site': 'none' })).toBe(200);
    for (const origin of ['https://evil.example', 'null', `https://127.0.0.1:${port}`, 'http://127.0.0.1']) {
      expect([origin, await statusOf({ origin })]).toEqual([origin, 403]);
    }
    for (const site of ['cross-site', 'same-site']) {
      expect([site, await statusOf({ 'sec-fetch-site': site })]).toEqual([site, 403]);
    }
  });

  it('can only read', async () => {
    const view = await startView([EVERY_TYPE]);
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE']) {
      for (const path of ['/', API, '/none']) {
        const { status, headers } = await raw(view, path, { method });
        expect([method, path, status, headers.allow]).toEqual([method, path, 405, 'GET']);
      }
    }
    const { status, text } = await raw(view, API, { method: 'HEAD' });
    expect([status, text]).toEqual([200, '']);
  });

  it.each([
    '/../package.json',
    '/..%2f..%2fpackage.json',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/....//package.json',
    '//evil.example/',
    '/assets/../../cli/main.js',
    '/%00',
    '/%',
    '/api/sessions/%',
    'http://evil.example/',
  ])('for %s finds no file', async (path) => {
    const { status, text } = await raw(await startView([EVERY_TYPE]), path);
    expect([400, 404]).toContain(status);
    expect(Object.keys(JSON.parse(text))).toEqual(['problem']);
  });
});

it('The page is served with its script, whose types are those of the files', async () => {
  const view = await startView([EVERY_TYPE]);
  const page = await raw(view, '/');
  // "npm run build" makes the page.
  expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  const [, script = ''] = /<script[^>]* src="([^"]+)"/.exec(page.text) ?? [];
  const { status, headers } = await raw(view, new URL(script, `${view.origin}/`).pathname);
  expect([status, headers['content-type']]).toEqual([200, 'text/javascript; charset=utf-8']);
  // Nothing in the page is inline, since the policy would forbid it.
  expect(page.text).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/i);
});

describe('Every answer', () => {
  it('forbids the browser to load, frame or send anything elsewhere', async () => {
    const view = await startView([EVERY_TYPE]);
    for (const [path, bearer] of [
      [API, view.token],
      ['/', view.token],
      ['/none', view.token],
      ['/', ''],
      [`/?token=${view.token}`, ''],
    ] as const) {
      const { headers } = await raw(view, path, { bearer });
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'cache-control': 'no-store',
      });
      expect(String(headers['content-security-policy']).split('; ')).toEqual([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
      ]);
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
  });
});

it('Two servers have different tokens, and neither lets in with that of the other', async () => {
  const [one, other] = [await startView([EVERY_TYPE]), await startView([EVERY_TYPE])];
  expect(one.token).not.toBe(other.token);
  expect(Buffer.from(one.token, 'base64url')).toHaveLength(32);
  expect((await raw(one, API, { bearer: other.token })).status).toBe(401);
});
