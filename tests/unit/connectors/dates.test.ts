import { expect, it } from 'vitest';
import { readDate } from '../../../engine/connectors/dates';

const local = (...parts: [number, number, number, number?, number?, number?]) =>
  new Date(parts[0], parts[1] - 1, parts[2], parts[3] ?? 0, parts[4] ?? 0, parts[5] ?? 0).toISOString();

it.each([
  ['Nov 20, 2026, 3:04:05 PM UTC', '2026-11-20T15:04:05.000Z'],
  ['20.11.2026, 15:04:05 MEZ', '2026-11-20T14:04:05.000Z'],
  ['20 nov. 2026, 15:04:05 CET', '2026-11-20T14:04:05.000Z'],
  ['4 juli 2026 09:15:00 CEST', '2026-07-04T07:15:00.000Z'],
  ['20 lis 2026, 15:04:05 CET', '2026-11-20T14:04:05.000Z'],
  ['2026/11/20 15:04:05 JST', '2026-11-20T06:04:05.000Z'],
  ['20.11.2026, 15.04.05 EET', '2026-11-20T13:04:05.000Z'],
  ['20 нояб. 2026 г., 15:04:05 MSK', '2026-11-20T12:04:05.000Z'],
  ['20 de nov. de 2026, 15:04:05 GMT-03:00', '2026-11-20T18:04:05.000Z'],
  ['2026年11月20日 15:04:05 GMT+8', '2026-11-20T07:04:05.000Z'],
  ['2026-07-17 14:00:25+00:00', '2026-07-17T14:00:25.000Z'],
])('%s, with its zone', (text, time) => {
  expect(readDate(text)).toBe(time);
});

it.each([
  ['Friday, January 1, 2021 12:00:00 PM', local(2021, 1, 1, 12)],
  ['Saturday, 26 March 2016 14:59:39', local(2016, 3, 26, 14, 59, 39)],
  ['Montag, 4. Januar 2021 09:15:00', local(2021, 1, 4, 9, 15)],
  ['martes, 5 de enero de 2021 10:30:00', local(2021, 1, 5, 10, 30)],
  ['mercredi 6 janvier 2021 14:00:00', local(2021, 1, 6, 14)],
  ['lunedì 30 settembre 2019 18:00:39', local(2019, 9, 30, 18, 0, 39)],
  ['sexta-feira, 1 de janeiro de 2024 10:30:45', local(2024, 1, 1, 10, 30, 45)],
  ['понедельник, 30 сентября 2019 г. 18:00:39', local(2019, 9, 30, 18, 0, 39)],
  ['úterý 3. března 2026 8:05:00', local(2026, 3, 3, 8, 5)],
  ['2021年1月1日星期五 下午3:04:05', local(2021, 1, 1, 15, 4, 5)],
  ['5/6/2026', local(2026, 6, 5)],
  ['5/6/2026, 3:04 PM', local(2026, 5, 6, 15, 4)],
])('%s, in the time of this computer', (text, time) => {
  expect(readDate(text)).toBe(time);
});

it.each(['', 'yesterday', 'page 12', '99/99/2026', 'Location 1234-1240', 'May'])('"%s" is no date', (text) => {
  expect(readDate(text)).toBeNull();
});
