import { expect, it } from 'vitest';
import { mayOpen, readsPapers } from './access';
import type { Role } from '../api/types';

it('an address typed by hand opens only what the role sees', () => {
  expect(mayOpen('partner_manager', '/floor')).toBe(false);
  expect(mayOpen('partner_manager', '/admin/users')).toBe(false);
  expect(mayOpen('supervisor', '/admin/backups')).toBe(false);
  expect(mayOpen('supervisor', '/admin/topics')).toBe(true);
  expect(mayOpen('administrator', '/workspace')).toBe(false);
  expect(mayOpen('operator', '/clients/018f')).toBe(true);
  expect(mayOpen('operator', '/snippets')).toBe(true);
  expect(mayOpen('operator', '/')).toBe(true);
});

it('papers of loans have no tab for who may not read them', () => {
  const roles: Role[] = ['operator', 'collector', 'supervisor', 'auditor', 'administrator', 'partner_manager'];
  expect(roles.filter(readsPapers)).toEqual(['operator', 'collector', 'supervisor', 'auditor']);
});
