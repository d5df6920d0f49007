/** What supervisors and administrators book by hand. Each dialog shows what will change before it is done. */
import { Button, Checkbox, Menu, Modal, Select, TextInput } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { loans } from '../api/endpoints';
import { type Booking, isOpen, type LoanView as Loan } from '../api/loan-types';
import { parseSum } from '../format/sums';
import { useWords } from '../i18n/use-language';
import { addConfirmation } from '../state/notices';
import { DateField } from '../ui/DateField';
import { Failure, fieldError, useToday } from '../ui/parts';
import { useWriteKey } from '../ui/write-key';
import { usePreview, WillChange } from './WillChange';

const BOOKINGS: Booking[] = ['payments', 'fees', 'penalty-forgiveness', 'refunds', 'holidays', 'restructurings', 'goods-returns', 'closings'];
type Field = 'on' | 'amount' | 'payer' | 'from' | 'to' | 'rate_percent' | 'payment' | 'instalments' | 'forgiven_penalty' | 'is_shorter' | 'closing';

const FIELDS: Record<Booking, Field[]> = {
  payments: ['on', 'amount', 'payer'], fees: ['on', 'amount'], 'penalty-forgiveness': ['on', 'amount'], refunds: ['on', 'amount'],
  holidays: ['from', 'to', 'rate_percent', 'payment'], restructurings: ['on', 'instalments', 'rate_percent', 'forgiven_penalty'], 'goods-returns': ['on', 'amount', 'is_shorter'], closings: ['on', 'closing'],
};
/** What may be left empty. */
const OPTIONAL: Field[] = ['payment', 'forgiven_penalty', 'is_shorter'];
/** An ended loan takes no more than money that came after all, and its return. */
const AFTER_END: Booking[] = ['refunds'];

export function OperationsMenu({ loan }: { loan: Loan }) {
  const { t } = useWords();
  const [booking, setBooking] = useState<Booking | null>(null);
  const open = isOpen(loan);
  const may = (each: Booking) => open || AFTER_END.includes(each);
  return (
    <>
      <Button disabled={!may('payments')} onClick={() => setBooking('payments')}>{t('booking.payments')}</Button>
      <Menu position="bottom-end" width={240}>
        <Menu.Target><Button variant="default" rightSection={<IconChevronDown size={14} />}>{t('booking.more')}</Button></Menu.Target>
        <Menu.Dropdown>{BOOKINGS.slice(1).map((each) => <Menu.Item key={each} disabled={!may(each)} onClick={() => setBooking(each)}>{t(`booking.${each}`)}</Menu.Item>)}</Menu.Dropdown>
      </Menu>
      <Modal opened={booking !== null} onClose={() => setBooking(null)} title={booking ? `${t(`booking.${booking}`)} · ${loan.number}` : ''} size="md" closeButtonProps={{ 'aria-label': t('action.close') }}>
        {booking && <BookingForm key={booking} loan={loan} booking={booking} onDone={() => setBooking(null)} />}
      </Modal>
    </>
  );
}

type Values = Record<Exclude<Field, 'is_shorter'>, string> & { is_shorter: boolean };

/** What is sent: sums without their spaces, numbers as numbers, nothing that was left empty. */
export function bookingBody(booking: Booking, values: Values): Record<string, unknown> {
  const value = (field: Field): unknown => {
    if (field === 'is_shorter') return values.is_shorter;
    const text = values[field].trim();
    if (field === 'instalments') return /^\d+$/.test(text) ? Number(text) : text;
    if (field === 'rate_percent') return text.replace(',', '.').replace(/\s*%$/, '');
    return field === 'amount' || field === 'payment' || field === 'forgiven_penalty' ? parseSum(text) : text;
  };
  return Object.fromEntries(FIELDS[booking].map((field) => [field, value(field)] as const).filter(([, found]) => found !== ''));
}

function BookingForm({ loan, booking, onDone }: { loan: Loan; booking: Booking; onDone: () => void }) {
  const { t } = useWords();
  const queries = useQueryClient();
  const today = useToday();
  const key = useWriteKey();
  const fields = FIELDS[booking];
  const [values, setValues] = useState<Values>({ on: today, amount: booking === 'payments' ? (loan.figures.next_payment?.amount ?? '') : '', payer: 'client', from: today, to: '', rate_percent: loan.terms.rate_percent ?? '', payment: '', instalments: '', forgiven_penalty: '', is_shorter: false, closing: 'written_off' });
  const put = (part: Partial<Values>) => setValues((old) => ({ ...old, ...part }));
  const body = bookingBody(booking, values);
  const whole = fields.every((field) => OPTIONAL.includes(field) || body[field] !== undefined);
  const preview = usePreview(loan.client_id, loan.loan_id, booking, whole ? body : null);
  const work = useMutation({
    mutationFn: () => loans.book[booking](loan.loan_id, body, key.keyFor([booking, body])),
    onSuccess: () => { key.done(); addConfirmation(t('booking.done')); void queries.invalidateQueries({ queryKey: ['client', loan.client_id] }); onDone(); },
  });
  // What the preview refuses the booking would refuse too: it stands beside the fields while they are typed.
  const error = preview.error ?? work.error;
  const fault = (field: Field) => fieldError(error, field, t);
  const text = (field: 'amount' | 'payment' | 'rate_percent' | 'instalments' | 'forgiven_penalty', focus = false) => (
    <TextInput key={field} name={field} label={t(`booking.field.${field}`)} value={values[field]} error={fault(field)} onChange={(event) => put({ [field]: event.currentTarget.value })} inputMode="decimal" autoComplete="off" {...(focus ? { 'data-autofocus': true } : {})} />
  );
  const day = (field: 'on' | 'from' | 'to') => <DateField key={field} name={field} label={t(`booking.field.${field}`)} value={values[field]} error={fault(field)} onChange={(value) => put({ [field]: value })} />;
  const shown: Record<Field, () => React.ReactNode> = {
    on: () => day('on'), from: () => day('from'), to: () => day('to'), amount: () => text('amount', true), payment: () => text('payment'), rate_percent: () => text('rate_percent'), instalments: () => text('instalments', true), forgiven_penalty: () => text('forgiven_penalty'),
    payer: () => <Select key="payer" label={t('operation.col.payer')} value={values.payer} onChange={(payer) => put({ payer: payer ?? 'client' })} allowDeselect={false} data={(['client', 'shop'] as const).map((each) => ({ value: each, label: t(`operation.payer.${each}`) }))} />,
    is_shorter: () => <Checkbox key="is_shorter" label={t('booking.field.is_shorter')} checked={values.is_shorter} onChange={(event) => put({ is_shorter: event.currentTarget.checked })} />,
    closing: () => <Select key="closing" label={t('booking.field.closing')} value={values.closing} onChange={(closing) => put({ closing: closing ?? 'written_off' })} allowDeselect={false} data={(['written_off', 'ceded'] as const).map((each) => ({ value: each, label: t(`booking.closing.${each}`) }))} />,
  };
  return (
    <form className="stack" noValidate onSubmit={(event: FormEvent) => { event.preventDefault(); if (!work.isPending) work.mutate(); }}>
      {fields.map((field) => shown[field]())}
      <WillChange clientId={loan.client_id} loanId={loan.loan_id} preview={preview}>{t(`booking.effect.${booking}`)}</WillChange>
      {error && <Failure error={error} beside={fields} />}
      <Button type="submit" color={booking === 'closings' ? 'red.9' : undefined} loading={work.isPending}>{t(`booking.action.${booking}`)}</Button>
    </form>
  );
}
