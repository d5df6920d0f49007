import { describe, expect, it } from 'vitest';
import { receiverOf } from './CallTable';

const part = (extension: string, role: 'first' | 'transfer', to: string | null) => ({ operator: `Name of ${extension}`, extension, role, from: '2026-11-22T10:00:00Z', to });
const anna = { user_id: 'a', name: 'Name of 101', extension: '101' };

describe('to whom a call is being transferred', () => {
  it('is who is called and has not got the client yet', () => {
    expect(receiverOf({ operator: anna, participants: [part('101', 'first', '2026-11-22T10:01:00Z'), part('102', 'transfer', null)] })?.extension).toBe('102');
    expect(receiverOf({ operator: anna, participants: [part('101', 'first', null), part('102', 'transfer', null)] })?.extension).toBe('102');
  });
  it('is nobody once the receiver has the client, or has refused', () => {
    expect(receiverOf({ operator: { ...anna, extension: '102' }, participants: [part('101', 'first', '2026-11-22T10:01:00Z'), part('102', 'transfer', null)] })).toBeUndefined();
    expect(receiverOf({ operator: anna, participants: [part('101', 'first', null), part('102', 'transfer', '2026-11-22T10:01:00Z')] })).toBeUndefined();
    expect(receiverOf({ operator: anna, participants: [part('101', 'first', null)] })).toBeUndefined();
  });
});
