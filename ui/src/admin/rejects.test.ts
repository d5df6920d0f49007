import { describe, expect, it } from 'vitest';
import { readRejects } from './rejects';

describe('the list of rejected rows', () => {
  const head = '\ufeffline;field;code;reason\r\n';
  it('is read with its quotes', () => {
    const rows = readRejects(`${head}3;inn;invalid_inn;"wrong; ""INN"""\r\n12;key;repeated_row;"line 2 has the same key; keep one"\r\n`);
    expect(rows).toEqual([
      { line: 3, fault: { field: 'inn', code: 'invalid_inn', message: 'wrong; "INN"', detail: { line: null } } },
      { line: 12, fault: { field: 'key', code: 'repeated_row', message: 'line 2 has the same key; keep one', detail: { line: 2 } } },
    ]);
  });
  it('may be cut off or empty', () => {
    expect(readRejects(`${head}3;inn;invalid_inn;wrong\r\n4;in`).map((row) => row.line)).toEqual([3]);
    expect(readRejects(head)).toEqual([]);
    expect(readRejects('')).toEqual([]);
  });
});
