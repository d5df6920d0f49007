import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { calls } from '../api/endpoints';
import { dispatchFeed } from '../api/feed';
import type { CallCard, Candidate } from '../api/types';
import { phone } from '../format/format';
import { useWords } from '../i18n/use-language';
import { dialogOpen, isTyping } from '../ui/keys';
import { Failure } from '../ui/parts';
import styles from './workspace.module.css';

export function useChooseClient(callId: string, onChosen?: () => void) {
  return useMutation({
    mutationFn: (clientId: string | null) => calls.chooseClient(callId, clientId),
    onSuccess: (card) => { dispatchFeed({ type: 'card', card }); onChosen?.(); },
  });
}

/** F6: one number, several people. The facts that tell them apart stand in one line. */
export function Candidates({ of, onNone }: { of: CallCard; onNone: () => void }) {
  const { t } = useWords();
  const choose = useChooseClient(of.call.id);
  return (
    <div className={styles.choose}>
      <h1>{t('candidates.title')}</h1>
      <p className="dim small">{t('candidates.hint')}</p>
      <CandidateList candidates={of.candidates} onChoose={(id) => choose.mutate(id)} />
      {choose.error && <Failure error={choose.error} />}
      <div><Button variant="default" onClick={onNone}>{t('candidates.none_of_them')}</Button></div>
    </div>
  );
}

export function CandidateList({ candidates, onChoose }: { candidates: Candidate[]; onChoose: (clientId: string) => void }) {
  const { t } = useWords();
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => { if (!isTyping() && !dialogOpen()) list.current?.focus({ preventScroll: true }); }, []);
  const shown = Math.min(at, candidates.length - 1);
  return (
    <div
      ref={list} role="listbox" aria-label={t('candidates.title')} tabIndex={0} className="panel" aria-activedescendant={`candidate-${shown}`}
      onKeyDown={(event) => {
        if (event.key === 'ArrowDown' || event.key === 'j') setAt(Math.min(candidates.length - 1, shown + 1));
        else if (event.key === 'ArrowUp' || event.key === 'k') setAt(Math.max(0, shown - 1));
        else if (event.key === 'Enter') { const found = candidates[shown]; if (found) onChoose(found.client_id); } else return;
        event.preventDefault();
      }}
    >
      {candidates.map((each, index) => (
        <div key={each.client_id} id={`candidate-${index}`} role="option" aria-selected={index === shown} className={styles.candidate} data-on={index === shown || undefined} onMouseMove={() => setAt(index)} onClick={() => onChoose(each.client_id)}>
          <strong className="cut" title={each.name}>{each.name}</strong>
          <span className="dim cut">{[each.city, each.birth_year ? t('spotlight.born', { year: each.birth_year }) : null, each.kind === 'person' ? null : t(`client.kind.${each.kind}`)].filter(Boolean).join(' · ')}</span>
          <span className="dim cut small">{each.phone_masked ? phone(each.phone_masked) : ''}</span>
          <span className="row nowrap" style={{ justifyContent: 'flex-end' }}>{each.overdue && <span className="tag bad">{t('candidates.overdue')}</span>}<span className="small">{each.loans > 0 ? t('candidates.loans', { count: each.loans }) : t('candidates.no_loans')}</span></span>
        </div>
      ))}
    </div>
  );
}
