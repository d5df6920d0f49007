import { beforeEach, describe, expect, it } from 'vitest';
import { dropDraft, dropDraftsOf, dropDraftsOfOthers, loadDraft, saveDraft, sweepDrafts } from './drafts';

const DAY = 24 * 3600 * 1000;
beforeEach(() => localStorage.clear());

describe('drafts', () => {
  it('come back after a reload, each call with its own', () => {
    saveDraft('anna', 'call.1', { comment: 'первый' });
    saveDraft('anna', 'call.2', { comment: 'второй' });
    expect(loadDraft('anna', 'call.1')).toEqual({ comment: 'первый' });
    expect(loadDraft('anna', 'call.2')).toEqual({ comment: 'второй' });
  });
  it('are not shown to another person at the same screen', () => {
    saveDraft('anna', 'call.1', 'тайна');
    expect(loadDraft('boris', 'call.1')).toBeNull();
  });
  it('go with whoever signs out, and when another person signs in', () => {
    const both = () => { saveDraft('anna', 'call.1', 'a'); saveDraft('boris', 'call.1', 'b'); localStorage.setItem('lenderbox.prefs', '{}'); };
    both();
    dropDraftsOf('anna');
    expect([loadDraft('anna', 'call.1'), loadDraft('boris', 'call.1')]).toEqual([null, 'b']);
    both();
    dropDraftsOfOthers('anna');
    expect([loadDraft('anna', 'call.1'), loadDraft('boris', 'call.1')]).toEqual(['a', null]);
    expect(localStorage.getItem('lenderbox.prefs')).toBe('{}');
  });
  it('go when they are dropped', () => {
    saveDraft('anna', 'call.1', 'x');
    dropDraft('anna', 'call.1');
    expect(loadDraft('anna', 'call.1')).toBeNull();
  });
  it('are swept after two weeks, and so are broken ones; other keys stay', () => {
    const now = Date.now();
    saveDraft('anna', 'old', 'x', now - 15 * DAY);
    saveDraft('anna', 'fresh', 'y', now - 13 * DAY);
    localStorage.setItem('lenderbox.draft.anna.broken', '{');
    localStorage.setItem('lenderbox.prefs', '{}');
    sweepDrafts(now);
    expect(loadDraft('anna', 'old')).toBeNull();
    expect(loadDraft('anna', 'fresh')).toBe('y');
    expect(localStorage.getItem('lenderbox.draft.anna.broken')).toBeNull();
    expect(localStorage.getItem('lenderbox.prefs')).toBe('{}');
  });
  it('that cannot be read are as good as none', () => {
    localStorage.setItem('lenderbox.draft.anna.call.1', 'not json');
    expect(loadDraft('anna', 'call.1')).toBeNull();
  });
});
