import { expect, it } from 'vitest';
import { mayOpen } from './access';

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
