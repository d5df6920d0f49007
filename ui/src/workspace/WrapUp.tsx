import { Button, Checkbox, Select } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { ApiError } from '../api/client';
import { calls, operators, system } from '../api/endpoints';
import { dispatchFeed } from '../api/feed';
import { useSession } from '../api/session';
import { type Call, type CallCard, DISPOSITIONS, type Disposition, OPENING_WORDS, type PublicSettings } from '../api/types';
import { useWords } from '../i18n/use-language';
import { addConfirmation } from '../state/notices';
import { dialogOpen, isTyping, useKeys } from '../ui/keys';
import { Failure, useToday } from '../ui/parts';
import { CommentField } from './CommentField';
import { type CallDraft, notesOf, useCallDraft } from './draft';
import { type PromiseFault, PromiseFields, promiseFaults } from './PromiseFields';
import { TopicPicker } from './TopicPicker';
import styles from './workspace.module.css';

type Fault = 'topics' | 'comment' | 'disposition' | 'opening_words' | PromiseFault;
const FOCUS_ORDER: Fault[] = ['topics', 'opening_words', 'comment', 'disposition', 'promise_amount', 'promise_due_on'];

/** What is missing before the card can be finished, in the order of the column. Nobody was spoken to: nothing is. */
export function missingFields(draft: CallDraft, call: Pick<Call, 'result'>, settings: Pick<PublicSettings, 'min_comment'> | undefined, today: string): Fault[] {
  const missing: Fault[] = draft.disposition === 'ptp' ? promiseFaults(draft.promise, today) : [];
  if (call.result !== null && call.result !== 'answered') return missing;
  if (draft.topics.length === 0) missing.push('topics');
  if (draft.comment.trim().length < (settings?.min_comment ?? 0)) missing.push('comment');
  if (!draft.disposition) missing.push('disposition');
  return FOCUS_ORDER.filter((field) => missing.includes(field));
}

/** The field of the page that a fault of the server is about. */
function faultOf(field: string): Fault | undefined {
  const name = field === 'promise' ? 'promise_amount' : field.replace('promise.', 'promise_');
  return FOCUS_ORDER.find((each) => name.startsWith(each));
}

export function focusField(field: string): void {
  const found = document.querySelector<HTMLElement>(`[name="${field}"], [data-field="${field}"]`);
  found?.focus();
}

/** WHAT IT WAS ABOUT: topics, words said, comment, result. Ctrl+Enter finishes; the missing field gets the focus. */
export function WrapUp({ of }: { of: CallCard }) {
  const { t } = useWords();
  const { lender, user } = useSession();
  const queries = useQueryClient();
  const { draft, change, drop, autosave } = useCallDraft(of);
  const [faults, setFaults] = useState<Fault[]>([]);
  const today = useToday();
  const settings = useQuery({ queryKey: ['settings'], queryFn: system.settings, staleTime: Infinity });
  const { call } = of;
  const over = call.state === 'wrap_up' || call.state === 'finished' || call.by_hand;
  const creditor = settings.data?.opening_words?.creditor ?? lender.name;

  const finish = useMutation({
    mutationFn: async () => {
      // The finish carries everything; notes that came after it would be refused.
      await autosave.stop();
      try {
        await calls.finish(call.id, notesOf(draft));
      } catch (error) {
        // The answer to the first try was lost on the way.
        if (!(error instanceof ApiError && error.code === 'call_finished')) throw error;
      }
    },
    onSuccess: async () => {
      drop();
      dispatchFeed({ type: 'finished', callId: call.id });
      addConfirmation(t('wrap.done'));
      void queries.invalidateQueries({ queryKey: ['calls'] });
      if (call.client_id) void queries.invalidateQueries({ queryKey: ['client', call.client_id] });
      const me = await operators.me().catch(() => null);
      if (me) dispatchFeed({ type: 'own', me: { state: me.state, reason: me.reason, since: me.since } });
    },
    onError: (error) => {
      autosave.resume();
      if (!(error instanceof ApiError)) return;
      const named = FOCUS_ORDER.filter((field) => error.fields.some((fault) => faultOf(fault.field) === field));
      setFaults(named);
      if (named[0]) focusField(named[0]);
    },
  });
  const submit = () => {
    const missing = missingFields(draft, call, settings.data, today);
    setFaults(missing);
    if (missing[0]) { focusField(missing[0]); return; }
    if (over) finish.mutate();
  };
  useKeys({ 'Ctrl+Enter': submit });
  useFocusAfterTalk(call, draft, settings.data, today);

  const edit = (part: Partial<CallDraft>) => {
    change(part);
    setFaults((old) => old.filter((field) => !(field in part) && !('promise' in part && field.startsWith('promise_'))));
  };
  const fault = (field: Fault, words: string): string | undefined => (faults.includes(field) ? words : undefined);

  return (
    <section className={styles.wrap} aria-label={t('wrap.title')} key={user.id}>
      <TopicPicker of={of} chosen={draft.topics} onChange={(topics) => edit({ topics })} fault={fault('topics', t('wrap.need_topic'))} />
      <fieldset className={styles.opening}>
        <legend>{t('wrap.opening')}</legend>
        {OPENING_WORDS.map((word, index) => (
          <Checkbox
            key={word} data-field={index === 0 ? 'opening_words' : undefined} checked={draft.opening_words.includes(word)} label={word === 'creditor' ? t('wrap.opening_creditor', { creditor }) : t(`wrap.opening_${word}`)}
            onChange={(event) => edit({ opening_words: event.currentTarget.checked ? [...draft.opening_words, word] : draft.opening_words.filter((other) => other !== word) })}
          />
        ))}
        {faults.includes('opening_words') && <span className={styles.fault}>{t('wrap.need_opening')}</span>}
      </fieldset>
      <CommentField value={draft.comment} topics={draft.topics} onChange={(comment) => edit({ comment })} error={fault('comment', t('wrap.need_comment', { count: settings.data?.min_comment ?? 1 }))} />
      <Select
        data-field="disposition" label={t('wrap.disposition')} placeholder={t('wrap.disposition_placeholder')} searchable value={draft.disposition} onChange={(value) => edit({ disposition: value as Disposition | null })}
        data={DISPOSITIONS.map((each) => ({ value: each, label: t(`disposition.${each}`) }))} error={fault('disposition', t('wrap.need_disposition'))} comboboxProps={{ position: 'top', offset: 24 }}
      />
      {draft.disposition === 'ptp' && <PromiseFields value={draft.promise} onChange={(promise) => edit({ promise })} faults={faults.filter((field): field is PromiseFault => field.startsWith('promise_'))} />}
      {finish.error && <Failure error={finish.error} />}
      <Button onClick={submit} loading={finish.isPending} variant={over ? 'filled' : 'default'} style={{ flex: 'none' }} disabled={!over} title={over ? undefined : t('wrap.after_hangup')}>{t('wrap.finish')}&nbsp;·&nbsp;Ctrl Enter</Button>
      {!over && <span className="caption">{t('wrap.after_hangup')}</span>}
    </section>
  );
}

/**
 * When the talk ends the caret goes to what is missing, unless the operator is in the middle of a word elsewhere. So it
 * does when a card comes to the screen after its talk: the page was loaded anew, or not yet when the call came.
 */
function useFocusAfterTalk(call: Call, draft: CallDraft, settings: PublicSettings | undefined, today: string): void {
  const { state } = call;
  const before = useRef<Call['state'] | null>(null);
  useEffect(() => {
    // How long a comment must be is not known yet.
    if (!settings) return;
    const ended = before.current !== 'wrap_up' && state === 'wrap_up';
    before.current = state;
    const first = missingFields(draft, call, settings, today)[0];
    if (ended && first && !isTyping() && !dialogOpen()) focusField(first);
  }, [state, call, draft, settings, today]);
}
