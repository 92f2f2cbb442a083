import type { KeptContext } from '@holdfast/core/internal';

/** A schema as ky's `.json()` takes it. @see https://standardschema.dev */
interface StandardSchema {
  readonly '~standard': { validate(value: unknown): unknown };
}

/** A schema that checks in the given async context; any other value unchanged, since ky says what is wrong with it. */
export function schemaIn(context: KeptContext, schema: unknown): unknown {
  const standard = (Object(schema) as Partial<StandardSchema>)['~standard'];
  if (typeof standard?.validate !== 'function') return schema;
  return { '~standard': { validate: (value: unknown) => context.run(async () => standard.validate(value)) } };
}
