import { Button, Modal } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { imports } from '../api/endpoints';
import type { ImportJob } from '../api/types';
import { integer } from '../format/format';
import { useWords } from '../i18n/use-language';
import { faultWords, importField, Load } from '../ui/parts';
import styles from './admin.module.css';
import { readRejects } from './rejects';

/** Rows that are shown; the whole list is a file. */
const SHOWN_MAX = 200;

/** Why rows were not taken, in the reader's language; the server's own words on hover and where we have none. */
export function RejectsDialog({ job, onClose }: { job: ImportJob; onClose: () => void }) {
  const { t, language } = useWords();
  const list = useQuery({ queryKey: ['import', job.import_id, 'rejects', job.rejected], queryFn: () => imports.rejectsHead(job.import_id) });
  return (
    <Modal opened onClose={onClose} title={t('imports.rejects_of', { file: job.file_name })} size="xl" closeButtonProps={{ 'aria-label': t('action.close') }}>
      <div className="stack">
        <Load of={list}>
          {(text) => {
            const rows = readRejects(text).slice(0, SHOWN_MAX);
            return (
              <>
                <div className={styles.rejects}>
                  <table className="grid">
                    <thead><tr><th className="num">{t('imports.line')}</th><th>{t('imports.reject_field')}</th><th>{t('imports.reject_reason')}</th></tr></thead>
                    <tbody>
                      {rows.map(({ line, fault }, index) => <tr key={index}><td className="num dim">{line}</td><td className="nowrap">{importField(fault.field, t)}</td><td className={styles.reason} title={fault.message}>{faultWords(fault, t)}</td></tr>)}
                    </tbody>
                  </table>
                </div>
                <div className="row">
                  <span className="small dim grow">{t('imports.rejects_shown', { count: new Set(rows.map((row) => row.line)).size, total: integer(job.rejected, language) })}</span>
                  <Button component="a" href={imports.rejectsAddress(job.import_id)} download variant="default" leftSection={<IconDownload size={16} stroke={1.8} aria-hidden />}>{t('imports.rejects_file')}</Button>
                </div>
              </>
            );
          }}
        </Load>
      </div>
    </Modal>
  );
}
