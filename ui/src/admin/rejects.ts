/** The list of rejected rows of an import, as the server writes it: line;field;code;reason. */
import type { FieldFault } from '../api/types';

export interface Reject { line: number; fault: FieldFault }

/** Whole rows of the beginning of a list; one that is cut off is left out. */
export function readRejects(text: string): Reject[] {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole.split('\n').slice(1).flatMap((row) => {
    const [line, field, code, reason] = cells(row.trimEnd());
    if (!line || field === undefined || code === undefined) return [];
    return [{ line: Number(line), fault: { field, code, message: reason ?? '', detail: { line: firstLine(code, reason ?? '') } } }];
  });
}

/** The row that had the key before: the list tells of it in its words only. */
function firstLine(code: string, reason: string): number | null {
  const found = code === 'repeated_row' ? /^line (\d+) /.exec(reason) : null;
  return found ? Number(found[1]) : null;
}

function cells(row: string): string[] {
  return Array.from(row.matchAll(/(?:^|;)(?:"((?:[^"]|"")*)"|([^;]*))/g), ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '');
}
