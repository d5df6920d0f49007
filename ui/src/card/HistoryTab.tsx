import { IconCash, IconDatabaseImport, IconNote, IconPhoneIncoming, IconPhoneOutgoing } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { historyKey } from '../api/cache';
import { clients } from '../api/endpoints';
import type { HistoryItem } from '../api/types';
import { duration, money } from '../format/format';
import { i18next } from '../i18n';
import { useWords } from '../i18n/use-language';
import { Empty, Load, Moment, More } from '../ui/parts';
import { useTopicTitle } from '../workspace/use-topics';
import styles from './card.module.css';

export function HistoryTab({ clientId, callId }: { clientId: string; callId: string | null }) {
  const { t } = useWords();
  const history = useInfiniteQuery({
    queryKey: historyKey(clientId, callId),
    queryFn: ({ pageParam }) => clients.history(clientId, callId, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  return (
    <Load of={history}>
      {(data) => {
        const items = data.pages.flatMap((page) => page.items);
        if (items.length === 0) return <Empty>{t('history.empty')}</Empty>;
        return (
          <>
            {items.map((item, index) => <Item key={`${item.at}-${index}`} item={item} />)}
            <More of={history} />
          </>
        );
      }}
    </Load>
  );
}

const ICONS = { note: IconNote, payment: IconCash, import: IconDatabaseImport };

function Item({ item }: { item: HistoryItem }) {
  const { t, language } = useWords();
  const Icon = item.kind === 'call' ? (item.direction === 'outbound' ? IconPhoneOutgoing : IconPhoneIncoming) : ICONS[item.kind];
  const topics = item.topics.map(useTopicTitle()).join(', ');
  // A plain payment says so already.
  const title = item.title && item.title !== item.kind ? (i18next.exists(`loans.payment_kind.${item.title}`) ? t(`loans.payment_kind.${item.title}`) : item.title) : null;
  const head = item.kind === 'call' && item.direction ? `${t('history.kind.call')}, ${t(`call.direction.${item.direction}`)}` : t(`history.kind.${item.kind}`);
  return (
    <article className={styles.event}>
      <Icon size={16} stroke={1.6} aria-hidden className="dim" />
      <span className="dim"><Moment at={item.at} mode="recent" /></span>
      <div>
        <div className="row-wrap" style={{ gap: 6 }}>
          {item.call_id ? <Link to="/calls" search={{ view: 'all', call: item.call_id }}>{head}</Link> : <span>{head}</span>}
          {item.amount && <strong>{money(item.amount, language)}</strong>}
          {title && <span className="dim">{title}</span>}
          {item.result && item.result !== 'answered' && <span className="tag warn">{t(`call.result.${item.result}`)}</span>}
          {item.talk_seconds ? <span className="dim">{duration(item.talk_seconds)}</span> : null}
          {topics && <span>· {topics}</span>}
          {item.disposition && <span className="tag">{t(`disposition.${item.disposition}`)}</span>}
          {item.operator && <span className="caption">{item.operator}</span>}
        </div>
        {item.comment && <div>{item.comment}</div>}
      </div>
    </article>
  );
}
