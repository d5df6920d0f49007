/** Sums as they are typed and as they are set side by side. Kopecks in whole numbers of any size: no floating point. */

/**
 * `9 455,96`, `9,455.96`, `9455.96 ₽` → `9455.96`. A comma before exactly three digits parts thousands, any other is the
 * decimal one. What is not a sum stays as it was typed, so that the server can name its fault.
 */
export function parseSum(typed: string): string {
  const bare = typed.replace(/[\s\u00a0\u202f'’]/g, '').replace(/(₽|руб\.?|р\.|rub)$/i, '').replace(/^rub/i, '').replace('−', '-');
  const plain = bare.includes('.') || /^-?\d{1,3}(,\d{3})+$/.test(bare) ? bare.replace(/,/g, '') : bare.replace(',', '.');
  return /^-?\d+(\.\d*)?$/.test(plain) ? plain.replace(/\.$/, '') : typed.trim();
}

/** `9455.96` → 945596; null when it is not a sum of at most two decimals. */
export function kopecks(text: string): bigint | null {
  const match = /^(-?)(\d+)(?:\.(\d{1,2}))?$/.exec(text.trim());
  if (!match) return null;
  const value = BigInt(match[2] ?? '0') * 100n + BigInt((match[3] ?? '').padEnd(2, '0'));
  return match[1] ? -value : value;
}

/** 945596 → `9455.96`. */
export function rubles(value: bigint): string {
  const size = value < 0n ? -value : value;
  return `${value < 0n ? '-' : ''}${size / 100n}.${String(size % 100n).padStart(2, '0')}`;
}

/** The sum of decimals; what is not one counts as nothing. */
export function total(sums: (string | null)[]): string {
  return rubles(sums.reduce((all, each) => all + (each === null ? 0n : (kopecks(each) ?? 0n)), 0n));
}

export const isNothing = (text: string): boolean => /^-?0+(\.0+)?$/.test(text.trim());
export const isBelow = (text: string): boolean => text.trim().startsWith('-') && !isNothing(text);
