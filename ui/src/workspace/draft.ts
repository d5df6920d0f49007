/** What the operator is writing about the call: in the browser at once, and only until the server has it. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { calls, type Notes } from '../api/endpoints';
import { dispatchFeed } from '../api/feed';
import { useSession } from '../api/session';
import type { Call, CallCard, Disposition, OpeningWord } from '../api/types';
import { kopecks, parseSum } from '../format/sums';
import { dropDraft, loadDraft, saveDraft } from '../state/drafts';
import { Autosave } from './autosave';

/** As it is typed: the sum in any usual way, the day as `YYYY-MM-DD` or empty. */
export interface PromiseDraft { amount: string; due_on: string }
export interface CallDraft { topics: string[]; comment: string; opening_words: OpeningWord[]; disposition: Disposition | null; promise?: PromiseDraft }

/** A pause in typing after which the server gets its copy. */
const PAUSE_MS = 1200;

const unsent = new Set<() => Promise<void>>();

/** Brings to the server what is not there yet: before the call is handed over, before signing out. */
export async function flushDrafts(): Promise<void> { await Promise.all([...unsent].map((flush) => flush())); }

export function draftFromCall(call: Call): CallDraft {
  return { topics: call.topics.map((topic) => topic.entry_id), comment: call.comment ?? '', opening_words: call.opening_words ?? [], disposition: call.disposition, ...(call.promise ? { promise: { amount: call.promise.amount.amount, due_on: call.promise.due_on } } : {}) };
}

export function notesOf(draft: CallDraft): Notes {
  const promise = draft.disposition === 'ptp' ? promiseOf(draft.promise) : null;
  return { topics: draft.topics, comment: draft.comment, opening_words: draft.opening_words, ...(draft.disposition ? { disposition: draft.disposition } : {}), ...(promise ? { promise } : {}) };
}

/** A promise that can be sent; half of one waits in the browser. */
export function promiseOf(draft: PromiseDraft | undefined): { amount: string; due_on: string } | null {
  const amount = parseSum(draft?.amount ?? '');
  return draft?.due_on && (kopecks(amount) ?? 0n) > 0n ? { amount, due_on: draft.due_on } : null;
}

export function useCallDraft(of: CallCard) {
  const { user } = useSession();
  const { id } = of.call;
  const name = `call.${id}`;
  const [draft, setDraft] = useState<CallDraft>(() => loadDraft<CallDraft>(user.id, name) ?? draftFromCall(of.call));
  const latest = useRef(draft);

  const send = useCallback(() => {
    const sent = latest.current;
    return calls.notes(id, notesOf(sent)).then(
      (call) => {
        dispatchFeed({ type: 'call', call });
        // From now on the server's copy counts: another operator may write on after a transfer.
        if (latest.current === sent) dropDraft(user.id, name);
      },
      // The browser's copy is safe; the next change or the finish sends everything again.
      () => undefined,
    );
  }, [id, user.id, name]);
  const autosave = useMemo(() => new Autosave(send, PAUSE_MS), [send]);

  const change = useCallback((part: Partial<CallDraft>) => {
    const next = { ...latest.current, ...part };
    latest.current = next;
    setDraft(next);
    saveDraft(user.id, name, next);
    // A topic changes what has to be asked of the caller, so it goes at once.
    if (part.topics) void autosave.now();
    else autosave.later();
  }, [user.id, name, autosave]);

  useEffect(() => {
    const flush = () => autosave.flush();
    unsent.add(flush);
    return () => { unsent.delete(flush); void flush(); };
  }, [autosave]);
  const drop = useCallback(() => { void autosave.stop(); dropDraft(user.id, name); }, [user.id, name, autosave]);
  return { draft, change, drop, autosave };
}
