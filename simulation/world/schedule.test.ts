import { expect, it } from 'vitest';
import { createSchedule } from './schedule.ts';

it('lets events happen by time, then in their order, and none of the dead, the cancelled and the paused', () => {
  const schedule = createSchedule();
  const happened: string[] = [];
  const [alive, dead] = [
    { name: 'alive', isAlive: true, pausedUntilMs: 0 },
    { name: 'dead', isAlive: true },
  ];
  const add = (delayMs: number, what: string, owner?: { name: string; isAlive: boolean }) =>
    schedule.after(delayMs, owner, what, () => void happened.push(`${schedule.nowMs} ${what}`));
  add(5, 'second');
  add(1, 'first');
  add(5, 'third', alive);
  add(3, 'of the dead', dead);
  add(2, 'cancelled')();
  dead.isAlive = false;
  alive.pausedUntilMs = 9;
  for (let event = schedule.next(20); event; event = schedule.next(20)) void event.run();
  expect(happened).toEqual(['1 first', '5 second', '9 third']);
  expect(schedule.steps).toBe(3);
});
