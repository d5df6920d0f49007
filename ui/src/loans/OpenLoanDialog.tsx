/** Opens a loan whose book is kept here. The schedule that will be signed is on the screen before it is opened. */
import { Button, Modal, Select, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { ApiError } from '../api/client';
import { directory, loans } from '../api/endpoints';
import { useSession } from '../api/session';
import type { ProductBody } from '../api/types';
import { decimal, localized, money } from '../format/format';
import { useWords } from '../i18n/use-language';
import { addConfirmation } from '../state/notices';
import { Empty, Failure, fieldError, Load, useToday } from '../ui/parts';
import { useWriteKey } from '../ui/write-key';
import styles from './loans.module.css';
import { ScheduleTable } from './ScheduleTable';
import { askOf, firstTerms, ofProduct, type Terms } from './terms';
import { TermsForm } from './TermsForm';
import { useCalculation } from './use-calculation';

interface Props { clientId: string; clientName: string; onClose: () => void; onOpened: (loanId: string) => void }

export function OpenLoanDialog({ clientId, clientName, onClose, onOpened }: Props) {
  const { t } = useWords();
  const products = useQuery({ queryKey: ['directory', 'product'], queryFn: () => directory.list<ProductBody>('product') });
  return (
    <Modal opened onClose={onClose} title={t('open_loan.title', { name: clientName })} size={1040} closeButtonProps={{ 'aria-label': t('action.close') }}>
      <Load of={products}>
        {(page) => {
          const own = page.items.filter((entry) => !entry.retired && entry.body.book === 'own');
          return own.length === 0 ? <Empty>{t('open_loan.no_products')}</Empty> : <Form clientId={clientId} products={own} onOpened={onOpened} />;
        }}
      </Load>
    </Modal>
  );
}

const BESIDE = ['number', 'product', ...['kind', 'principal', 'rate_percent', 'instalments', 'issued_on', 'step_days', 'due_day', 'first_due_on', 'fee_at_payout'].flatMap((field) => [field, `agreement.${field}`])];

function Form({ clientId, products, onOpened }: { clientId: string; products: { id: string; body: ProductBody }[]; onOpened: (loanId: string) => void }) {
  const { t, language } = useWords();
  const { lender } = useSession();
  const queries = useQueryClient();
  const today = useToday();
  const key = useWriteKey();
  const [product, setProduct] = useState(products[0]?.id ?? '');
  const [number, setNumber] = useState('');
  const [terms, setTerms] = useState<Terms>(() => ofProduct(firstTerms(today), products[0]?.body.terms ?? null));
  const [asked, setAsked] = useState(false);
  const { ask, local, error, plan } = useCalculation(terms);
  const open = useMutation({
    mutationFn: () => {
      const agreement = askOf(terms);
      if (!agreement) throw new ApiError(422, 'invalid_fields', '');
      const body = { client_id: clientId, number: number.trim(), product, agreement };
      return loans.open(body, key.keyFor(body));
    },
    onSuccess: (made) => { key.done(); addConfirmation(t('open_loan.opened')); void queries.invalidateQueries({ queryKey: ['client', clientId] }); onOpened(made.loan_id); },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setAsked(true);
    if (number.trim() && askOf(terms) && !open.isPending) open.mutate();
  };
  const change = (id: string) => { setProduct(id); setTerms((old) => ofProduct(old, products.find((each) => each.id === id)?.body.terms ?? null)); };
  return (
    <form className={styles.openLoan} onSubmit={submit} noValidate>
      <div className="stack">
        <TextInput name="number" label={t('loans.col.number')} value={number} onChange={(event) => setNumber(event.currentTarget.value)} error={asked && !number.trim() ? t('fault.required') : fieldError(open.error, 'number', t)} data-autofocus autoComplete="off" />
        <Select label={t('loans.col.product')} value={product} onChange={(id) => change(id ?? product)} allowDeselect={false} error={fieldError(open.error, 'product', t)} data={products.map((each) => ({ value: each.id, label: localized(each.body.title, language) }))} />
        <TermsForm terms={terms} onChange={(part) => setTerms((old) => ({ ...old, ...part }))} fault={(field) => (field !== 'kind' && local[field] ? t(`fault.${local[field]}`) : fieldError(open.error, `agreement.${field}`, t) ?? (ask ? fieldError(error, field, t) : undefined))} />
        {open.error && <Failure error={open.error} beside={BESIDE} />}
        <Button type="submit" loading={open.isPending}>{t('open_loan.open')}</Button>
      </div>
      <div className="stack" style={{ minWidth: 0 }}>
        {plan ? (
          <>
            <dl className={styles.figures}>
              {plan.annuity && <div><dt>{t('calculator.payment')}</dt><dd>{money({ amount: plan.annuity, currency: lender.currency }, language)}</dd></div>}
              <div><dt>{t('calculator.psk')}</dt><dd>{decimal(plan.psk_percent, language)}&nbsp;%</dd></div>
              <div><dt>{t('calculator.total')}</dt><dd>{money({ amount: plan.total_paid, currency: lender.currency }, language)}</dd></div>
            </dl>
            <div className={styles.boxedTall}><ScheduleTable rows={plan.schedule} label={t('schedule.title')} /></div>
          </>
        ) : <Empty>{t('calculator.nothing')}</Empty>}
      </div>
    </form>
  );
}
