/** Money that is at the lender's and fills no instalment yet. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { incoming } from '../api/endpoints';
import { decimal } from '../format/format';
import { useWords } from '../i18n/use-language';
import { Empty, Load, More, ShortDate } from '../ui/parts';

export function UnallocatedPage() {
  const { t, language } = useWords();
  const list = useInfiniteQuery({ queryKey: ['incoming', 'unallocated'], queryFn: ({ pageParam }) => incoming.unallocated(pageParam), initialPageParam: undefined as string | undefined, getNextPageParam: (page) => page.next_cursor ?? undefined });
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Load of={list} rows={12}>
      {() => (
        <>
          {items.length === 0 && !list.hasNextPage ? <Empty>{t('inbox.no_unallocated')}</Empty> : (
            <table className="grid">
              <thead><tr><th>{t('loans.col.number')}</th><th>{t('client.title')}</th><th className="num">{t('figure.unallocated')}</th><th className="num">{t('figure.next_payment')}</th><th>{t('loans.col.due')}</th></tr></thead>
              <tbody>
                {items.map((item) => (
                  <tr key={item.loan_id}>
                    <td><Link to="/clients/$clientId/loans/$loanId" params={{ clientId: item.client_id, loanId: item.loan_id }}>{item.number}</Link></td><td>{item.client_name}</td><td className="num"><strong>{decimal(item.unallocated, language)}</strong></td>
                    <td className="num">{item.next_payment ? decimal(item.next_payment.amount, language) : <span className="dim">—</span>}</td><td><ShortDate of={item.next_payment?.due_on ?? null} near /></td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          <More of={list} />
        </>
      )}
    </Load>
  );
}
