/**
 * Writes the answers of the server, as `schemas/openapi.json` describes them, as TypeScript. Runs before every check and build.
 * Knows only what our own description uses: objects, lists, words, numbers, references, "or null".
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;
const { components } = JSON.parse(readFileSync(join(here, '../../schemas/openapi.json'), 'utf8'));

const WORDS = { string: 'string', integer: 'number', number: 'number', boolean: 'boolean', null: 'null' };

function typeOf(schema) {
  if (schema === true || Object.keys(schema).length === 0) return 'unknown';
  if (schema.$ref) return schema.$ref.split('/').at(-1);
  const options = schema.oneOf ?? schema.anyOf;
  if (options) return options.map(typeOf).join(' | ');
  if (schema.allOf) return schema.allOf.map(typeOf).join(' & ');
  if (schema.enum) return schema.enum.map((each) => JSON.stringify(each)).join(' | ');
  const types = [schema.type].flat();
  return types.map((type) => {
    if (type === 'array') return `(${schema.items ? typeOf(schema.items) : 'unknown'})[]`;
    if (type === 'object') return objectOf(schema);
    return WORDS[type] ?? 'unknown';
  }).join(' | ');
}

function objectOf({ properties, required = [], additionalProperties }) {
  if (!properties) return `Record<string, ${additionalProperties ? typeOf(additionalProperties) : 'unknown'}>`;
  const lines = Object.entries(properties).map(([name, schema]) => `${JSON.stringify(name)}${required.includes(name) ? '' : '?'}: ${typeOf(schema)};`);
  return `{ ${lines.join(' ')} }`;
}

const lines = Object.entries(components.schemas).map(([name, schema]) => `export type ${name} = ${typeOf(schema)};`);
writeFileSync(join(here, '../src/api/schema.gen.ts'), `// Written by scripts/schema-types.mjs; not kept.\n${lines.join('\n')}\n`);
