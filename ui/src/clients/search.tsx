/** Finding clients as one types: the same in the search of the bar, on the page of clients and in a call. */
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { search } from '../api/endpoints';
import type { SearchHit } from '../api/types';
import { phone } from '../format/format';
import { useWords } from '../i18n/use-language';

/** Shortest text worth asking the server about. */
const SHORTEST = 2;
/** A pause in typing after which the server is asked. */
const PAUSE_MS = 120;

/**
 * Looks into every field of the settings, or into `field` alone. `settled` says that `hits` belong to the text as it stands;
 * until then they are those of the text before.
 */
export function useClientSearch(text: string, field: string | null = null) {
  const typed = text.trim();
  const [asked] = useDebouncedValue(typed, PAUSE_MS);
  const found = useQuery({
    queryKey: ['search', field, asked],
    queryFn: ({ signal }) => search.find(asked, field, signal),
    enabled: asked.length >= SHORTEST,
    placeholderData: keepPreviousData,
    staleTime: 5000,
  });
  const enough = typed.length >= SHORTEST;
  const settled = !enough || (asked === typed && found.isFetched && !found.isPlaceholderData);
  const hits = enough ? (found.data?.items ?? []) : [];
  return { hits, enough, settled, nothing: enough && settled && found.isSuccess && hits.length === 0, error: enough ? found.error : null, retry: () => void found.refetch() };
}

/** What tells one client from another without giving anything away. */
export function HitLine({ hit }: { hit: SearchHit }) {
  const { t } = useWords();
  const facts = [hit.city, hit.birth_year ? t('spotlight.born', { year: hit.birth_year }) : null, hit.phone_masked ? phone(hit.phone_masked) : null].filter(Boolean).join(' · ');
  return (
    <>
      <span className="grow cut"><strong>{hit.name}</strong>{hit.kind !== 'person' && <span className="dim"> · {t(`client.kind.${hit.kind}`)}</span>}{facts && <span className="dim"> · {facts}</span>}</span>
      {hit.loans > 0 && <span className="dim nowrap">{t('spotlight.loans', { count: hit.loans })}</span>}
      <span className="caption nowrap">{t(`matched.${hit.matched_by}`)}</span>
    </>
  );
}
