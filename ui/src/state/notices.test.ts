import { afterEach, expect, it, vi } from 'vitest';
import { addConfirmation, addNotice, forgetNotices, type Notice, noticesNow } from './notices';

afterEach(forgetNotices);

it('a word that something was done shows for a moment and is never kept in the bell', () => {
  vi.useFakeTimers();
  addNotice('urgent', 'Пропущен звонок');
  addConfirmation('Карточка завершена');
  const kept = (list: Notice[]) => list.filter((notice) => notice.kept).map((notice) => notice.title);
  expect(noticesNow().filter((notice) => notice.shown)).toHaveLength(2);
  expect(kept(noticesNow())).toEqual(['Пропущен звонок']);
  vi.advanceTimersByTime(9000);
  expect(noticesNow().map((notice) => notice.title)).toEqual(['Пропущен звонок']);
  vi.useRealTimers();
});
