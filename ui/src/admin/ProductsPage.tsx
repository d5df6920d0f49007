/** What the lender offers: whose book its loans have, and the terms that an agreement leaves out. */
import { Checkbox, NumberInput, Select, Textarea, TextInput } from '@mantine/core';
import type { ProductBody } from '../api/types';
import { localized } from '../format/format';
import { useWords } from '../i18n/use-language';
import { SHIFTS } from '../loans/terms';
import styles from './admin.module.css';
import { DirectoryEditor } from './directory';
import { BESIDE, blankProduct, COUNTS, type CountTerm, FLAGS, type FlagTerm, type ProductTerms, sentProduct, shiftOf, type TextTerm, withShift, WORDS, type WordTerm } from './product';

export function ProductsPage() {
  const { t, language } = useWords();
  return (
    <DirectoryEditor<ProductBody>
      kind="product" title={t('admin.section.products')} createLabel={t('products.create')} emptyText={t('products.empty')} blank={blankProduct} beside={BESIDE} sent={sentProduct}
      list={(entries, open, openId) => [...entries].sort((one, other) => (one.body.order ?? 0) - (other.body.order ?? 0)).map((entry) => (
        <button key={entry.id} type="button" className={styles.entry} data-on={entry.id === openId || undefined} data-retired={entry.retired || undefined} onClick={() => open(entry)}>
          <span className="grow">{localized(entry.body.title, language)}</span><span className="caption">{t(`products.book_short.${entry.body.book ?? 'external'}`)}</span>
        </button>
      ))}
      fields={(body, change, _entries, id, fault) => <ProductFields body={body} change={change} isNew={id === null} fault={fault} />}
    />
  );
}

interface Props { body: ProductBody; change: (part: Partial<ProductBody>) => void; isNew: boolean; fault: (field: string) => string | undefined }

function ProductFields({ body, change, isNew, fault }: Props) {
  const { t, language } = useWords();
  const both = language === 'ru' ? (['ru', 'en'] as const) : (['en', 'ru'] as const);
  return (
    <>
      {both.map((key) => <TextInput key={key} name={`title_${key}`} label={t(`dir.title_${key}`)} value={body.title[key] ?? ''} error={fault(`title.${key}`) ?? (key === language ? fault('title') : undefined)} onChange={(event) => change({ title: { ...body.title, [key]: event.currentTarget.value } })} autoFocus={key === language && isNew} />)}
      <Select label={t('products.book')} description={t(`products.book_help.${body.book ?? 'external'}`)} value={body.book ?? 'external'} onChange={(book) => change({ book: book === 'own' ? 'own' : 'external' })} allowDeselect={false} error={fault('book')} data={(['own', 'external'] as const).map((each) => ({ value: each, label: t(`products.book_value.${each}`) }))} />
      <NumberInput name="order" label={t('topics.order')} description={t('products.order_help')} value={body.order ?? 0} onChange={(order) => change({ order: Number(order) || 0 })} min={0} max={9999} allowDecimal={false} error={fault('order')} />
      {both.map((key) => <Textarea key={key} name={`description_${key}`} className={styles.full} label={t(`products.description_${key}`)} value={body.description?.[key] ?? ''} error={fault(`description.${key}`)} onChange={(event) => change({ description: { ru: body.description?.ru ?? '', en: body.description?.en ?? '', [key]: event.currentTarget.value } })} autosize minRows={2} />)}
      {body.book === 'own' && <Terms terms={body.terms ?? {}} change={(part) => change({ terms: { ...body.terms, ...part } })} fault={(field) => fault(`terms.${field}`)} />}
    </>
  );
}

/** Whatever is empty is agreed for each loan, or is as the law has it. */
function Terms({ terms, change, fault }: { terms: ProductTerms; change: (part: ProductTerms) => void; fault: (field: string) => string | undefined }) {
  const { t } = useWords();
  const label = (field: string) => t(`products.term.${field}`);
  const typed = (field: TextTerm) => <TextInput key={field} name={field} label={label(field)} value={String(terms[field] ?? '')} error={fault(field)} inputMode="decimal" autoComplete="off" onChange={(event) => change({ [field]: event.currentTarget.value })} />;
  const count = (field: CountTerm) => <NumberInput key={field} name={field} label={label(field)} value={typeof terms[field] === 'number' ? terms[field] : ''} error={fault(field)} onChange={(value) => change({ [field]: value === '' ? null : Number(value) })} min={0} max={COUNTS[field]} clampBehavior="none" allowDecimal={false} allowNegative={false} />;
  const word = (field: WordTerm, placeholder: string) => <Select key={field} label={label(field)} placeholder={placeholder} clearable value={typeof terms[field] === 'string' ? terms[field] : null} error={fault(field)} onChange={(value) => change({ [field]: value })} data={WORDS[field].map((each) => ({ value: each, label: field === 'day_basis' ? each : t(`products.word.${field}.${each}`) }))} />;
  const flag = (field: FlagTerm) => <Checkbox key={field} label={label(field)} checked={typeof terms[field] === 'boolean' ? terms[field] : FLAGS[field]} error={fault(field)} onChange={(event) => change({ [field]: event.currentTarget.checked })} />;
  const each = t('products.each_loan');
  const usual = (value: string) => t('products.usual', { value });
  return (
    <>
      <div className={styles.full}><h3>{t('terms.title')}</h3><p className="caption">{t('products.terms_help')}</p></div>
      {word('kind', each)}
      {terms.kind === 'single' ? count('step_days') : count('instalments')}
      {typed('rate_percent')}
      {word('rate_period', usual(t('products.word.rate_period.year')))}
      {terms.kind !== 'single' && count('due_day')}
      {terms.kind !== 'single' && count('step_days')}
      <Select label={t('terms.shift')} placeholder={each} clearable value={shiftOf(terms)} error={fault('shift_due_dates') ?? fault('interest_shift')} onChange={(shift) => change(withShift(shift))} data={SHIFTS.map((value) => ({ value, label: t(`terms.shift_value.${value}`) }))} />
      {word('day_basis', usual('ACT/ACT'))}
      {typed('fee_at_payout')}
      {typed('down_payment')}
      {typed('merchant_discount_percent')}
      {typed('dpd_tolerance')}
      {typed('penalty_percent')}
      {word('penalty_period', usual(t('products.word.penalty_period.year')))}
      {word('penalty_base', usual(t('products.word.penalty_base.principal_and_interest')))}
      {count('notice_days')}
      {word('current_interest', usual(t('products.word.current_interest.scheduled')))}
      {word('early_order', usual(t('products.word.early_order.interest_first')))}
      <div className={`${styles.full} stack`}>{(Object.keys(FLAGS) as FlagTerm[]).map(flag)}</div>
    </>
  );
}
