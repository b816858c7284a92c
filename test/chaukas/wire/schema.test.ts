import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { EVENT_TYPES } from '../../../src/chaukas/event.js';
import { file_chaukas_spec_client_v1_client as client } from '../../../src/chaukas/generated/chaukas/spec/client/v1/client_pb.js';
import { file_chaukas_spec_common_v1_event as schema } from '../../../src/chaukas/generated/chaukas/spec/common/v1/event_pb.js';
import { orderedEvent } from '../../../src/chaukas/sealed-event.js';
import { ENUMS, MESSAGES, METHODS, REQUESTS } from './contract.js';

function typeName(field: DescField): string {
  if (field.scalar !== undefined) return ScalarType[field.scalar].toLowerCase();
  const name = (field.message ?? field.enum)?.typeName ?? 'none';
  return name.slice(name.lastIndexOf('.') + 1);
}

function fieldLine(field: DescField): string {
  const repeated = field.fieldKind === 'list' ? 'repeated ' : '';
  const oneof = field.oneof === undefined ? '' : ` in ${field.oneof.name}`;
  return `${field.number} ${field.name}: ${repeated}${typeName(field)}${oneof}`;
}

function messageLines(messages: readonly DescMessage[]): Record<string, string[]> {
  return Object.fromEntries(messages.map(({ name, fields }) => [name, fields.map(fieldLine)]));
}

describe('The generated code', () => {
  it('has the messages of the specification', () => {
    expect(schema.proto.package).toBe('chaukas.spec.common.v1');
    expect(messageLines(schema.messages)).toStrictEqual(MESSAGES);
  });

  it('has the enums of the specification', () => {
    const enums = schema.enums.map(({ name, values }) => [
      name,
      Object.fromEntries(values.map((value) => [value.name, value.number])),
    ]);
    expect(Object.fromEntries(enums)).toStrictEqual(ENUMS);
  });

  it('has the requests and the service of the specification', () => {
    expect(messageLines(client.messages)).toStrictEqual(REQUESTS);
    expect(client.services.map(({ typeName }) => typeName)).toStrictEqual([
      'chaukas.spec.client.v1.ChaukasClientService',
    ]);
    const methods = client.services[0]?.methods.map(({ name, input, output }) => [
      name,
      input.name,
      output.name,
    ]);
    expect(methods).toStrictEqual(METHODS.map((name) => [name, `${name}Request`, `${name}Response`]));
  });

  it('distinguishes a zero from an unset field', () => {
    const implicit = schema.messages
      .flatMap(({ fields }) => fields)
      .filter((field) => field.fieldKind !== 'list')
      .filter(({ presence }) => presence !== FeatureSet_FieldPresence.EXPLICIT);
    expect(implicit.map(String)).toStrictEqual([]);
  });

  it('is generated from the .proto files in proto/ (`npm run generate`)', () => {
    const folder = path.resolve('src/chaukas/generated');
    const receiver = path.resolve('src/cli/view/receiver/generated');
    const protoFiles = filesIn(path.resolve('proto'), '.proto');
    expect([...filesIn(folder, '.ts'), ...filesIn(receiver, '.ts')]).toStrictEqual(
      protoFiles.map((file) => file.replace(/\.proto$/, '_pb.ts')),
    );
    for (const file of protoFiles) {
      const hash = createHash('sha256')
        .update(readFileSync(path.join('proto', file)))
        .digest('hex');
      const [source, made] = readFileSync(
        path.join(file.startsWith('otlp/') ? receiver : folder, file.replace(/\.proto$/, '_pb.ts')),
        'utf8',
      ).split('\n');
      expect(source).toContain(`proto/${file}`);
      expect(made).toBe(`// sha256 ${hash}`);
    }
  });
});

describe('ChaukasEvent', () => {
  it('has the fields of the specification', () => {
    const names = schema.messages.find(({ name }) => name === 'Event')?.fields.map(({ name }) => name);
    const event = Object.fromEntries((names ?? []).map((name) => [name, name]));
    const ordered = Object.keys(orderedEvent(event as never, 'hash'));
    expect([...ordered, 'worm_proof_id']).toStrictEqual([...(names ?? [])].sort());
  });

  it('has the types of the specification', () => {
    const names = Object.keys(ENUMS.EventType ?? {}).filter((name) => name !== 'EVENT_TYPE_UNSPECIFIED');
    expect(EVENT_TYPES).toStrictEqual(names);
  });
});

function filesIn(folder: string, end: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(end))
    .map((file) => file.split(path.sep).join('/'))
    .sort();
}
