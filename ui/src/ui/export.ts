/** Tables that leave the page: a file that a spreadsheet opens in the reader's language, or text for the clipboard. */
import type { Language } from '../api/types';

export type Cell = string | number | null;

const isNumber = (text: string): boolean => /^-?\d+(\.\d+)?$/.test(text);
/** A spreadsheet reads what begins so as a formula. */
const isFormula = (text: string): boolean => /^[=+\-@\t]/.test(text);

function cellText(cell: Cell, language: Language): string {
  const text = cell === null ? '' : String(cell);
  if (isNumber(text)) return language === 'ru' ? text.replace('.', ',') : text;
  return isFormula(text) ? `'${text}` : text;
}

/** Semicolons and a decimal comma in Russian, commas and a point in English: what the spreadsheet of that language expects. */
export function csv(rows: Cell[][], language: Language): string {
  const delimiter = language === 'ru' ? ';' : ',';
  const quoted = (text: string): string => (/["\n\r]/.test(text) || text.includes(delimiter) ? `"${text.replace(/"/g, '""')}"` : text);
  // The mark at the beginning says UTF-8 to spreadsheets.
  return `\ufeff${rows.map((row) => row.map((cell) => quoted(cellText(cell, language))).join(delimiter)).join('\r\n')}\r\n`;
}

/** Cells parted by tabs: pasted into a sheet they stand in columns. */
export function tabbed(rows: Cell[][], language: Language): string {
  return rows.map((row) => row.map((cell) => cellText(cell, language).replace(/[\t\r\n]+/g, ' ')).join('\t')).join('\n');
}

export function download(name: string, text: string, type = 'text/csv;charset=utf-8'): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** The clipboard of the browser exists only on https and localhost; a box reached by its address needs the old way. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) { await navigator.clipboard.writeText(text); return; }
  const field = document.createElement('textarea');
  field.value = text;
  field.style.position = 'fixed';
  field.style.opacity = '0';
  document.body.append(field);
  field.select();
  document.execCommand('copy');
  field.remove();
}
