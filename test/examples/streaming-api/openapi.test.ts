/** The description of the API: complete, and valid. */
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startInProcess, startModel, type TestService } from './harness.js';

const documentSchema = z.looseObject({
  openapi: z.string(),
  paths: z.record(z.string(), z.record(z.string(), z.looseObject({ summary: z.string() }))),
});

let model: Awaited<ReturnType<typeof startModel>>;
let service: TestService;
let text: string;

beforeAll(async () => {
  model = await startModel();
  service = await startInProcess(model);
  text = await (await fetch(`${service.url}/openapi.json`)).text();
});

afterAll(async () => {
  await service.close();
  await model.close();
});

const ofAgent = (prefix: string) => [
  `POST ${prefix}/run`,
  `POST ${prefix}/stream`,
  `GET ${prefix}/stream/{id}`,
  `POST ${prefix}/session/{id}/approvals`,
  `GET ${prefix}/session/{id}`,
  `DELETE ${prefix}/session/{id}`,
  `GET ${prefix}/info`,
];

describe('/openapi.json', () => {
  it('describes every route', () => {
    const { paths } = documentSchema.parse(JSON.parse(text));
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(described.sort()).toEqual(
      [
        ...ofAgent('/assistant'),
        ...ofAgent('/chat'),
        'POST /research',
        'POST /research/stream',
        'GET /research/stream/{id}',
        'GET /agents',
        'GET /healthz',
      ].sort(),
    );
  });

  it('is valid OpenAPI 3.1', async () => {
    expect(documentSchema.parse(JSON.parse(text)).openapi).toBe('3.1.0');
    const config = await createConfig({
      rules: { struct: 'error', 'no-unresolved-refs': 'error', 'operation-parameters-unique': 'error' },
    });
    const problems = await lintFromString({ source: text, config });
    expect(problems.map(({ message, location }) => `${location[0]?.pointer}: ${message}`)).toEqual([]);
  });
});
