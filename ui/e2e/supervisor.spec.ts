import { become, expect, signIn, test } from './box';

test('the floor shows people and calls as they change', async ({ page, box, browser }) => {
  await signIn(page, box, 'supervisor');
  await page.getByRole('link', { name: 'Зал' }).click();
  const other = await browser.newPage({ locale: 'ru-RU' });
  const operator = await signIn(other, box, 'operator', 1);
  await become(other, 'ready');
  const row = page.getByRole('row').filter({ has: page.getByRole('cell', { name: operator.extension, exact: true }) });
  await expect(row).toContainText('Готов');
  const call = await box.ring(operator.extension, box.announced.sample_phone);
  await expect(row).toContainText('Звонит');
  await box.event({ call_id: call, type: 'answered', from: box.announced.sample_phone, agent: operator.extension });
  await expect(row).toContainText('Разговор');
  await expect(page.getByRole('row').filter({ hasText: 'Разговор' }).nth(1)).toBeVisible();
  // During a transfer it is to be seen from whom to whom the client goes.
  const receiver = box.login('collector');
  await box.event({ call_id: call, type: 'transferred', from: box.announced.sample_phone, leg_id: undefined, from_agent: operator.extension, to_agent: receiver.extension });
  await box.event({ call_id: call, type: 'ringing', from: box.announced.sample_phone, agent: receiver.extension, leg_id: 'leg-2' });
  const transferred = page.getByTitle(/^Переводится: /i);
  await expect(transferred).toBeVisible();
  await expect(transferred).toContainText('Дорохова');
  await box.event({ call_id: call, type: 'answered', from: box.announced.sample_phone, agent: receiver.extension, leg_id: 'leg-2' });
  await expect(transferred).toHaveCount(0);
  await box.event({ call_id: call, type: 'ended', from: box.announced.sample_phone, leg_id: undefined, cause: 'normal' });
  await expect(row).toContainText('Не готов');
  await other.close();
});

test('the floor can be read on a phone', async ({ page, box }) => {
  await page.setViewportSize({ width: 400, height: 800 });
  await signIn(page, box, 'supervisor');
  await expect(page.getByText('Операторы')).toBeVisible();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
  expect(wide).toBe(false);
});
