import { Button, Modal, Select } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { loans } from '../api/endpoints';
import type { LoanOperation, LoanView as Loan } from '../api/loan-types';
import { money, shortDate } from '../format/format';
import { i18next } from '../i18n';
import { useWords } from '../i18n/use-language';
import { addConfirmation } from '../state/notices';
import { Failure } from '../ui/parts';
import styles from './loans.module.css';
import { usePreview, WillChange } from './WillChange';

export const REVERSAL_REASONS = ['mistake', 'recalled_by_bank', 'repeated', 'other_loan'] as const;

interface Props { loan: Loan; operation: LoanOperation | null; onClose: () => void }

/** What taking an operation back will do, told before it is done. */
export function ReversalEffect({ clientId, loanId, operationId, reason, children }: { clientId: string; loanId: string; operationId: string; reason: string | null; children: ReactNode }) {
  const preview = usePreview(clientId, loanId, 'reversals', reason ? { operation_id: operationId, reason } : null);
  if (preview.error) return <Failure error={preview.error} />;
  return <WillChange clientId={clientId} loanId={loanId} preview={preview}>{children}</WillChange>;
}

/** Takes an operation back. It stays in the book, struck through, with the reason. */
export function ReverseDialog({ loan, operation, onClose }: Props) {
  const { t, language } = useWords();
  const queries = useQueryClient();
  const [reason, setReason] = useState<string | null>(null);
  const close = () => { setReason(null); work.reset(); onClose(); };
  const work = useMutation({
    mutationFn: () => loans.reverse(loan.loan_id, operation?.operation_id ?? '', reason ?? ''),
    onSuccess: () => { addConfirmation(t('operation.was_reversed')); void queries.invalidateQueries({ queryKey: ['client', loan.client_id] }); close(); },
  });
  const kind = operation && (i18next.exists(`operation.kind.${operation.kind}`) ? t(`operation.kind.${operation.kind}`) : operation.kind);
  return (
    <Modal opened={operation !== null} onClose={close} title={t('operation.reverse_title')} size="sm" closeButtonProps={{ 'aria-label': t('action.close') }}>
      {operation && (
        <form className="stack" onSubmit={(event) => { event.preventDefault(); if (reason) work.mutate(); }}>
          <div className={styles.change}>
            <strong>{kind} {operation.amount !== null && money({ amount: operation.amount, currency: loan.currency }, language)}</strong> <span className="dim">{shortDate(operation.on, language)}</span>
          </div>
          <Select label={t('common.reason')} value={reason} onChange={setReason} data={REVERSAL_REASONS.map((each) => ({ value: each, label: t(`operation.reason.${each}`) }))} data-autofocus />
          <ReversalEffect clientId={loan.client_id} loanId={loan.loan_id} operationId={operation.operation_id ?? ''} reason={reason}>{t(operation.kind === 'payment' ? 'operation.reverse_effect_payment' : 'operation.reverse_effect')}</ReversalEffect>
          {work.error && <Failure error={work.error} />}
          <Button type="submit" color="red.9" disabled={!reason} loading={work.isPending}>{t('operation.reverse')}</Button>
        </form>
      )}
    </Modal>
  );
}
