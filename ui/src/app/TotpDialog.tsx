import { Button, Modal, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useMemo, useState } from 'react';
import { encode } from 'uqr';
import { session } from '../api/endpoints';
import { SESSION_KEY, useSession } from '../api/session';
import { useWords } from '../i18n/use-language';
import { addConfirmation } from '../state/notices';
import { Failure } from '../ui/parts';

export function TotpDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useWords();
  const { totp } = useSession();
  const queries = useQueryClient();
  const [code, setCode] = useState('');
  const start = useMutation({ mutationFn: session.totpStart });
  const close = () => { setCode(''); start.reset(); finish.reset(); onClose(); };
  const finish = useMutation({
    mutationFn: () => (totp.enrolled ? session.totpRemove(code) : session.totpConfirm(code)),
    onSuccess: () => {
      addConfirmation(t(totp.enrolled ? 'totp.disabled' : 'totp.enabled'));
      void queries.invalidateQueries({ queryKey: SESSION_KEY });
      close();
    },
  });
  const submit = (event: FormEvent) => { event.preventDefault(); finish.mutate(); };
  const asksCode = totp.enrolled || start.data !== undefined;
  return (
    <Modal opened={opened} onClose={close} title={t('totp.title')} size="sm" closeButtonProps={{ 'aria-label': t('action.close') }}>
      <form className="stack" onSubmit={submit}>
        <p className="small">{totp.enrolled ? t('totp.on') : totp.required ? t('totp.required') : t('totp.off')}</p>
        {!asksCode && <Button onClick={() => start.mutate()} loading={start.isPending}>{t('totp.start')}</Button>}
        {start.data && (
          <>
            <p className="small dim">{t('totp.scan')}</p>
            <QrCode text={start.data.otpauth_url} label={t('totp.title')} />
            <TextInput label={t('totp.secret')} value={start.data.secret} readOnly ff="monospace" />
          </>
        )}
        {asksCode && (
          <>
            <TextInput label={t('totp.code')} value={code} onChange={(event) => setCode(event.currentTarget.value.replace(/\D/g, ''))} inputMode="numeric" maxLength={8} autoComplete="one-time-code" />
            <Button type="submit" loading={finish.isPending} disabled={code.length < 6} color={totp.enrolled ? 'red' : undefined}>{t(totp.enrolled ? 'totp.remove' : 'totp.confirm')}</Button>
          </>
        )}
        {(start.error ?? finish.error) && <Failure error={start.error ?? finish.error} />}
      </form>
    </Modal>
  );
}

/** Drawn as one path: the page may not load images from anywhere. */
function QrCode({ text, label }: { text: string; label: string }) {
  const { size, path } = useMemo(() => {
    const code = encode(text, { border: 2 });
    let drawn = '';
    code.data.forEach((line, y) => line.forEach((dark, x) => { if (dark) drawn += `M${x} ${y}h1v1h-1z`; }));
    return { size: code.size, path: drawn };
  }, [text]);
  return (
    <svg viewBox={`0 0 ${size} ${size}`} width={184} height={184} role="img" aria-label={label} shapeRendering="crispEdges" style={{ alignSelf: 'center', background: '#fff', borderRadius: 6 }}>
      <path d={path} fill="#000" />
    </svg>
  );
}
