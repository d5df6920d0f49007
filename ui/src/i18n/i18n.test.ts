import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseAst } from 'rolldown/parseAst';
import { describe, expect, it } from 'vitest';
import { en } from './en/index';
import { ru } from './ru/index';

const PLURAL = /_(one|few|many|other)$/;
const FORMS = { ru: ['few', 'many', 'one', 'other'], en: ['one', 'other'] };
type Tree = { [key: string]: string | Tree };

function leaves(tree: Tree, path = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) => (typeof value === 'string' ? [[path + key, value] as [string, string]] : leaves(value, `${path}${key}.`)));
}
const russian = leaves(ru as Tree);
const english = leaves(en as Tree);
const bases = (rows: [string, string][]) => [...new Set(rows.map(([key]) => key.replace(PLURAL, '')))].sort();

describe('dictionaries', () => {
  it('have the same keys', () => { expect(bases(english)).toEqual(bases(russian)); });
  it.each([['ru', russian], ['en', english]] as const)('%s has every plural form its grammar needs', (language, rows) => {
    const forms = new Map<string, string[]>();
    for (const [key] of rows) {
      const form = PLURAL.exec(key)?.[1];
      if (form) forms.set(key.replace(PLURAL, ''), [...(forms.get(key.replace(PLURAL, '')) ?? []), form]);
    }
    // A word that merely ends so ("too_many") has no other forms.
    for (const [key, found] of forms) if (found.includes('other')) expect([key, found.sort()]).toEqual([key, FORMS[language]]);
  });
  it('mention the same values in both languages', () => {
    const values = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).sort();
    const other = new Map(english.map(([key, text]) => [key, values(text)]));
    for (const [key, text] of russian) if (other.has(key)) expect([key, values(text)]).toEqual([key, other.get(key)]);
  });
  it('have no empty words', () => { for (const [key, text] of [...russian, ...english]) expect([key, text.trim() !== '']).toEqual([key, true]); });
  it('have no Russian left in English, and no sentence left in English in Russian', () => {
    for (const [key, text] of english) expect([key, /[а-яё]/i.test(text)]).toEqual([key, false]);
    const same = russian.filter(([, text]) => !/[а-яё]/i.test(text) && /[a-z]{3,} [a-z]{3,}/i.test(text));
    expect(same).toEqual([]);
  });
  it('have words for every refusal of the server', () => {
    const { errors } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../schemas/errors.json'), 'utf8')) as { errors: { code: string }[] };
    const known = new Set(russian.map(([key]) => key));
    expect(errors.map((each) => each.code).filter((code) => !known.has(`error.${code}`))).toEqual([]);
  });
  it('do not shout', () => { for (const [key, text] of [...russian, ...english]) expect([key, text.includes('!')]).toEqual([key, false]); });
});

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sources(path);
    return /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name) ? [path] : [];
  });
}
const files = sources(join(import.meta.dirname, '..')).filter((path) => !/i18n[\\/](ru|en)[\\/]/.test(path));

interface Node { type: string; [key: string]: unknown }
function visit(value: unknown, see: (node: Node) => void): void {
  if (Array.isArray(value)) { for (const each of value) visit(each, see); return; }
  if (value === null || typeof value !== 'object') return;
  if (typeof (value as Node).type === 'string') see(value as Node);
  for (const [key, child] of Object.entries(value)) if (key !== 'parent') visit(child, see);
}

/** Attributes that a person reads or hears. */
const READ = new Set(['label', 'title', 'placeholder', 'aria-label', 'alt', 'description', 'error']);
/** Names, units and signs that are the same in every language. */
const SAME = /^(Lenderbox|Ctrl-K|Ctrl K|Ctrl Enter|Alt N|F\d|(→ )?L|15\.03\.1985|https:\/\/|[^a-zа-яё]*)$/i;

describe('the page', () => {
  it('has no words outside the dictionaries', () => {
    const found: string[] = [];
    for (const path of files.filter((name) => name.endsWith('.tsx'))) {
      const tree = parseAst(readFileSync(path, 'utf8'), { lang: 'tsx' });
      visit(tree, (node) => {
        if (node.type === 'JSXText') for (const line of String(node.value).split('·')) { const text = line.replace(/\u00a0|&nbsp;/g, ' ').trim(); if (!SAME.test(text)) found.push(`${path}: ${text}`); }
        if (node.type === 'JSXAttribute') {
          const name = (node.name as { name?: string }).name ?? '';
          const value = node.value as { type?: string; value?: unknown } | null;
          if (READ.has(name) && value?.type === 'Literal' && !SAME.test(String(value.value))) found.push(`${path}: ${name}="${String(value.value)}"`);
        }
        if (node.type === 'Literal' && typeof node.value === 'string' && /[а-яё]/i.test(node.value)) found.push(`${path}: ${node.value}`);
      });
    }
    expect(found).toEqual([]);
  });

  it('asks only for words that exist', () => {
    const keys = new Set([...russian.map(([key]) => key), ...bases(russian)]);
    const branches = [...keys];
    const missing: string[] = [];
    for (const path of files) {
      const text = readFileSync(path, 'utf8');
      for (const match of text.matchAll(/\bt\(\s*'([^']+)'/g)) if (!keys.has(match[1] ?? '')) missing.push(`${path}: ${match[1]}`);
      for (const match of text.matchAll(/\bt\(\s*`([^`$]+)\$\{/g)) if (!branches.some((key) => key.startsWith(match[1] ?? ''))) missing.push(`${path}: ${match[1]}…`);
      for (const match of text.matchAll(/\bt\([^()'`]*\?\s*'([^']+)'\s*:\s*'([^']+)'/g)) for (const key of [match[1], match[2]]) if (key && !keys.has(key)) missing.push(`${path}: ${key}`);
    }
    expect(missing).toEqual([]);
  });
});
