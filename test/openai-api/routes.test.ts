import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { findRoute } from '../../src/openai-api/routes.js';

const RESOURCES = path.join(path.dirname(createRequire(import.meta.url).resolve('openai')), 'resources');

/** The requests in the client's source: HTTP method, path with `{}` for each id, and the client's resource and method. */
function requestsOfTheClient(): [verb: string, template: string, name: string][] {
  const files = readdirSync(RESOURCES, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.mjs'),
  );
  return files.flatMap((file) => {
    const resource = file
      .replace(/\.mjs$/, '')
      .split(path.sep)
      .map(camelCase);
    if (resource.length > 1 && resource.at(-1) === resource.at(-2)) resource.pop();
    let method = '';
    return readFileSync(path.join(RESOURCES, file), 'utf8')
      .replace(/this\._client\s+\./g, 'this._client.')
      .split('\n')
      .flatMap((line, index, lines): [string, string, string][] => {
        method = /^ {4}(?:async )?(\w+)\(.*\{$/.exec(line)?.[1] ?? method;
        const call = /this\._client\.(get|post|put|patch|delete|getAPIList)\((?:path `|')([^`']*)[`']/.exec(
          line,
        );
        if (call === null) return [];
        const [, sender = '', target = ''] = call;
        const template = target.replace(/\$\{[^}]*\}/g, '{}').replace(/\?.*/, '');
        // A list that is asked for by another method says so in its options, a few lines further.
        const options =
          lines
            .slice(index, index + 6)
            .join('')
            .split('\n    }')[0] ?? '';
        const verb = sender !== 'getAPIList' ? sender : (/method: '(\w+)'/.exec(options)?.[1] ?? 'get');
        return [[verb, template, [...resource, method].join('.')]];
      });
  });
}

const camelCase = (text: string) =>
  text
    .replace(/[-_](\w)/g, (_, letter: string) => letter.toUpperCase())
    .replace('adminApiKeys', 'adminAPIKeys');

describe('The table of routes', () => {
  it('names every request of the installed client by its resource and method', () => {
    const requests = requestsOfTheClient();
    expect(requests.length).toBeGreaterThan(150);
    const names = new Map<string, string[]>();
    for (const [verb, template, name] of requests) {
      const key = `${verb} ${template}`;
      names.set(key, [...(names.get(key) ?? []), name]);
    }
    const wrong = [...names].filter(([key, candidates]) => {
      const [verb = '', template = ''] = key.split(' ');
      const route = findRoute(verb, template.replaceAll('{}', 'id_123'), undefined);
      return route?.template !== template || !candidates.includes(route.name);
    });
    expect(wrong).toEqual([]);
  });

  it.each<[verb: string, path: string, name: string | undefined]>([
    ['GET', '/models', 'models.list'],
    ['get', '/models/gpt-5', 'models.retrieve'],
    ['DELETE', '/files/file-1', 'files.delete'],
    ['GET', '/files/file-1/content?x=secret', 'files.content'],
    ['POST', 'https://gateway.example/v1/chat/completions', 'chat.completions.create'],
    ['POST', '/chat/completions/', 'chat.completions.create'],
    ['GET', 'https://elsewhere.example/v1/models', undefined],
    ['GET', '/sk-secret', undefined],
    ['PUT', '/models', undefined],
    ['GET', '', undefined],
    ['GET', '/models/a/b', undefined],
    ['GET', '/__proto__/constructor', undefined],
  ])('names %s %s', (verb, requested, name) => {
    expect(findRoute(verb, requested, 'https://gateway.example/v1/')?.name).toBe(name);
  });
});
