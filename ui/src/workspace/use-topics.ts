/** The directory of topics, and their titles in the reader's language. */
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { directory } from '../api/endpoints';
import type { Localized, TopicBody } from '../api/types';
import { localized } from '../format/format';
import { useWords } from '../i18n/use-language';

export function useTopics() {
  return useQuery({ queryKey: ['directory', 'topic'], queryFn: () => directory.list<TopicBody>('topic'), staleTime: 60_000 });
}

type Written = string | Localized | { entry_id: string; title: string | Localized };

/** What was written into a call is in the language of its day; the directory says it in the reader's. */
export function useTopicTitle(): (topic: Written) => string {
  const { language } = useWords();
  const topics = useTopics();
  const titles = useMemo(() => {
    const found = new Map<string, string>();
    for (const entry of topics.data?.items ?? []) {
      const title = localized(entry.body.title, language);
      found.set(entry.id, title);
      for (const word of [entry.body.title.ru, entry.body.title.en]) if (word) found.set(word, title);
    }
    return found;
  }, [topics.data, language]);
  return (topic) => {
    const [id, title] = typeof topic === 'object' && 'entry_id' in topic ? [topic.entry_id, topic.title] : [null, topic];
    const plain = localized(title, language);
    return (id && titles.get(id)) || titles.get(plain) || plain;
  };
}
