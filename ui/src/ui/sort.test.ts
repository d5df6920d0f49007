import { expect, it } from 'vitest';
import { compareValues } from './sort';

it('rows are sorted by number or by word, and what is missing stands last both ways', () => {
  const sorted = (values: (string | number | null)[], down = false) => [...values].sort((one, other) => compareValues(one, other, down));
  expect(sorted([10, 9, null, 100])).toEqual([9, 10, 100, null]);
  expect(sorted([10, 9, null, 100], true)).toEqual([100, 10, 9, null]);
  expect(sorted(['доб. 110', 'доб. 9', '', 'енот', 'ёж'])).toEqual(['доб. 9', 'доб. 110', 'ёж', 'енот', '']);
});
