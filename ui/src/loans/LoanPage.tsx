/** A loan on a page of its own; the day and the part that is open live in the address. */
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useMediaQuery } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { loans } from '../api/endpoints';
import type { LoanSearch } from '../app/router';
import { useWords } from '../i18n/use-language';
import { leaving, useKeys } from '../ui/keys';
import { Load } from '../ui/parts';
import { LoanView } from './LoanView';

export function LoanPage() {
  const { t } = useWords();
  const navigate = useNavigate();
  const { clientId, loanId } = useParams({ strict: false }) as { clientId: string; loanId: string };
  const search: LoanSearch = useSearch({ strict: false });
  const wide = useMediaQuery('(min-width: 1200px)', true, { getInitialValueInEffect: false });
  const go = (next: LoanSearch) => void navigate({ to: '/clients/$clientId/loans/$loanId', params: { clientId, loanId }, search: { ...search, ...next }, replace: true });
  const back = () => void navigate({ to: '/clients/$clientId', params: { clientId } });
  useKeys({ Escape: leaving(back) });
  return <LoanView key={loanId} clientId={clientId} loanId={loanId} callId={null} on={search.on ?? null} onDay={(on) => go({ on: on ?? undefined })} tab={search.tab ?? 'overview'} onTab={(tab) => go({ tab })} onBack={back} backTo={t('loan.to_client')} wide={wide} />;
}

/** Where only the loan is known: its client is looked up, then the page has its proper address. */
export function LoanByNumber() {
  const navigate = useNavigate();
  const { loanId } = useParams({ strict: false }) as { loanId: string };
  const found = useQuery({ queryKey: ['loan', loanId, 'client'], queryFn: () => loans.view(loanId) });
  const clientId = found.data?.client_id;
  useEffect(() => { if (clientId) void navigate({ to: '/clients/$clientId/loans/$loanId', params: { clientId, loanId }, replace: true }); }, [clientId, loanId, navigate]);
  return <Load of={found}>{() => null}</Load>;
}
