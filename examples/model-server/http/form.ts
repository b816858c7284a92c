/** A file of a form, without its bytes. */
export interface FormFile {
  readonly filename: string;
  readonly type: string;
  readonly size: number;
}

export type FormFields = Record<string, string | FormFile | (string | FormFile)[]>;

/**
 * Returns the fields of a multipart form, in place of JSON. Clients write a list as `name[]`, and a repeated name is a
 * list as well. `undefined` if the body is not a form.
 */
export async function readForm(bytes: ArrayBuffer, contentType: string): Promise<FormFields | undefined> {
  const form = await new Response(bytes, { headers: { 'content-type': contentType } })
    .formData()
    .catch(() => undefined);
  if (!form) return undefined;
  const fields: FormFields = {};
  for (const [key, value] of form.entries()) {
    const name = key.replace(/\[\]$/, '');
    const field = typeof value === 'string' ? value : described(value);
    const before = fields[name];
    if (before !== undefined) fields[name] = Array.isArray(before) ? [...before, field] : [before, field];
    else fields[name] = key.endsWith('[]') ? [field] : field;
  }
  return fields;
}

function described(file: File): FormFile {
  return { filename: file.name, type: file.type, size: file.size };
}
