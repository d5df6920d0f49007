import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const plain = (path: string): string => path.replace(/\$?\{[^}]*\}+/g, '{}');

/** The page and the server are written apart; this is where a renamed route is noticed. */
it('every request of the page is a route of the server', () => {
  const { paths } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../schemas/openapi.json'), 'utf8')) as { paths: Record<string, Record<string, unknown>> };
  const served = new Set(Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${plain(path)}`)));
  const source = ['endpoints.ts', 'client.ts'].map((name) => readFileSync(join(import.meta.dirname, name), 'utf8')).join('\n');
  const asked = [...source.matchAll(/(?:send<[^;]*?>|return request)\(\s*'([A-Z]+)',\s*[`']([^`']+)[`']/g)].map((match) => `${match[1]} /api/v1${plain(match[2] ?? '')}`);
  expect(asked.length).toBeGreaterThan(60);
  expect(asked.filter((each) => !served.has(each))).toEqual([]);
});
