/** A day, typed in any usual way, moved by arrows, or picked from the browser's own calendar. */
import { ActionIcon, TextInput } from '@mantine/core';
import { IconCalendar } from '@tabler/icons-react';
import { type KeyboardEvent, useRef, useState } from 'react';
import { addDays, parseDay, shortDate } from '../format/format';
import { useWords } from '../i18n/use-language';

interface Props {
  value: string; onChange: (day: string) => void;
  label?: string; 'aria-label'?: string; name?: string; description?: string; error?: string; placeholder?: string; disabled?: boolean; w?: number; autoFocus?: boolean; className?: string;
}

/** As it is typed here: digits in both languages, as in all fields. */
const shown = (day: string): string => (day ? shortDate(day, 'ru') : '');

/** `value` is `YYYY-MM-DD` or empty. What is no day is told beside the field and given on as empty. */
export function DateField({ value, onChange, error, w, ...rest }: Props) {
  const { t } = useWords();
  const [typed, setTyped] = useState<string | null>(null);
  const [wrong, setWrong] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const commit = (): void => {
    if (typed === null) return;
    const day = parseDay(typed);
    const bad = typed.trim() !== '' && day === null;
    setWrong(bad);
    if (!bad) setTyped(null);
    if ((day ?? '') !== value) onChange(day ?? '');
  };
  const put = (day: string): void => { setTyped(null); setWrong(false); onChange(day); };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0;
    if (event.key === 'Enter') commit();
    if (step === 0 || event.altKey || event.ctrlKey) return;
    const day = typed === null ? value : parseDay(typed);
    if (!day) return;
    event.preventDefault();
    put(addDays(day, step));
  };
  return (
    <div style={{ position: 'relative', width: w }} className={rest.className}>
      <TextInput
        {...rest} className={undefined} value={typed ?? shown(value)} error={wrong ? t('fault.invalid_date') : error} autoComplete="off" placeholder={rest.placeholder ?? t('date.placeholder')} inputMode="numeric"
        onChange={(event) => setTyped(event.currentTarget.value)} onBlur={commit} onKeyDown={onKeyDown}
        rightSection={<ActionIcon size="sm" tabIndex={-1} disabled={rest.disabled} aria-label={t('date.pick')} onClick={() => picker.current?.showPicker?.()}><IconCalendar size={15} stroke={1.6} /></ActionIcon>}
      />
      <input ref={picker} type="date" tabIndex={-1} aria-hidden value={value} onChange={(event) => { if (event.currentTarget.value) put(event.currentTarget.value); }} style={{ position: 'absolute', right: 0, bottom: 0, width: 1, height: 1, opacity: 0, pointerEvents: 'none', border: 0, padding: 0 }} />
    </div>
  );
}
