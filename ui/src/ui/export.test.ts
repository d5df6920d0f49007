import { expect, it } from 'vitest';
import { csv, tabbed } from './export';

const rows = [['№', 'Дата', 'Сумма'], [1, '15.02.2026', '9455.96'], [2, 'до "срока"; да', null]];

it('a file stands in columns in the spreadsheet of its language', () => {
  expect(csv(rows, 'ru')).toBe('\ufeff№;Дата;Сумма\r\n1;15.02.2026;9455,96\r\n2;"до ""срока""; да";\r\n');
  expect(csv([['n', 'sum'], [1, '9455.96']], 'en')).toBe('\ufeffn,sum\r\n1,9455.96\r\n');
});
it('what is copied stands in columns too', () => { expect(tabbed(rows, 'ru')).toBe('№\tДата\tСумма\n1\t15.02.2026\t9455,96\n2\tдо "срока"; да\t'); });
it('no text of a client becomes a formula; sums below zero stay sums', () => {
  expect(tabbed([['=HYPERLINK("x")', '-12.50', '+7 916']], 'ru')).toBe('\'=HYPERLINK("x")\t-12,50\t\'+7 916');
});
