/** An early repayment as it is asked for. */
import { parseSum } from '../format/sums';

export const EARLY_KINDS = ['full', 'smaller_payment', 'shorter_term', 'withdrawal'] as const;
export type EarlyKind = (typeof EARLY_KINDS)[number];
export interface EarlyAsk { kind: EarlyKind; on: string; amount: string }

export const isPartial = (kind: EarlyKind): boolean => kind === 'smaller_payment' || kind === 'shorter_term';

/** Whether there is enough to ask the server; what is typed wrongly it names itself. */
export const isWhole = (ask: EarlyAsk): boolean => ask.on !== '' && (!isPartial(ask.kind) || ask.amount.trim() !== '');

/** As the server takes it: a sum only where one is meant. */
export function earlyQuery(ask: EarlyAsk): { on: string; kind: EarlyKind; amount?: string } {
  return { on: ask.on, kind: ask.kind, ...(isPartial(ask.kind) ? { amount: parseSum(ask.amount) } : {}) };
}
