/** What the operator is writing about the call: in the browser at once, and only until the server has it. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { calls, type Notes } from '../api/endpoints';
import { dispatchFeed } from '../api/feed';
import { useSession } from '../api/session';
import type { Call, CallCard, Disposition, OpeningWord } from '../api/types';
import { dropDraft, loadDraft, saveDraft } from '../state/drafts';

export interface CallDraft { topics: string[]; comment: string; opening_words: OpeningWord[]; disposition: Disposition | null }

/** A pause in typing after which the server gets its copy. */
const PAUSE_MS = 1200;

const unsent = new Set<() => Promise<void>>();

/** Brings to the server what is not there yet: before the call is handed over, before signing out. */
export async function flushDrafts(): Promise<void> { await Promise.all([...unsent].map((flush) => flush())); }

export function draftFromCall(call: Call): CallDraft {
  return { topics: call.topics.map((topic) => topic.entry_id), comment: call.comment ?? '', opening_words: call.opening_words ?? [], disposition: call.disposition };
}

export function notesOf(draft: CallDraft): Notes {
  return { topics: draft.topics, comment: draft.comment, opening_words: draft.opening_words, ...(draft.disposition ? { disposition: draft.disposition } : {}) };
}

export function useCallDraft(of: CallCard) {
  const { user } = useSession();
  const { id } = of.call;
  const name = `call.${id}`;
  const [draft, setDraft] = useState<CallDraft>(() => loadDraft<CallDraft>(user.id, name) ?? draftFromCall(of.call));
  const latest = useRef(draft);
  const timer = useRef<number | undefined>(undefined);

  const send = useCallback(() => {
    window.clearTimeout(timer.current);
    timer.current = undefined;
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

  const change = useCallback((part: Partial<CallDraft>) => {
    const next = { ...latest.current, ...part };
    latest.current = next;
    setDraft(next);
    saveDraft(user.id, name, next);
    window.clearTimeout(timer.current);
    // A topic changes what has to be asked of the caller, so it goes at once.
    if (part.topics) void send();
    else timer.current = window.setTimeout(() => void send(), PAUSE_MS);
  }, [user.id, name, send]);

  useEffect(() => {
    const flush = async () => { if (timer.current !== undefined) await send(); };
    unsent.add(flush);
    return () => { unsent.delete(flush); void flush(); };
  }, [send]);
  const drop = useCallback(() => { window.clearTimeout(timer.current); timer.current = undefined; dropDraft(user.id, name); }, [user.id, name]);
  return { draft, change, drop };
}
