/** Parameters of a function: one Zod schema that validates, and the JSON Schema that the model sees. */
import { z } from 'zod';

/** A JSON Schema of an object. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Both forms of a function's parameters. */
export interface FunctionParameters<T = unknown> {
  readonly schema: z.ZodType<T>;
  readonly jsonSchema: JsonSchema;
}

/**
 * Reads parameters that were given as a Zod schema or as a JSON Schema.
 *
 * A JSON Schema that Zod cannot express, for example one with `if`, is an error here and not when the model calls.
 */
export function readParameters<T>(
  name: string,
  parameters: z.ZodType<T> | JsonSchema,
): FunctionParameters<unknown> {
  const zodSchema = parameters instanceof z.ZodType ? parameters : fromJsonSchema(name, parameters);
  const jsonSchema = parameters instanceof z.ZodType ? toJsonSchema(name, parameters) : parameters;
  if (jsonSchema.type !== 'object') {
    throw new Error(`function "${name}": parameters must be an object; use z.object or "type": "object"`);
  }
  return { schema: zodSchema, jsonSchema };
}

function fromJsonSchema(name: string, jsonSchema: JsonSchema): z.ZodType {
  try {
    return z.fromJSONSchema(jsonSchema);
  } catch (error) {
    throw new Error(`function "${name}": parameters cannot be validated: ${reason(error)}`, { cause: error });
  }
}

function toJsonSchema(name: string, schema: z.ZodType): JsonSchema {
  try {
    const { $schema: _, ...jsonSchema } = z.toJSONSchema(schema, { io: 'input' });
    return jsonSchema;
  } catch (error) {
    throw new Error(`function "${name}": parameters have no JSON Schema: ${reason(error)}`, { cause: error });
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
